"""Network in network: for large images (Dive into Deep Learning, section 8.3), and for CIFAR (Lin et al. 2013, section 4.2)."""
from torch import nn


def block(channels, outs, window, stride, padding):
    layers = []
    for i, out in enumerate(outs):
        layers.append(nn.Conv2d(channels, out, window, stride, padding) if i == 0 else nn.Conv2d(channels, out, 1))
        layers.append(nn.ReLU())
        channels = out
    return nn.Sequential(*layers)


class NiN(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.net = nn.Sequential(
            block(3, [96] * 3, 11, 4, 0), nn.MaxPool2d(3, 2),
            block(96, [256] * 3, 5, 1, 2), nn.MaxPool2d(3, 2),
            block(256, [384] * 3, 3, 1, 1), nn.MaxPool2d(3, 2),
            nn.Dropout(0.5),
            block(384, [num_classes] * 3, 3, 1, 1),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )

    def forward(self, x):
        return self.net(x)


class NiNForCifar(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.net = nn.Sequential(
            block(3, [192, 160, 96], 5, 1, 2), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Dropout(0.5),
            block(96, [192, 192, 192], 5, 1, 2), nn.AvgPool2d(3, 2, ceil_mode=True), nn.Dropout(0.5),
            block(192, [192, 192, num_classes], 3, 1, 1),
            nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        )

    def forward(self, x):
        return self.net(x)


MODELS = {"nin": NiN, "nin_cifar": NiNForCifar}
INPUTS = {"nin": (3, 224, 224), "nin_cifar": (3, 32, 32)}
