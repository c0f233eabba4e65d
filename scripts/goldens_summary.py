#!/usr/bin/env python3
"""Writes what torchinfo 1.8.0 (pip install torchinfo==1.8.0) says of networks: tables, and totals of torchvision's networks.

    python3 scripts/goldens_summary.py OUT_DIR ID...      (OUT_DIR is tests/Luma.Zoo.Tests/Goldens/summary; ids of torchvision)

The tables are of networks whose classes bear this project's names, so that text can be compared with text. `Workshop` has what
a table can hold: nested blocks, a layer that runs twice, a frozen one, one that does not run, a parameter of a block's own, and a
block whose children are called one by one. Its C# twin is in tests/Luma.Zoo.Tests/Summary/Workshop.cs.
"""
import argparse
import json
import pathlib

import torch
import torchinfo
from torch import nn
from torchinfo.enums import Units
from torchvision import models

# Since Python 3.12 an enumeration prints its name, where torchinfo means its value.
Units.__format__ = lambda unit, spec: unit.value

Convolution2D = type("Convolution2D", (nn.Conv2d,), {})
BatchNorm2D = type("BatchNorm2D", (nn.BatchNorm2d,), {})
AdaptiveAvgPooling2D = type("AdaptiveAvgPooling2D", (nn.AdaptiveAvgPool2d,), {})
Pooling2D = type("Pooling2D", (nn.AvgPool2d,), {})
Dense = type("Dense", (nn.Linear,), {})
Sequence = type("Sequence", (nn.Sequential,), {})


class Stages(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = Sequence(Convolution2D(8, 16, 3, padding=1, bias=False), BatchNorm2D(16), nn.ReLU())
        self.second = Sequence(Convolution2D(16, 8, 1), Sequence(Convolution2D(8, 8, 3, padding=1, groups=4), nn.ReLU()))


class Workshop(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1, 8, 1, 1))
        self.stem = Sequence(Convolution2D(3, 8, 3, stride=2, padding=1), BatchNorm2D(8), nn.ReLU())
        self.shared = Convolution2D(8, 8, 3, padding=1)
        self.frozen = Convolution2D(8, 8, 1).requires_grad_(False)
        self.stages = Stages()
        self.aux = Dense(8, 4)
        self.pool = AdaptiveAvgPooling2D(1)
        self.flatten = nn.Flatten()
        self.head = Dense(8, 5)

    def forward(self, x):
        x = self.shared(self.shared(self.stem(x)))
        x = self.stages.second(self.stages.first(self.frozen(x)))
        return self.head(self.flatten(self.pool(x * self.scale)))


class LeNet_5(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = Convolution2D(1, 6, 5), Convolution2D(6, 16, 5)
        self.fc1, self.fc2, self.fc3 = Dense(400, 120), Dense(120, 84), Dense(84, 10)
        self.tanh, self.pool, self.flatten = nn.Tanh(), Pooling2D(2), nn.Flatten()

    def forward(self, x):
        x = self.pool(self.tanh(self.conv1(x)))
        x = self.pool(self.tanh(self.conv2(x)))
        return self.fc3(self.tanh(self.fc2(self.tanh(self.fc1(self.flatten(x))))))


def table(network, shape, depth=99):
    return str(torchinfo.summary(network, shape, depth=depth, mode="eval", verbose=0)) + "\n"


def totals(name):
    network = models.get_model(name, weights=None)
    summary = torchinfo.summary(network, (1, 3, 224, 224), depth=1, mode="eval", verbose=0)
    return {
        "parameters": summary.total_params,
        "multiplyAdds": summary.total_mult_adds,
        "forwardBackwardBytes": summary.total_output_bytes,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("ids", nargs="*")
    arguments = parser.parse_args()

    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "lenet_5.txt").write_text(table(LeNet_5(), (1, 1, 32, 32)))
    for depth in range(5):
        (arguments.out / f"workshop-{depth}.txt").write_text(table(Workshop(), (3, 3, 200, 200), depth))

    path = arguments.out / "torchvision.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known.update({name: totals(name) for name in arguments.ids})
    path.write_text(json.dumps(dict(sorted(known.items())), indent=2) + "\n")


if __name__ == "__main__":
    main()
