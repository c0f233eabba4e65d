#!/usr/bin/env python3
"""Writes what Python computes for networks of the catalogue, one small JSON a network.

    python3 scripts/goldens_models.py OUT_DIR ID...      (ids of torchvision, or of scripts/reference)

A golden that is there keeps its parts and its gain: they are computed again, or with --add left as they are.

For each network:
  keys      how many entries the state dict has, and the SHA-256 of its lines "name dtype shape"
  drawn     one number for all weights that manual_seed(0) and building with 50 classes draw: outputs of a fresh network may be
            zero, or nearly so
  seeded    the output of that network, evaluated on an input drawn after it with rand; where that overflows, in training mode and double
  weighted  the same network with healthy random weights (see `fill`), batch 2; in double where it magnifies rounding
  resized   for networks named with --resize: the output of those weights at another image size
  step      for networks named with --step: loss, gradients and running statistics of one training step on those weights and on
            small images, with nothing dropped; auxiliary heads count 0.3 each in the loss
  stepDrawn for networks named with --step-drawn: what remains of such a step on smaller images with everything dropped that training
            drops, and the number that the generator gives next

`fill` draws every weight from the seeded generator, so the other side makes the same weights without a file. One number, the
gain, scales the convolutions and dense layers; it is searched here so that activations neither vanish nor explode, and stored.
"""
import argparse
import hashlib
import importlib
import json
import math
import pathlib
import pkgutil
import sys

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import reference

CLASSES = 50
# Neither square nor a multiple of anybody's window.
RESIZED = (160, 192)
# A MaxViT is built for one size, a square of seven windows' multiple; its weights fit all of them.
MAXVIT_RESIZED = (448, 448)
# torchvision's networks that were made for another size than 224.
SIZES = {
    "inception_v3": 299,
    "swin_v2_t": 256, "swin_v2_s": 256, "swin_v2_b": 256,
}


def builders():
    """id -> (build(num_classes), input shape)"""
    found = {}
    try:
        from torchvision import models
        for name in models.list_models(module=models):
            size = SIZES.get(name, 224)
            # What they do by default, but with a warning that it may change.
            extra = {"init_weights": True} if name in ("googlenet", "inception_v3") else {}
            found[name] = (lambda n, name=name, extra=extra: models.get_model(name, weights=None, num_classes=n, **extra), (3, size, size))
    except ImportError:
        pass
    for module in pkgutil.iter_modules(reference.__path__):
        loaded = importlib.import_module(f"reference.{module.name}")
        for name, build in loaded.MODELS.items():
            found[name] = (build, loaded.INPUTS[name])
    return found


def second_size(name):
    """The other image size that a network is tried at, or None where torchvision's takes one alone."""
    if name.startswith("vit_"):
        return None
    return MAXVIT_RESIZED if name.startswith("maxvit_") else RESIZED


def build_for_size(name, build, classes, size):
    """The network for images of a size: nearly every network takes any."""
    if name.startswith("maxvit_"):
        from torchvision import models
        return models.get_model(name, weights=None, num_classes=classes, input_size=size)
    return build(classes)


# What training drops beyond the defaults: every place at which these networks can drop something drops something.
DROPPING = {
    "densenet121": {"drop_rate": 0.1},
    "maxvit_t": {"mlp_dropout": 0.1, "attention_dropout": 0.1},
    **dict.fromkeys(("swin_t", "swin_v2_t", "vit_b_32"), {"dropout": 0.1, "attention_dropout": 0.1}),
}
# The side of a training step's images: small, but for networks that take one size alone or need a larger one.
STEP_SIDES = {"alexnet_2012": 227, "inception_v3": 299, "maxvit_t": 224, "vit_b_32": 224}
STEP_SIDE, DROPPING_STEP_SIDE = 96, 64
# How many images, where four are slow.
STEP_BATCHES = {"maxvit_t": 1, "inception_v3": 2, "efficientnet_v2_s": 2}


