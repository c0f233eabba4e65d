"""Writes tests/Luma.Neural.Tests/Goldens/layers.json: what torch.nn does, for the tests of Luma.Neural.

Usage: python3 scripts/goldens_layers.py OUTPUT

Every case is built under its own seed. In this order the generator then gives the input and what the forward pass in training
takes, and at last one number that tells whether as much was taken as here.
"""
import hashlib
import json
import sys
from collections import OrderedDict

import torch
from torch import nn
from torchvision.models.convnext import LayerNorm2d
from torchvision.ops import MLP, Permute, StochasticDepth


class PaperLrn(nn.Module):
    """Local response normalisation as Krizhevsky et al. (2012) print it, section 3.3."""

    def forward(self, x):
        squares = nn.functional.pad(x * x, (0, 0, 0, 0, 2, 2))
        total = sum(squares[:, i:i + x.shape[1]] for i in range(5))
        return x / (2 + 1e-4 * total) ** 0.75


class GlobalMean(nn.Module):
    def __init__(self, rank):
        super().__init__()
        self.axes = tuple(range(2, 2 + rank))

    def forward(self, x):
        return x.mean(self.axes, keepdim=True)


def conv_block(conv, norm, *more):
    names = ["conv", "bn"] if norm else ["conv"]
    names += ["activation", "pool", "dropout"][:len(more)]
    return nn.Sequential(OrderedDict(zip(names, [conv] + ([norm] if norm else []) + list(more))))


def numbered(*layers):
    return nn.Sequential(*[layer for layer in layers if layer])


def named(**children):
    return nn.Sequential(OrderedDict(children))


class SqueezeExcitation(nn.Module):
    def __init__(self, channels, squeeze, activation, scale_activation):
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeeze, 1)
        self.fc2 = nn.Conv2d(squeeze, channels, 1)
        self.activation = activation
        self.scale_activation = scale_activation

    def forward(self, x):
        scale = self.fc1(x.mean((2, 3), keepdim=True))
        return self.scale_activation(self.fc2(self.activation(scale))) * x


class ResNeXtBlock(nn.Module):
    def __init__(self, projection, **transform):
        super().__init__()
        self.proj = projection
        self.f = named(**transform)

    def forward(self, x):
        return torch.relu(self.f(x) + (self.proj(x) if self.proj else x))


class SelfAttention(nn.MultiheadAttention):
    def __init__(self, features, heads):
        super().__init__(features, heads, batch_first=True)

    def forward(self, x):
        return super().forward(x, x, x, need_weights=False)[0]


class Inverted(nn.Module):
    def __init__(self, **branch):
        super().__init__()
        (self.name, block), = branch.items()
        self.add_module(self.name, block)

    def forward(self, x):
        return x + getattr(self, self.name)(x)


ONE, TWO, THREE = (2, 4, 9), (2, 4, 5, 6), (2, 2, 4, 3, 4)
FLAT = (3, 6)

