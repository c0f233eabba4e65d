"""The Inception networks of the papers, as printed.

inceptionnet_v1: Szegedy et al. 2014, table 1. inceptionnet_v2, _v3: Szegedy et al. 2015, table 1, with batch norm (epsilon 0.001, decay 0.9997).
inceptionnet_v4, inceptionresnet_v1, _v2: Szegedy et al. 2016, figures 3 to 19.
"""
import torch
from torch import nn


class Conv(nn.Module):
    """Convolution, batch norm where the network has it, ReLU."""

    normed = True

    def __init__(self, inputs, outputs, kernel, stride=1, padding="same"):
        super().__init__()
        if padding == "same":
            padding = tuple(k // 2 for k in kernel) if isinstance(kernel, tuple) else kernel // 2
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=not Conv.normed)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001, momentum=0.0003) if Conv.normed else nn.Identity()

    def forward(self, x):
        return torch.relu(self.bn(self.conv(x)))


class Concat(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        for i, branch in enumerate(branches, 1):
            self.add_module(f"branch{i}", branch)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self.children()], 1)


def chain(*links):
    return nn.Sequential(*links)


def mean():
    return nn.AvgPool2d(3, 1, 1, count_include_pad=False)


def halve():
    return nn.MaxPool2d(3, 2)


class Network(nn.Sequential):
    """Named stages, then global mean, dropout and a linear layer."""

    def __init__(self, stages, features, dropout, num_classes):
        super().__init__()
        for name, stage in stages:
            self.add_module(name, stage)
        self.add_module("avgpool", nn.AdaptiveAvgPool2d(1))
        self.add_module("flatten", nn.Flatten())
        self.add_module("dropout", nn.Dropout(dropout))
        self.add_module("fc", nn.Linear(features, num_classes))


# 2014

def v1_block(inputs, one, three_reduce, three, five_reduce, five, pool):
    return Concat(
        Conv(inputs, one, 1),
        chain(Conv(inputs, three_reduce, 1), Conv(three_reduce, three, 3)),
        chain(Conv(inputs, five_reduce, 1), Conv(five_reduce, five, 5)),
        chain(nn.MaxPool2d(3, 1, 1), Conv(inputs, pool, 1)),
    )


def inceptionnet_v1(num_classes):
    Conv.normed = False
    pool = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
    norm = lambda: nn.LocalResponseNorm(5, 1e-4, 0.75, 1)
    try:
        return Network([
            ("conv1", Conv(3, 64, 7, 2, 3)), ("maxpool1", pool()), ("norm1", norm()),
            ("conv2", Conv(64, 64, 1)), ("conv3", Conv(64, 192, 3)), ("norm2", norm()), ("maxpool2", pool()),
            ("inception3a", v1_block(192, 64, 96, 128, 16, 32, 32)),
            ("inception3b", v1_block(256, 128, 128, 192, 32, 96, 64)), ("maxpool3", pool()),
            ("inception4a", v1_block(480, 192, 96, 208, 16, 48, 64)),
            ("inception4b", v1_block(512, 160, 112, 224, 24, 64, 64)),
            ("inception4c", v1_block(512, 128, 128, 256, 24, 64, 64)),
            ("inception4d", v1_block(512, 112, 144, 288, 32, 64, 64)),
            ("inception4e", v1_block(528, 256, 160, 320, 32, 128, 128)), ("maxpool4", pool()),
            ("inception5a", v1_block(832, 256, 160, 320, 32, 128, 128)),
            ("inception5b", v1_block(832, 384, 192, 384, 48, 128, 128)),
        ], 1024, 0.4, num_classes)
    finally:
        Conv.normed = True


# 2015

def fork(inputs, outputs):
    return Concat(Conv(inputs, outputs, (1, 3)), Conv(inputs, outputs, (3, 1)))


def figure_5(inputs):
    return Concat(
        Conv(inputs, 64, 1),
        chain(Conv(inputs, 48, 1), Conv(48, 64, 3)),
        chain(Conv(inputs, 64, 1), Conv(64, 96, 3), Conv(96, 96, 3)),
        chain(mean(), Conv(inputs, 64, 1)),
    )


