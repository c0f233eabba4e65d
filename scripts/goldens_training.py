#!/usr/bin/env python3
"""Writes what a few training steps of LeNet-5 do in Python, and the factors of its learning-rate schedulers.

    python3 scripts/goldens_training.py tests/Luma.Zoo.Tests/Goldens/training.json

Weights and images are drawn from seeds, so the other side makes the same ones. For each optimiser: the loss of every step, and of
every gradient and weight its norm and some elements at equal distances.
"""
import json
import math
import pathlib
import sys

import torch
from torch.optim import lr_scheduler

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from reference.lenet import MODELS

BATCH = 16
STEPS = 3
ELEMENTS = 12
SCHEDULE_STEPS = 24

OPTIMIZERS = {
    "sgd": (0.0, lambda p: torch.optim.SGD(p, lr=0.05)),
    "sgd_nesterov": (0.1, lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-3)),
    "adam": (0.0, lambda p: torch.optim.Adam(p, lr=0.002, betas=(0.8, 0.99), eps=1e-6, weight_decay=1e-3)),
    "adamw": (0.05, lambda p: torch.optim.AdamW(p, lr=0.002, eps=1e-6, weight_decay=1e-2)),
}
SCHEDULES = {
    "steps": lambda o: lr_scheduler.StepLR(o, SCHEDULE_STEPS // 4, gamma=0.5),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, SCHEDULE_STEPS, eta_min=0.1),
    "one_cycle": lambda o: lr_scheduler.OneCycleLR(
        o, max_lr=1.0, total_steps=SCHEDULE_STEPS, pct_start=0.25, div_factor=10, final_div_factor=100, cycle_momentum=False),
}


def digest(tensor):
    flat = tensor.detach().flatten()
    count = min(ELEMENTS, flat.numel())
    places = [i * (flat.numel() - 1) // max(count - 1, 1) for i in range(count)]
    return {"norm": flat.double().norm().item(), "places": places, "values": [flat[i].item() for i in places]}


def steps(smoothing, make):
    torch.manual_seed(0)
    model = MODELS["lenet_5"](10)
    images = torch.rand(BATCH, 1, 32, 32)
    labels = torch.arange(BATCH) % 10
    optimizer = make(model.parameters())
    taken = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images), labels, label_smoothing=smoothing)
        loss.backward()
        optimizer.step()
        assert math.isfinite(loss.item())
        taken.append({
            "loss": loss.item(),
            "gradients": {name: digest(p.grad) for name, p in model.named_parameters()},
            "weights": {name: digest(p) for name, p in model.named_parameters()},
        })
    return taken


def factors(make):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = make(optimizer)
    rates = []
    for _ in range(SCHEDULE_STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def main():
    result = {
        "torch": torch.__version__,
        "optimizers": {name: steps(*parts) for name, parts in OPTIMIZERS.items()},
        "schedules": {name: factors(make) for name, make in SCHEDULES.items()},
    }
    pathlib.Path(sys.argv[1]).write_text(json.dumps(result, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