CASES = {
    "Convolution1D": (lambda: nn.Conv1d(4, 6, 3), ONE),
    "Convolution1D strided": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False), ONE),
    "Convolution1D same": (lambda: nn.Conv1d(4, 3, 4, padding="same"), ONE),
    "Convolution1D circular": (lambda: nn.Conv1d(4, 3, 3, padding=2, padding_mode="circular"), ONE),
    "Convolution2D": (lambda: nn.Conv2d(4, 5, 3), TWO),
    "Convolution2D strided": (lambda: nn.Conv2d(4, 5, 3, stride=2, padding=1), TWO),
    "Convolution2D per axis": (lambda: nn.Conv2d(4, 5, (1, 3), stride=(2, 1), padding=(0, 1), dilation=(1, 2)), TWO),
    "Convolution2D depthwise": (lambda: nn.Conv2d(4, 8, 3, padding=1, groups=4, bias=False), TWO),
    "Convolution2D valid": (lambda: nn.Conv2d(4, 2, 3, padding="valid"), TWO),
    "Convolution2D same": (lambda: nn.Conv2d(4, 2, 3, padding="same", dilation=2), TWO),
    "Convolution2D same even": (lambda: nn.Conv2d(4, 2, (2, 4), padding="same"), TWO),
    "Convolution2D same reflect": (lambda: nn.Conv2d(4, 2, (2, 3), padding="same", padding_mode="reflect"), TWO),
    "Convolution2D reflect": (lambda: nn.Conv2d(4, 2, 3, padding=(1, 2), padding_mode="reflect"), TWO),
    "Convolution2D replicate": (lambda: nn.Conv2d(4, 2, 3, padding=(1, 2), padding_mode="replicate"), TWO),
    "Convolution2D circular": (lambda: nn.Conv2d(4, 2, 3, padding=(1, 2), padding_mode="circular"), TWO),
    "Convolution3D": (lambda: nn.Conv3d(2, 4, (1, 2, 3), stride=(2, 1, 1), padding=(0, 1, 1), groups=2), THREE),
    "Convolution3D same": (lambda: nn.Conv3d(2, 3, 2, padding="same"), THREE),
    "Pooling1D max": (lambda: nn.MaxPool1d(2), ONE),
    "Pooling1D max dilated": (lambda: nn.MaxPool1d(3, stride=2, padding=1, dilation=2, ceil_mode=True), ONE),
    "Pooling1D average": (lambda: nn.AvgPool1d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), ONE),
    "Pooling2D max": (lambda: nn.MaxPool2d(3, stride=2), TWO),
    "Pooling2D max ceil": (lambda: nn.MaxPool2d(3, stride=2, ceil_mode=True), TWO),
    "Pooling2D max same": (lambda: nn.MaxPool2d(3, stride=1, padding=1), TWO),
    "Pooling2D max dilated": (lambda: nn.MaxPool2d((2, 3), stride=(1, 2), padding=(1, 1), dilation=(2, 1)), TWO),
    "Pooling2D average": (lambda: nn.AvgPool2d(2), TWO),
    "Pooling2D average padded": (lambda: nn.AvgPool2d(3, stride=2, padding=1), TWO),
    "Pooling2D average uncounted": (lambda: nn.AvgPool2d((3, 2), stride=2, padding=1, ceil_mode=True, count_include_pad=False), TWO),
    "Pooling3D max": (lambda: nn.MaxPool3d(2, stride=1, padding=1, ceil_mode=True), THREE),
    "Pooling3D average": (lambda: nn.AvgPool3d((1, 2, 3), padding=(0, 1, 1), count_include_pad=False), THREE),
    "GlobalAvgPooling1D": (lambda: GlobalMean(1), ONE),
    "GlobalAvgPooling2D": (lambda: GlobalMean(2), TWO),
    "GlobalAvgPooling3D": (lambda: GlobalMean(3), THREE),
    "AdaptiveAvgPooling1D": (lambda: nn.AdaptiveAvgPool1d(4), ONE),
    "AdaptiveAvgPooling2D": (lambda: nn.AdaptiveAvgPool2d((3, 8)), TWO),
    "AdaptiveAvgPooling3D": (lambda: nn.AdaptiveAvgPool3d(2), THREE),
    "LpPooling1D": (lambda: nn.LPPool1d(2, 3, stride=2), ONE),
    "LpPooling2D": (lambda: nn.LPPool2d(2, (3, 2), ceil_mode=True), TWO),
    "LpPooling2D sum": (lambda: nn.LPPool2d(1, 2, stride=1), TWO),
    "LpPooling3D": (lambda: nn.LPPool3d(2, 2), THREE),
    "Dropout": (lambda: nn.Dropout(), TWO),
    "Dropout in place": (lambda: nn.Dropout(0.3, inplace=True), TWO),
    "Dropout never": (lambda: nn.Dropout(0), TWO),
    "Dropout always": (lambda: nn.Dropout(1), TWO),
    "Dropout1D": (lambda: nn.Dropout1d(), ONE),
    "Dropout1D in place": (lambda: nn.Dropout1d(0.4, inplace=True), ONE),
    "Dropout2D": (lambda: nn.Dropout2d(), TWO),
    "Dropout2D in place": (lambda: nn.Dropout2d(0.4, inplace=True), TWO),
    "Dropout3D": (lambda: nn.Dropout3d(0.4), THREE),
    "Flatten": (lambda: nn.Flatten(), TWO),
    "Flatten middle": (lambda: nn.Flatten(1, 2), TWO),
    "Dense": (lambda: nn.Linear(6, 5), FLAT),
    "Dense without bias": (lambda: nn.Linear(6, 5, bias=False), TWO),
    "Identity": (lambda: nn.Identity(), TWO),
    "BatchNorm1D": (lambda: nn.BatchNorm1d(4), ONE),
    "BatchNorm1D flat": (lambda: nn.BatchNorm1d(6, momentum=0.3), FLAT),
    "BatchNorm2D": (lambda: nn.BatchNorm2d(4), TWO),
    "BatchNorm2D cumulative": (lambda: nn.BatchNorm2d(4, eps=1e-3, momentum=None), TWO),
    "BatchNorm2D plain": (lambda: nn.BatchNorm2d(4, affine=False), TWO),
    "BatchNorm2D untracked": (lambda: nn.BatchNorm2d(4, track_running_stats=False), TWO),
    "BatchNorm3D": (lambda: nn.BatchNorm3d(2), THREE),
    "LayerNorm": (lambda: nn.LayerNorm(6), FLAT),
    "LayerNorm several": (lambda: nn.LayerNorm((5, 6), eps=1e-3, bias=False), TWO),
    "LayerNorm plain": (lambda: nn.LayerNorm(6, elementwise_affine=False), TWO),
    "LocalResponseNorm": (lambda: nn.LocalResponseNorm(3, alpha=0.5, beta=0.6, k=1.5), TWO),
    "LocalResponseNorm even": (lambda: nn.LocalResponseNorm(2), ONE),
    "LocalResponseNorm volume": (lambda: nn.LocalResponseNorm(5, alpha=0.1), THREE),
    "LocalResponseNorm from the paper": (PaperLrn, TWO),
    "ReLU": (lambda: nn.ReLU(), FLAT),
    "ReLU in place": (lambda: nn.ReLU(inplace=True), FLAT),
    "ReLU6": (lambda: nn.ReLU6(), FLAT),
    "ReLU6 in place": (lambda: nn.ReLU6(inplace=True), FLAT),
    "Tanh": (lambda: nn.Tanh(), FLAT),
    "Tanh in place": (lambda: nn.Tanh(), FLAT),
    "Sigmoid": (lambda: nn.Sigmoid(), FLAT),
    "Sigmoid in place": (lambda: nn.Sigmoid(), FLAT),
    "Softmax": (lambda: nn.Softmax(dim=-1), FLAT),
    "Softmax of channels": (lambda: nn.Softmax(dim=1), TWO),
    "GELU": (lambda: nn.GELU(), FLAT),
    "GELU by tanh": (lambda: nn.GELU(approximate="tanh"), FLAT),
    "SiLU": (lambda: nn.SiLU(), FLAT),
    "SiLU in place": (lambda: nn.SiLU(inplace=True), FLAT),
    "Hardswish": (lambda: nn.Hardswish(), FLAT),
    "Hardswish in place": (lambda: nn.Hardswish(inplace=True), FLAT),
    "Hardsigmoid": (lambda: nn.Hardsigmoid(), FLAT),
    "Hardsigmoid in place": (lambda: nn.Hardsigmoid(inplace=True), FLAT),
    "LeakyReLU": (lambda: nn.LeakyReLU(), FLAT),
    "LeakyReLU in place": (lambda: nn.LeakyReLU(0.2, inplace=True), FLAT),
    "Sequence": (lambda: nn.Sequential(nn.Flatten(), nn.Linear(120, 5), nn.Tanh(), nn.Linear(5, 3)), TWO),
    "ConvBlock1D": (lambda: conv_block(nn.Conv1d(4, 3, 3), None, nn.ReLU()), ONE),
    "ConvBlock2D": (lambda: conv_block(nn.Conv2d(4, 3, 3, padding=1, bias=False), nn.BatchNorm2d(3, eps=1e-3), nn.ReLU(),
                                       nn.MaxPool2d(2), nn.Dropout(0.3)), TWO),
    "ConvBlock3D": (lambda: conv_block(nn.Conv3d(2, 3, 3), nn.BatchNorm3d(3), nn.Tanh()), THREE),
    "DenseBlock": (lambda: nn.Sequential(OrderedDict(linear=nn.Linear(6, 4), bn=nn.BatchNorm1d(4), activation=nn.Sigmoid(),
                                                     dropout=nn.Dropout())), FLAT),
    "ConvNormActivation": (lambda: numbered(nn.Conv2d(4, 6, 3, 2, 1, groups=2, bias=False), nn.BatchNorm2d(6), nn.ReLU6()), TWO),
    "ConvNormActivation alone": (lambda: numbered(nn.Conv2d(4, 6, 3, padding=2, dilation=2)), TWO),
    "SqueezeExcitation": (lambda: SqueezeExcitation(4, 2, nn.ReLU(), nn.Sigmoid()), TWO),
    "SqueezeExcitation otherwise": (lambda: SqueezeExcitation(4, 3, nn.SiLU(), nn.Hardsigmoid()), TWO),
    "ResNeXtBlock": (lambda: ResNeXtBlock(
        None, a=numbered(nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4), nn.ReLU()),
        b=numbered(nn.Conv2d(4, 4, 3, 1, 1, groups=2, bias=False), nn.BatchNorm2d(4), nn.ReLU()),
        c=numbered(nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4))), TWO),
    "ResNeXtBlock projected": (lambda: ResNeXtBlock(
        numbered(nn.Conv2d(4, 6, 1, 2, bias=False), nn.BatchNorm2d(6)),
        a=numbered(nn.Conv2d(4, 9, 1, bias=False), nn.BatchNorm2d(9), nn.ReLU()),
        b=numbered(nn.Conv2d(9, 9, 3, 2, 1, groups=3, bias=False), nn.BatchNorm2d(9), nn.ReLU()),
        se=SqueezeExcitation(9, 2, nn.ReLU(), nn.Sigmoid()), c=numbered(nn.Conv2d(9, 6, 1, bias=False), nn.BatchNorm2d(6))), TWO),
    "DepthwiseSeparableBlock": (lambda: named(
        depthwise=numbered(nn.Conv2d(4, 4, 3, 2, 1, groups=4, bias=False), nn.BatchNorm2d(4), nn.ReLU()),
        pointwise=numbered(nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d(6), nn.ReLU())), TWO),
    "NinBlock": (lambda: numbered(nn.Conv2d(4, 5, 3, 2, 1), nn.ReLU(), nn.Conv2d(5, 6, 1), nn.ReLU(), nn.Conv2d(6, 3, 1), nn.ReLU()), TWO),
    "VggBlock": (lambda: numbered(nn.Conv2d(4, 5, 3, padding=1), nn.ReLU(), nn.Conv2d(5, 5, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)), TWO),
    "StochasticDepth": (lambda: StochasticDepth(0.4, "row"), TWO),
    "StochasticDepth always": (lambda: StochasticDepth(1.0, "row"), TWO),
    "ChannelShuffle": (lambda: nn.ChannelShuffle(2), TWO),
    "MultiheadAttention": (lambda: SelfAttention(8, 2), (2, 5, 8)),
    "Mlp": (lambda: MLP(6, [5, 6], activation_layer=nn.GELU, dropout=0.3), FLAT),
    "InvertedResidual": (lambda: Inverted(conv=numbered(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4))), TWO),
    "MBConv": (lambda: Inverted(block=numbered(
        numbered(nn.Conv2d(4, 8, 1, bias=False), nn.BatchNorm2d(8, eps=1e-3), nn.SiLU()),
        numbered(nn.Conv2d(8, 8, 3, 1, 1, groups=8, bias=False), nn.BatchNorm2d(8, eps=1e-3), nn.SiLU()),
        SqueezeExcitation(8, 2, nn.SiLU(), nn.Sigmoid()),
        numbered(nn.Conv2d(8, 4, 1, bias=False), nn.BatchNorm2d(4, eps=1e-3)))), TWO),
    "MBConv strided": (lambda: named(block=numbered(
        numbered(nn.Conv2d(4, 4, 5, 2, 2, groups=4, bias=False), nn.BatchNorm2d(4), nn.ReLU()),
        numbered(nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d(6)))), TWO),
    "MBConv dilated": (lambda: named(block=numbered(
        numbered(nn.Conv2d(4, 4, 3, padding=2, dilation=2, groups=4, bias=False), nn.BatchNorm2d(4), nn.ReLU()),
        numbered(nn.Conv2d(4, 6, 1, bias=False), nn.BatchNorm2d(6)))), TWO),
    "FusedMBConv": (lambda: Inverted(block=numbered(
        numbered(nn.Conv2d(4, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.SiLU()),
        numbered(nn.Conv2d(8, 4, 1, bias=False), nn.BatchNorm2d(4)))), TWO),
    "FusedMBConv of one convolution": (lambda: Inverted(
        block=numbered(numbered(nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.SiLU()))), TWO),
    "Permute": (lambda: Permute([0, 2, 3, 1]), TWO),
    "LayerNorm2D": (lambda: LayerNorm2d(4, eps=1e-3), TWO),
}

