#!/usr/bin/env python3
"""Writes what torchvision's networks with auxiliary heads compute, one small JSON for both.

    python3 scripts/goldens_auxiliary.py OUT_FILE GOLDENS_DIR     (GOLDENS_DIR: where goldens_models.py wrote theirs, for the gains)

For googlenet and inception_v3, built with aux_logits=True:
  outputs       of the heads from the first to the last stage, then of the network, in training without dropout, in double precision:
                in single precision, processors differ by per cents in the gradients of the first layers
  gradients     of the heads and of the first convolution, for the network's loss and 0.3 of each head's
  transformed   the network's output in evaluation with transform_input=True
and built with aux_logits=False:
  keys, drawn   as in goldens_models.py
"""
import json
import pathlib
import sys

import torch
from torchvision import models

from goldens_models import CLASSES, digest, draw_images, drawn, fill, keys, loss_of, numbers

SHAPES = {"googlenet": (3, 224, 224), "inception_v3": (3, 299, 299)}
BATCH = 4


def golden(name, gain):
    torch.manual_seed(0)
    without = models.get_model(name, weights=None, num_classes=CLASSES, aux_logits=False, init_weights=True)

    model = models.get_model(name, weights=None, num_classes=CLASSES, aux_logits=True, init_weights=False)
    torch.manual_seed(1)
    fill(model, gain)
    images = draw_images(BATCH, SHAPES[name])
    model.eval()
    model.transform_input = True
    with torch.inference_mode():
        transformed = model(images)

    model.transform_input = False
    model.train().double()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.eval()
    output = model(images.double())
    loss = loss_of(output)
    loss.backward()

    first = next(iter(model.state_dict()))
    return {
        "gain": gain,
        "keys": keys(without),
        "drawn": drawn(without),
        "transformed": numbers(transformed),
        "outputs": [numbers(logits) for logits in reversed(output)],
        "loss": loss.item(),
        "gradients": {n: digest(p.grad) for n, p in model.named_parameters() if n == first or n.lower().startswith("aux")},
    }


def main():
    out, goldens = map(pathlib.Path, sys.argv[1:])
    gains = {name: json.loads((goldens / f"{name}.json").read_text())["weighted"]["gain"] for name in SHAPES}
    out.write_text(json.dumps({name: golden(name, gains[name]) for name in SHAPES}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
