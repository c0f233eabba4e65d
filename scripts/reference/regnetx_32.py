"""RegNetX-32 of Dive into Deep Learning (section 8.8.3), under torchvision's names: its convolutions have biases."""
import math

from torch import nn


def conv(channels, out, window, stride=1, groups=1, activation=True):
    layers = [nn.Conv2d(channels, out, window, stride, window // 2, groups=groups), nn.BatchNorm2d(out)]
    return nn.Sequential(*layers, *([nn.ReLU()] if activation else []))


class Block(nn.Module):
    def __init__(self, channels, out, group_width, stride):
        super().__init__()
        self.proj = conv(channels, out, 1, stride, activation=False) if stride > 1 else nn.Identity()
        self.f = nn.Sequential()
        self.f.add_module("a", conv(channels, out, 1))
        self.f.add_module("b", conv(out, out, 3, stride, out // group_width))
        self.f.add_module("c", conv(out, out, 1, activation=False))

    def forward(self, x):
        return (self.proj(x) + self.f(x)).relu()


class RegNetX32(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.stem = conv(1, 32, 3, stride=2)
        self.trunk_output = nn.Sequential()
        channels = 32
        for stage, (depth, out) in enumerate([(4, 32), (6, 80)], 1):
            blocks = nn.Sequential()
            for i in range(depth):
                blocks.add_module(f"block{stage}-{i}", Block(channels, out, 16, 2 if i == 0 else 1))
                channels = out
            self.trunk_output.add_module(f"block{stage}", blocks)
        self.fc = nn.Linear(channels, num_classes)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.normal_(m.weight, 0, math.sqrt(2 / (m.kernel_size[0] * m.kernel_size[1] * m.out_channels)))
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
                nn.init.zeros_(m.bias)

    def forward(self, x):
        return self.fc(self.trunk_output(self.stem(x)).mean((2, 3)))


MODELS = {"regnetx_32": RegNetX32}
INPUTS = {"regnetx_32": (1, 96, 96)}