INITIALIZERS = {
    "Uniform": lambda t: nn.init.uniform_(t, -2, 3),
    "Normal": lambda t: nn.init.normal_(t, 1, 0.5),
    "Constant": lambda t: nn.init.constant_(t, 0.25),
    "KaimingUniform": lambda t: nn.init.kaiming_uniform_(t, nonlinearity="relu"),
    "KaimingUniform out": lambda t: nn.init.kaiming_uniform_(t, a=0.2, mode="fan_out"),
    "KaimingNormal": lambda t: nn.init.kaiming_normal_(t, nonlinearity="relu"),
    "KaimingNormal out": lambda t: nn.init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu"),
    "XavierUniform": lambda t: nn.init.xavier_uniform_(t, gain=1.5),
    "XavierNormal": lambda t: nn.init.xavier_normal_(t),
    "TruncatedNormal": lambda t: nn.init.trunc_normal_(t, mean=0.1, std=0.5, a=-1, b=0.6),
}


def numbers(tensor):
    return [float(f"{value:.9g}") for value in tensor.detach().flatten().tolist()]


def values(tensor):
    return {"shape": list(tensor.shape), "values": numbers(tensor)}


def digest(tensor):
    data = tensor.detach().contiguous().numpy().tobytes()
    return {"shape": list(tensor.shape), "type": str(tensor.dtype).removeprefix("torch."), "sha256": hashlib.sha256(data).hexdigest()}


