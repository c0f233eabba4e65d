"""Writes the label files of zoo/labels, one name per line, from torchvision.

    python3 scripts/labels.py            needs torchvision 0.13 or later
"""
import pathlib

from torchvision.models._meta import _IMAGENET_CATEGORIES

folder = pathlib.Path(__file__).resolve().parent.parent / "zoo" / "labels"
sets = {"imagenet-1k": _IMAGENET_CATEGORIES, "mnist": [str(digit) for digit in range(10)]}

folder.mkdir(parents=True, exist_ok=True)
for name, labels in sets.items():
    assert all(label == label.strip() and "\n" not in label for label in labels)
    (folder / f"{name}.txt").write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
