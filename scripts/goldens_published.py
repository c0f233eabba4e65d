"""Writes the goldens of loading published and old weight files: what torchvision makes of their names and shapes.

    python3 scripts/goldens_published.py            needs torchvision 0.13 or later
"""
import json
import pathlib

import torch
import torchvision
from torchvision.models import densenet, vision_transformer

golden = pathlib.Path(__file__).resolve().parent.parent / "tests" / "Luma.Zoo.Tests" / "Goldens" / "published.json"


def resized(before, after, patch, width):
    """A position embedding, drawn from the seeded generator, for another image size."""
    torch.manual_seed(0)
    state = {"encoder.pos_embedding": torch.randn(1, (before // patch) ** 2 + 1, width)}
    positions = vision_transformer.interpolate_embeddings(after, patch, state)["encoder.pos_embedding"]
    flat = positions.double().flatten()
    return {
        "before": before,
        "after": after,
        "patch": patch,
        "width": width,
        "shape": list(positions.shape),
        "digest": [flat.square().sum().sqrt().item(), flat.abs().sum().item(), flat[0].item(), flat[-1].item()],
        "column": positions[0, :, 0].tolist(),
    }


class Names:
    """Stands for a weights entry and for a model: hands out old names, and keeps those that torchvision makes of them."""

    def __init__(self, names):
        self.names = names

    def get_state_dict(self, **_):
        return {name: name for name in self.names}

    def load_state_dict(self, state):
        self.loaded = {old: new for new, old in state.items()}


def undotted():
    leaves = ["norm.1.weight", "norm.1.bias", "norm.1.running_mean", "norm.1.running_var", "conv.1.weight",
              "norm.2.weight", "norm.2.bias", "norm.2.running_mean", "norm.2.running_var", "conv.2.weight"]
    old = ["features.conv0.weight", "features.norm0.weight", "features.transition1.norm.weight",
           "features.transition1.conv.weight", "features.norm5.running_var", "classifier.weight"]
    old += [f"features.denseblock{block}.denselayer{layer}.{leaf}" for block, layer in [(1, 1), (4, 16)] for leaf in leaves]
    names = Names(old)
    densenet._load_state_dict(names, names, progress=False)
    return names.loaded


golden.write_text(json.dumps({
    "torchvision": torchvision.__version__,
    "densenet": undotted(),
    "positions": [resized(224, 384, 16, 8), resized(384, 224, 16, 4), resized(224, 512, 32, 4), resized(518, 224, 14, 4)],
}, indent=1) + "\n")
