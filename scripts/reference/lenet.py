"""LeNet-1, -4 and -5: 5x5 convolutions with tanh and 2x2 average pooling, then fully connected layers."""
from torch import nn


class LeNet(nn.Module):
    def __init__(self, maps, features, hidden, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, maps[0], 5)
        self.conv2 = nn.Conv2d(maps[0], maps[1], 5)
        widths = [features, *hidden, num_classes]
        self.depth = len(widths) - 1
        for i in range(self.depth):
            setattr(self, f"fc{i + 1}", nn.Linear(widths[i], widths[i + 1]))
        self.tanh = nn.Tanh()
        self.pool = nn.AvgPool2d(2)

    def forward(self, x):
        x = self.pool(self.tanh(self.conv1(x)))
        x = self.pool(self.tanh(self.conv2(x)))
        x = x.flatten(1)
        for i in range(1, self.depth):
            x = self.tanh(getattr(self, f"fc{i}")(x))
        return getattr(self, f"fc{self.depth}")(x)


class LeNet5Conv(nn.Module):
    """C5 is a convolution of 5x5 over maps of 5x5."""

    def __init__(self, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.conv3 = nn.Conv2d(16, 120, 5)
        self.linear1 = nn.Linear(120, 84)
        self.linear2 = nn.Linear(84, num_classes)
        self.tanh = nn.Tanh()
        self.pool = nn.AvgPool2d(2)

    def forward(self, x):
        x = self.pool(self.tanh(self.conv1(x)))
        x = self.pool(self.tanh(self.conv2(x)))
        x = self.tanh(self.conv3(x)).flatten(1)
        return self.linear2(self.tanh(self.linear1(x)))


MODELS = {
    "lenet_1": lambda num_classes: LeNet((4, 8), 8 * 4 * 4, (), num_classes),
    "lenet_4": lambda num_classes: LeNet((4, 16), 16 * 5 * 5, (120,), num_classes),
    "lenet_5": lambda num_classes: LeNet((6, 16), 16 * 5 * 5, (120, 84), num_classes),
    "lenet_5_conv": LeNet5Conv,
}
INPUTS = {"lenet_1": (1, 28, 28), "lenet_4": (1, 32, 32), "lenet_5": (1, 32, 32), "lenet_5_conv": (1, 32, 32)}
