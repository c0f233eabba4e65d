#!/usr/bin/env python3
"""Writes what ResNet-20 for CIFAR computes with the shortcuts of the best-known PyTorch weights.

    python3 scripts/goldens_cifar.py OUT_FILE [WEIGHTS CIFAR_ZIP]

For the shortcuts "around" and "projection": the names of the state dict, and the output for two images with the weights of
goldens_models.py's fill. With the published weights (resnet20-cifar10.th) and a zip of val/CLASS/*.png it also prints how many of
the images they classify rightly.
"""
import io
import json
import pathlib
import sys
import zipfile

import torch

from goldens_models import draw_images, fill, numbers
from reference.resnet import CifarResNet


def golden(shortcut):
    network = CifarResNet(3, 10, shortcut)
    torch.manual_seed(1)
    fill(network, 1)
    images = draw_images(2, (3, 32, 32))
    network.eval()
    with torch.inference_mode():
        return {"keys": list(network.state_dict()), "output": numbers(network(images))}


def accuracy(weights, archive):
    from PIL import Image
    from torchvision.transforms.functional import normalize, to_tensor

    network = CifarResNet(3, 10, "around")
    state = torch.load(weights, map_location="cpu", weights_only=False)["state_dict"]
    network.load_state_dict({name.removeprefix("module.").replace("linear.", "fc."): tensor for name, tensor in state.items()})
    network.eval()
    right, images = 0, zipfile.ZipFile(archive)
    names = sorted(name for name in images.namelist() if name.startswith("val/") and name.endswith(".png"))
    classes = sorted({name.split("/")[1] for name in names})
    with torch.inference_mode():
        for name in names:
            image = to_tensor(Image.open(io.BytesIO(images.read(name))).convert("RGB"))
            image = normalize(image, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
            right += network(image[None]).argmax().item() == classes.index(name.split("/")[1])
    print(f"{right} of {len(names)} right")


if __name__ == "__main__":
    out, *published = sys.argv[1:]
    pathlib.Path(out).write_text(json.dumps({shortcut: golden(shortcut) for shortcut in ("around", "projection")}) + "\n")
    if published:
        accuracy(*published)