def figure_6(inputs, n):
    return Concat(
        Conv(inputs, 192, 1),
        chain(Conv(inputs, n, 1), Conv(n, n, (1, 7)), Conv(n, 192, (7, 1))),
        chain(Conv(inputs, n, 1), Conv(n, n, (1, 7)), Conv(n, n, (7, 1)), Conv(n, n, (1, 7)), Conv(n, 192, (7, 1))),
        chain(mean(), Conv(inputs, 192, 1)),
    )


def figure_7(inputs):
    return Concat(
        Conv(inputs, 320, 1),
        chain(Conv(inputs, 384, 1), fork(384, 384)),
        chain(Conv(inputs, 448, 1), Conv(448, 384, 3), fork(384, 384)),
        chain(mean(), Conv(inputs, 192, 1)),
    )


def figure_10(inputs, reduce, three, twice):
    return Concat(
        chain(Conv(inputs, reduce, 1), Conv(reduce, three, 3, 2, 0)),
        chain(Conv(inputs, reduce, 1), Conv(reduce, twice, 3), Conv(twice, twice, 3, 2, 0)),
        halve(),
    )


def inceptionnet_v2(num_classes):
    return Network([
        ("conv1", Conv(3, 32, 3, 2, 0)), ("conv2", Conv(32, 32, 3, 1, 0)), ("conv3", Conv(32, 64, 3)), ("maxpool", halve()),
        ("conv4", Conv(64, 80, 3, 1, 0)), ("conv5", Conv(80, 192, 3, 2, 0)), ("conv6", Conv(192, 288, 3)),
        ("inception3a", figure_5(288)), ("inception3b", figure_5(288)), ("inception3c", figure_5(288)),
        ("reduction3", figure_10(288, 64, 384, 96)),
        ("inception4a", figure_6(768, 128)), ("inception4b", figure_6(768, 160)), ("inception4c", figure_6(768, 160)),
        ("inception4d", figure_6(768, 160)), ("inception4e", figure_6(768, 192)),
        ("reduction4", figure_10(768, 192, 320, 192)),
        ("inception5a", figure_7(1280)), ("inception5b", figure_7(2048)),
    ], 2048, 0.2, num_classes)


# 2016

def stem_figure_3():
    return chain(
        Conv(3, 32, 3, 2, 0), Conv(32, 32, 3, 1, 0), Conv(32, 64, 3),
        Concat(halve(), Conv(64, 96, 3, 2, 0)),
        Concat(
            chain(Conv(160, 64, 1), Conv(64, 96, 3, 1, 0)),
            chain(Conv(160, 64, 1), Conv(64, 64, (7, 1)), Conv(64, 64, (1, 7)), Conv(64, 96, 3, 1, 0)),
        ),
        Concat(Conv(192, 192, 3, 2, 0), halve()),
    )


def figure_4():
    return Concat(
        chain(mean(), Conv(384, 96, 1)),
        Conv(384, 96, 1),
        chain(Conv(384, 64, 1), Conv(64, 96, 3)),
        chain(Conv(384, 64, 1), Conv(64, 96, 3), Conv(96, 96, 3)),
    )


def figure_5_of_2016():
    return Concat(
        chain(mean(), Conv(1024, 128, 1)),
        Conv(1024, 384, 1),
        chain(Conv(1024, 192, 1), Conv(192, 224, (1, 7)), Conv(224, 256, (7, 1))),
        chain(Conv(1024, 192, 1), Conv(192, 192, (1, 7)), Conv(192, 224, (7, 1)), Conv(224, 224, (1, 7)), Conv(224, 256, (7, 1))),
    )


def figure_6_of_2016():
    return Concat(
        chain(mean(), Conv(1536, 256, 1)),
        Conv(1536, 256, 1),
        chain(Conv(1536, 384, 1), fork(384, 256)),
        chain(Conv(1536, 384, 1), Conv(384, 448, (1, 3)), Conv(448, 512, (3, 1)), fork(512, 256)),
    )


def reduction_a(inputs, k, l, m, n):
    return Concat(halve(), Conv(inputs, n, 3, 2, 0), chain(Conv(inputs, k, 1), Conv(k, l, 3), Conv(l, m, 3, 2, 0)))


def figure_8():
    return Concat(
        halve(),
        chain(Conv(1024, 192, 1), Conv(192, 192, 3, 2, 0)),
        chain(Conv(1024, 256, 1), Conv(256, 256, (1, 7)), Conv(256, 320, (7, 1)), Conv(320, 320, 3, 2, 0)),
    )


