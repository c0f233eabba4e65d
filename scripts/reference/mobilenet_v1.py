"""MobileNet v1 (Howard et al. 2017, table 1), with the constants of its authors' slim code."""
from functools import partial

from torch import nn


def conv(channels, out, window, stride, groups):
    return nn.Sequential(
        nn.Conv2d(channels, out, window, stride, window // 2, groups=groups, bias=False),
        nn.BatchNorm2d(out, eps=0.001, momentum=1 - 0.9997),
        nn.ReLU6(),
    )


class Separable(nn.Module):
    def __init__(self, channels, out, stride):
        super().__init__()
        self.depthwise = conv(channels, channels, 3, stride, channels)
        self.pointwise = conv(channels, out, 1, 1, 1)

    def forward(self, x):
        return self.pointwise(self.depthwise(x))


class MobileNetV1(nn.Module):
    def __init__(self, num_classes, width):
        super().__init__()
        rows = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
        channels = int(32 * width)
        layers = [conv(3, channels, 3, 2, 1)]
        for out, stride in rows:
            layers.append(Separable(channels, int(out * width), stride))
            channels = int(out * width)
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(0.001), nn.Linear(channels, num_classes))
        for m in self.modules():
            if isinstance(m, (nn.Conv2d, nn.Linear)):
                nn.init.trunc_normal_(m.weight, 0, 0.09, -0.18, 0.18)
        nn.init.zeros_(self.classifier[1].bias)

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


WIDTHS = {"mobilenet_v1": 1, "mobilenet_v1_0_75": 0.75, "mobilenet_v1_0_5": 0.5, "mobilenet_v1_0_25": 0.25}
MODELS = {name: partial(MobileNetV1, width=width) for name, width in WIDTHS.items()}
INPUTS = {name: (3, 224, 224) for name in MODELS}