def fill(model, gain):
    """Every tensor of the state dict in order, from the generator as it stands. The C# twin is HealthyWeights.Fill."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            leaf = name.rsplit(".", 1)[-1]
            if not tensor.is_floating_point():
                continue
            if leaf == "running_mean":
                tensor.normal_(0, 0.1)
            elif leaf == "running_var":
                tensor.uniform_(0.5, 1.5)
            elif leaf == "weight" and tensor.dim() > 1:
                fan_in = tensor[0].numel()
                tensor.normal_(0, gain / math.sqrt(fan_in))
            elif leaf == "weight" or "scale" in leaf:
                tensor.uniform_(0.5, 1.5)
            else:
                tensor.normal_(0, 0.1)


def draw_images(count, shape):
    """Noise around a level for each image and channel: noise alone would look the same everywhere after global pooling."""
    return torch.rand(count, *shape) + torch.randn(count, shape[0], 1, 1)


def weighted(model, gain, shape):
    torch.manual_seed(1)
    fill(model, gain)
    images = draw_images(2, shape)
    model.eval()
    with torch.inference_mode():
        return images, model(images)


def healthy(output):
    """Of a good size, and the two images' outputs differ by more than rounding could."""
    scale = output.abs().max().item()
    return math.isfinite(scale) and 1e-2 < scale < 1e4 and (output[0] - output[1]).abs().max().item() > 0.02 * scale


def in_double(model, images):
    with torch.inference_mode():
        output = model.double()(images.double())
    model.float()
    return output


def steady(output, exact):
    """Whether rounding stays small on its way through the network: in double precision the output is the same."""
    return (exact - output).abs().max().item() < 5e-6 * exact.abs().max().item()


def choose_gain(model, shape):
    gains = [round(1.45 * 1.15 ** -k, 3) for k in range(24)]
    # Deep networks with squeeze and excitation are healthy in a narrow range only.
    gains += [round(1.45 * 1.02 ** -k, 3) for k in range(1, 40)]
    good = []
    for gain in gains:
        images, output = weighted(model, gain, shape)
        if healthy(output):
            good.append(gain)
            if steady(output, in_double(model, images)):
                return gain
    if good:
        return good[0]
    raise SystemExit("no gain gives healthy activations")


def numbers(tensor):
    return [float(x) for x in tensor.flatten().float()]


def digest(tensor):
    """A few numbers that stand for a tensor: its sum of squares, its sum of magnitudes, its first and its last element."""
    flat = tensor.detach().double().flatten()
    return [flat.square().sum().sqrt().item(), flat.abs().sum().item(), flat[0].item(), flat[-1].item()]


def loss_of(output):
    """Cross-entropy; with auxiliary heads their weight is 0.3: Szegedy et al., "Going Deeper with Convolutions" (2014), section 5."""
    logits, *heads = output if isinstance(output, tuple) else [output]
    labels = torch.arange(len(logits)) % CLASSES
    loss = torch.nn.functional.cross_entropy(logits, labels)
    return loss + sum(0.3 * torch.nn.functional.cross_entropy(head, labels) for head in heads)


def step_images(name, shape, side):
    """How many images, of which shape."""
    side = STEP_SIDES.get(name, min(shape[1], side))
    return STEP_BATCHES.get(name, 4), (shape[0], side, side)


def step(name, model, gain, shape):
    """In double precision: in a deep network some rectifier's input is nearly 0, and its sign decides on 1 % of a gradient."""
    batch, shape = step_images(name, shape, STEP_SIDE)
    torch.manual_seed(1)
    fill(model, gain)
    images = draw_images(batch, shape).double()
    model.double()
    model.train()
    for module in model.modules():
        if isinstance(module, torch.nn.modules.dropout._DropoutNd) or type(module).__name__ == "StochasticDepth":
            module.eval()
    loss = loss_of(model(images))
    loss.backward()
    return {
        "batch": batch, "side": shape[1],
        "loss": loss.item(),
        "gradients": {name: digest(p.grad) for name, p in model.named_parameters()},
        "buffers": {name: digest(b) for name, b in model.named_buffers() if b.is_floating_point()},
    }