def inceptionnet_v4(num_classes):
    return Network([
        ("stem", stem_figure_3()),
        ("inception_a", chain(*[figure_4() for _ in range(4)])),
        ("reduction_a", reduction_a(384, 192, 224, 256, 384)),
        ("inception_b", chain(*[figure_5_of_2016() for _ in range(7)])),
        ("reduction_b", figure_8()),
        ("inception_c", chain(*[figure_6_of_2016() for _ in range(3)])),
    ], 1536, 0.2, num_classes)


class Linear(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x):
        return self.conv(x)


class Residual(nn.Module):
    def __init__(self, branches, inner, outer, scale):
        super().__init__()
        self.branches = branches
        self.projection = Linear(inner, outer)
        self.scale = scale

    def forward(self, x):
        return torch.relu(x + self.scale * self.projection(self.branches(x)))


def residual_a(channels, first, second):
    branches = Concat(
        Conv(channels, 32, 1),
        chain(Conv(channels, 32, 1), Conv(32, 32, 3)),
        chain(Conv(channels, 32, 1), Conv(32, first, 3), Conv(first, second, 3)),
    )
    return Residual(branches, 64 + second, channels, 0.17)


def residual_b(channels, one, first, second, third):
    branches = Concat(Conv(channels, one, 1), chain(Conv(channels, first, 1), Conv(first, second, (1, 7)), Conv(second, third, (7, 1))))
    return Residual(branches, one + third, channels, 0.10)


def residual_c(channels, one, first, second, third):
    branches = Concat(Conv(channels, one, 1), chain(Conv(channels, first, 1), Conv(first, second, (1, 3)), Conv(second, third, (3, 1))))
    return Residual(branches, one + third, channels, 0.20)


def residual_reduction_b(inputs, first, second):
    return Concat(
        halve(),
        chain(Conv(inputs, 256, 1), Conv(256, 384, 3, 2, 0)),
        chain(Conv(inputs, 256, 1), Conv(256, first, 3, 2, 0)),
        chain(Conv(inputs, 256, 1), Conv(256, first, 3), Conv(first, second, 3, 2, 0)),
    )


def inceptionresnet_v1(num_classes):
    stem = chain(
        Conv(3, 32, 3, 2, 0), Conv(32, 32, 3, 1, 0), Conv(32, 64, 3), halve(),
        Conv(64, 80, 1), Conv(80, 192, 3, 1, 0), Conv(192, 256, 3, 2, 0),
    )
    return Network([
        ("stem", stem),
        ("inception_a", chain(*[residual_a(256, 32, 32) for _ in range(5)])),
        ("reduction_a", reduction_a(256, 192, 192, 256, 384)),
        ("inception_b", chain(*[residual_b(896, 128, 128, 128, 128) for _ in range(10)])),
        ("reduction_b", residual_reduction_b(896, 256, 256)),
        ("inception_c", chain(*[residual_c(1792, 192, 192, 192, 192) for _ in range(5)])),
    ], 1792, 0.2, num_classes)


def inceptionresnet_v2(num_classes):
    return Network([
        ("stem", stem_figure_3()),
        ("inception_a", chain(*[residual_a(384, 48, 64) for _ in range(5)])),
        ("reduction_a", reduction_a(384, 256, 256, 384, 384)),
        ("inception_b", chain(*[residual_b(1152, 192, 128, 160, 192) for _ in range(10)])),
        ("reduction_b", residual_reduction_b(1152, 288, 320)),
        ("inception_c", chain(*[residual_c(2144, 192, 192, 224, 256) for _ in range(5)])),
    ], 2144, 0.2, num_classes)


MODELS = {
    "inceptionnet_v1": inceptionnet_v1,
    "inceptionnet_v2": inceptionnet_v2,
    "inceptionnet_v3": inceptionnet_v2,
    "inceptionnet_v4": inceptionnet_v4,
    "inceptionresnet_v1": inceptionresnet_v1,
    "inceptionresnet_v2": inceptionresnet_v2,
}
INPUTS = {name: (3, 224, 224) if name == "inceptionnet_v1" else (3, 299, 299) for name in MODELS}
