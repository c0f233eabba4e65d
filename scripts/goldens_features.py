#!/usr/bin/env python3
"""Writes what torchvision's networks have before their last layer, for the tests of embeddings.

The networks are built with 50 classes and filled as goldens_models.py fills them, with the gain that stands in its goldens; the
two images are drawn after that. For each network:
  head       the shape of the input of the last dense layer or convolution, as a forward hook sees it, and a digest of its values
  positions  the same for what the network pools, flattens, or takes its class token from
A digest is the norm, the sum of magnitudes, and every n-th value, of which there are about sixteen.

usage: goldens_features.py OUTPUT.json
"""
import json
import pathlib
import sys

import torch
import torchvision

from goldens_models import CLASSES, draw_images, fill

MODELS = pathlib.Path(__file__).parent.parent / "tests/Luma.Zoo.Tests/Goldens/models"

# The module whose input or output has the positions.
POSITIONS = {
    "alexnet": ("avgpool", "output"), "vgg11": ("avgpool", "output"), "resnet18": ("avgpool", "input"), "wide_resnet50_2": ("avgpool", "input"),
    "densenet121": ("features", "relu"), "squeezenet1_1": ("classifier.1", "input"), "mobilenet_v2": ("features", "output"),
    "mobilenet_v3_small": ("avgpool", "input"), "mnasnet0_5": ("layers", "output"), "shufflenet_v2_x0_5": ("conv5", "output"),
    "efficientnet_b0": ("avgpool", "input"), "regnet_y_400mf": ("avgpool", "input"), "convnext_tiny": ("avgpool", "input"),
    "swin_t": ("avgpool", "input"), "vit_b_32": ("encoder", "output"), "maxvit_t": ("classifier.0", "input"),
    "googlenet": ("avgpool", "input"), "inception_v3": ("avgpool", "input"),
}


def digest(tensor):
    flat = tensor.double().flatten()
    every = max(1, flat.numel() // 16)
    return {
        "shape": list(tensor.shape), "norm": flat.square().sum().sqrt().item(), "sum": flat.abs().sum().item(),
        "every": every, "values": flat[::every].tolist(),
    }


def features(name):
    golden = json.loads((MODELS / f"{name}.json").read_text())
    extra = {"aux_logits": False} if name == "googlenet" else {}
    model = torchvision.models.get_model(name, weights=None, num_classes=CLASSES, **extra)
    torch.manual_seed(1)
    fill(model, golden["weighted"]["gain"])
    images = draw_images(2, golden["input"])
    model.eval()

    seen = {}
    head = [module for module in model.modules() if isinstance(module, (torch.nn.Linear, torch.nn.Conv2d))][-1]
    head.register_forward_hook(lambda module, inputs, output: seen.update(head=digest(inputs[0])))
    path, side = POSITIONS[name]
    model.get_submodule(path).register_forward_hook(lambda module, inputs, output: seen.update(
        positions=digest({"input": lambda: inputs[0], "output": lambda: output, "relu": lambda: output.relu()}[side]())))
    with torch.inference_mode():
        model(images)
    return {"gain": golden["weighted"]["gain"], "input": golden["input"], **seen}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    result = {name: features(name) for name in POSITIONS}
    pathlib.Path(sys.argv[1]).write_text(json.dumps(result, indent=1) + "\n")