def step_drawn(name, build, shape, gain):
    """One number for all gradients: that nothing is wrong with them one by one is for `step` to say."""
    if name in DROPPING:
        from torchvision import models
        model = models.get_model(name, weights=None, num_classes=CLASSES, **DROPPING[name])
    else:
        model = build(CLASSES)
    batch, shape = step_images(name, shape, DROPPING_STEP_SIDE)
    torch.manual_seed(1)
    fill(model, gain)
    images = draw_images(batch, shape).double()
    model.double().train()
    loss = loss_of(model(images))
    loss.backward()
    norms = [p.grad.norm().item() for p in model.parameters()]
    return {
        "batch": batch, "side": shape[1], "loss": loss.item(), "gradients": sum((i + 1) * norm for i, norm in enumerate(norms)),
        "next": torch.rand(()).item(),
    }


def drawn(model):
    floats = [t for t in model.state_dict().values() if t.is_floating_point()]
    return sum((i + 1) * t.double().abs().sum().item() for i, t in enumerate(floats))


def seeded(model, images, in_training=False):
    """The output of a fresh network. In training mode in double precision: over hundreds of blocks rounding grows to a thousandth."""
    model.train(in_training)
    if in_training:
        return in_double(model, images)
    with torch.inference_mode():
        return model(images)


def golden(name, build, shape, last):
    torch.manual_seed(0)
    model = build(CLASSES)
    weights = drawn(model)
    images = torch.rand(1, *shape)
    output = seeded(model, images)
    # Fresh running statistics normalise nothing: over hundreds of blocks the sums leave the range of a float.
    overflows = not output.isfinite().all().item()
    if overflows:
        output = seeded(model, images, in_training=True)
    fresh = numbers(output)

    gain = last or choose_gain(model, shape)
    images, output = weighted(model, gain, shape)
    exact = in_double(model, images)
    magnifies = not steady(output, exact)
    return {
        "id": name,
        "torch": torch.__version__,
        "input": list(shape),
        "keys": keys(model),
        "drawn": weights,
        "seeded": fresh,
        **({"seededInTraining": True} if overflows else {}),
        "weighted": {"gain": gain, **({"double": True} if magnifies else {}), "output": numbers(exact if magnifies else output)},
    }


def keys(model):
    lines = "".join(f"{key} {str(t.dtype).removeprefix('torch.')} {list(t.shape)}\n" for key, t in model.state_dict().items())
    return {"count": len(model.state_dict()), "sha256": hashlib.sha256(lines.encode()).hexdigest()}


def resized(name, build, shape, gain):
    height, width = second_size(name)
    model = build_for_size(name, build, CLASSES, (height, width))
    _, output = weighted(model, gain, (shape[0], height, width))
    return {"height": height, "width": width, "output": numbers(output)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("ids", nargs="*", help="all that can be built where none is given")
    parser.add_argument("--step", nargs="*", default=[], help="ids that get a training step as well")
    parser.add_argument("--resize", nargs="*", default=[], help="ids that get the output at another image size as well")
    parser.add_argument("--step-drawn", nargs="*", default=[], help="ids that get a training step with dropout as well")
    parser.add_argument("--add", action="store_true", help="leave what a golden has as it is, and add what it has not")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    known = builders()
    for name in arguments.ids or known:
        build, shape = known[name]
        file = arguments.out / f"{name}.json"
        old = json.loads(file.read_text()) if file.exists() else {}
        keep = old if arguments.add else {}
        result = keep or golden(name, build, shape, old["weighted"]["gain"] if old else None)
        gain = result["weighted"]["gain"]
        parts = {
            "resized": (arguments.resize, lambda: resized(name, build, shape, gain)),
            "step": (arguments.step, lambda: step(name, build(CLASSES), gain, shape)),
            "stepDrawn": (arguments.step_drawn, lambda: step_drawn(name, build, shape, gain)),
        }
        for part, (ids, compute) in parts.items():
            if (name in ids or part in old) and part not in keep:
                result[part] = compute()
        file.write_text(json.dumps(result, separators=(",", ":")) + "\n")
        print(name, "gain", gain, "largest output", max(map(abs, result["weighted"]["output"])), flush=True)


if __name__ == "__main__":
    main()
