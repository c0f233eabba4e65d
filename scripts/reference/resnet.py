"""Residual networks that torchvision has not: plain ones, those for CIFAR, and those with pre-activation.

Plain and CIFAR: He et al., "Deep Residual Learning for Image Recognition" (2015), sections 3.3 and 4.2.
Pre-activation: He et al., "Identity Mappings in Deep Residual Networks" (2016), figure 4 (e) and appendix.
"""
import torch
from torch import nn
from torch.nn import functional as F


def draw(network):
    """Convolutions by He's rule for the number of outputs, norms with scale 1 and shift 0."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)


class PlainPair(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(x)))


class PlainNet(nn.Module):
    def __init__(self, depths, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        width = 64
        for stage, depth in enumerate(depths):
            pairs = []
            for place in range(depth):
                outputs = 64 * 2 ** stage
                pairs.append(PlainPair(width, outputs, 2 if stage > 0 and place == 0 else 1))
                width = outputs
            setattr(self, f"layer{stage + 1}", nn.Sequential(*pairs))
        self.fc = nn.Linear(width, num_classes)
        draw(self)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = F.max_pool2d(x, 3, 2, 1)
        for layer in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = layer(x)
        return self.fc(x.mean((2, 3)))


def option_a(x, outputs, stride):
    """Every other row and column, and zeros for the channels that are missing."""
    x = x[:, :, ::stride, ::stride]
    missing = outputs - x.shape[1]
    return torch.cat([x, x.new_zeros(x.shape[0], missing, *x.shape[2:])], 1) if missing else x


class CifarBlock(nn.Module):
    """shortcut: "behind" (option A), "around" (option A with half of the zeros in front), or "projection" (option B)."""

    def __init__(self, inputs, outputs, stride, shortcut="behind"):
        super().__init__()
        self.outputs = outputs
        self.stride = stride
        self.kind = shortcut
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        if shortcut == "projection" and (stride != 1 or inputs != outputs):
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + self.hand_on(x))

    def hand_on(self, x):
        if hasattr(self, "shortcut"):
            return self.shortcut(x)
        if self.kind == "behind" or self.stride == 1:
            return option_a(x, self.outputs, self.stride)
        quarter = self.outputs // 4
        return F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, quarter, quarter))


class CifarResNet(nn.Module):
    def __init__(self, n, num_classes, shortcut="behind"):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(*[CifarBlock(16, 16, 1, shortcut) for _ in range(n)])
        self.layer2 = nn.Sequential(CifarBlock(16, 32, 2, shortcut), *[CifarBlock(32, 32, 1, shortcut) for _ in range(n - 1)])
        self.layer3 = nn.Sequential(CifarBlock(32, 64, 2, shortcut), *[CifarBlock(64, 64, 1, shortcut) for _ in range(n - 1)])
        self.fc = nn.Linear(64, num_classes)
        draw(self)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


class PreActivationBasic(nn.Module):
    def __init__(self, inputs, outputs, stride, first):
        super().__init__()
        self.outputs = outputs
        self.stride = stride
        self.first = first
        self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)

    def forward(self, x):
        activated = torch.relu(self.bn1(x))
        y = self.conv1(activated)
        y = self.conv2(torch.relu(self.bn2(y)))
        return option_a(activated if self.first else x, self.outputs, self.stride) + y


class PreActivationBottleneck(nn.Module):
    """strides: of the first and of the second convolution; first: the first block of its stage; stem: that of the network."""

    def __init__(self, inputs, width, strides, first, stem):
        super().__init__()
        self.first = first
        self.stem = stem
        if not stem:
            self.bn1 = nn.BatchNorm2d(inputs)
        self.conv1 = nn.Conv2d(inputs, width, 1, strides[0], bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, strides[1], 1, bias=False)
        self.bn3 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        if first:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, 4 * width, 1, strides[0] * strides[1], bias=False))

    def forward(self, x):
        activated = x if self.stem else torch.relu(self.bn1(x))
        y = self.conv1(activated)
        y = self.conv2(torch.relu(self.bn2(y)))
        y = self.conv3(torch.relu(self.bn3(y)))
        return y + (self.downsample(activated) if self.first else x)


class PreActivationCifar(nn.Module):
    def __init__(self, n, bottleneck, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        width = 16
        for stage in range(3):
            channels = 16 * 2 ** stage
            blocks = []
            for place in range(n):
                stride = 2 if stage > 0 and place == 0 else 1
                if bottleneck:
                    blocks.append(PreActivationBottleneck(width, channels, (stride, 1), place == 0, False))
                    width = 4 * channels
                else:
                    blocks.append(PreActivationBasic(width, channels, stride, place == 0))
                    width = channels
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, num_classes)
        draw(self)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        return self.fc(torch.relu(self.norm(x)).mean((2, 3)))


class PreActivationImageNet(nn.Module):
    def __init__(self, depths, num_classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        width = 64
        for stage, depth in enumerate(depths):
            channels = 64 * 2 ** stage
            blocks = []
            for place in range(depth):
                stride = 2 if stage > 0 and place == 0 else 1
                blocks.append(PreActivationBottleneck(width, channels, (1, stride), place == 0, stage == 0 and place == 0))
                width = 4 * channels
            setattr(self, f"layer{stage + 1}", nn.Sequential(*blocks))
        self.norm = nn.BatchNorm2d(width)
        self.fc = nn.Linear(width, num_classes)
        draw(self)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.relu(self.norm(x)).mean((2, 3)))


MODELS = {
    "plain_18": lambda num_classes: PlainNet((2, 2, 2, 2), num_classes),
    "plain_34": lambda num_classes: PlainNet((3, 4, 6, 3), num_classes),
    "resnet_20": lambda num_classes: CifarResNet(3, num_classes),
    "resnet_32": lambda num_classes: CifarResNet(5, num_classes),
    "resnet_44": lambda num_classes: CifarResNet(7, num_classes),
    "resnet_56": lambda num_classes: CifarResNet(9, num_classes),
    "resnet_110": lambda num_classes: CifarResNet(18, num_classes),
    "resnet_1202": lambda num_classes: CifarResNet(200, num_classes),
    "resnet_110_preact": lambda num_classes: PreActivationCifar(18, False, num_classes),
    "resnet_164": lambda num_classes: PreActivationCifar(18, True, num_classes),
    "resnet_1001": lambda num_classes: PreActivationCifar(111, True, num_classes),
    "resnet_200": lambda num_classes: PreActivationImageNet((3, 24, 36, 3), num_classes),
    "resnet_269": lambda num_classes: PreActivationImageNet((3, 30, 48, 8), num_classes),
}
LARGE = ("plain_18", "plain_34", "resnet_200", "resnet_269")
INPUTS = {name: (3, 224, 224) if name in LARGE else (3, 32, 32) for name in MODELS}