def factors(tensor):
    """What each output counts in the sum whose gradient is taken: -3 to 3 over and over, exact in any type."""
    return (torch.arange(tensor.numel(), dtype=tensor.dtype) % 7 - 3).reshape(tensor.shape)


def run(make, shape, seed):
    torch.manual_seed(seed)
    module = make()
    state = [{"key": key, **digest(value)} for key, value in module.state_dict().items()]
    data = torch.randn(shape)

    module.train()
    leaf = data.clone().requires_grad_()
    output = module(leaf * 1)
    (output * factors(output)).sum().backward()
    after = float(f"{torch.rand(1).item():.9g}")
    case = {
        "seed": seed,
        "input": list(shape),
        "state": state,
        "train": values(output),
        "gradients": {"input": numbers(leaf.grad), **{name: numbers(p.grad) for name, p in module.named_parameters()}},
        "buffers": {name: numbers(buffer) for name, buffer in module.named_buffers()},
        "after": after,
    }
    module.eval()
    with torch.no_grad():
        evaluated = module(data.clone())
    if not torch.equal(evaluated, output):
        case["eval"] = values(evaluated)
    return case


def initial(fill):
    torch.manual_seed(11)
    tensor = torch.empty(4, 3, 2, 2)
    fill(tensor)
    return numbers(tensor)


def main():
    goldens = {
        "cases": {name: run(make, shape, 100 + i) for i, (name, (make, shape)) in enumerate(CASES.items())},
        "initializers": {name: initial(fill) for name, fill in INITIALIZERS.items()},
    }
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write("{\n")
        for i, (section, entries) in enumerate(goldens.items()):
            lines = ",\n".join(f'"{name}": {json.dumps(entry, separators=(",", ":"))}' for name, entry in entries.items())
            file.write(("" if i == 0 else ",\n") + f'"{section}": {{\n{lines}\n}}')
        file.write("\n}\n")


main()
