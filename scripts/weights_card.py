#!/usr/bin/env python3
"""Writes the card of the LeNet-5 weights: what they were made from, how, and what they do. Called by scripts/train-lenet.

    python3 scripts/weights_card.py REPORT WEIGHTS        (REPORT is what `luma train --json` wrote; the card stands beside WEIGHTS)
"""
import hashlib
import json
import pathlib
import sys

RECIPE = {
    "loss": "cross entropy",
    "optimizer": {"name": "sgd", "learning_rate": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.0001},
    "schedule": "half a cosine to 0, step by step",
    "batch_size": 64,
    "augmentation": {"rotation_degrees": 10, "shift_pixels": 2, "scale": 0.1, "shear": 0.1, "warp_pixels": 0.7},
    "held_out": 5000,
    "chosen": "the epoch with the best held-out accuracy; the test images were not looked at",
}


def main():
    report = json.loads(pathlib.Path(sys.argv[1]).read_text())
    weights = pathlib.Path(sys.argv[2])
    content = weights.read_bytes()
    card = {
        "model": report["id"],
        "file": weights.name,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "parameters": 61706,
        "data": {
            "name": "MNIST",
            "authors": "Yann LeCun, Corinna Cortes, Christopher J. C. Burges",
            "license": "CC BY-SA 3.0",
        },
        "input": "28x28 on black 32x32, pixel / 255, minus 0.1307, over 0.3081",
        "recipe": {**RECIPE, "epochs": report["epochs"], "seed": report["seed"], "threads": 1},
        "command": "scripts/train-lenet FOLDER",
        "measured": {
            "best_epoch": report["bestEpoch"],
            "held_out_accuracy": report["top1"],
            "test_images": report["testImages"],
            "test_accuracy": report["testTop1"],
        },
    }
    weights.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n")
    print(f"{weights}: {card['bytes']:,} bytes, {report['testTop1']:.2%} of {report['testImages']:,} test images")


if __name__ == "__main__":
    main()
