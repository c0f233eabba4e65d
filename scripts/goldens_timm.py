#!/usr/bin/env python3
"""Writes what timm, Ross Wightman's PyTorch Image Models, has and computes for the networks of the catalogue.

    python3 scripts/goldens_timm.py TIMM_DIR [OUT_DIR]

TIMM_DIR is a checkout of timm, the folder that holds the package timm; nothing of it is installed, and huggingface_hub, which it asks
for and does not need here, may be missing. OUT_DIR is tests/Luma.Zoo.Tests/Goldens/timm by default.

names.json.gz, a line "name type shape" for each tensor of a file:
  loaded    by timm's id: the network's id here, and the tensors
  refused   the same of networks that compute something else, with the id of that which they could be taken for
  old       by timm's id: the names of its tensors in the files of the network's authors, which timm itself turns into its own
outputs.json, for one network of each kind: the gain, and the output of the weights that `fill` of goldens_models.py draws in the
order of timm's names.

What the refusals claim is checked on the way: networks with the same tensors, but another padding, epsilon or pooling, differ in their
output on the same weights, and those that are loaded under another id do not.
"""
import argparse
import gzip
import json
import pathlib
import re
import sys
import types
import warnings

import torch

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import goldens_models

LOADED = {
    **{name: name for name in (
        "resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2",
        "resnext50_32x4d", "resnext101_32x8d", "resnext101_64x4d",
        "vgg11", "vgg13", "vgg16", "vgg19", "vgg11_bn", "vgg13_bn", "vgg16_bn", "vgg19_bn",
        "densenet121", "densenet161", "densenet169", "densenet201",
        "efficientnet_b0", "efficientnet_b1", "efficientnet_b2", "efficientnet_b3", "efficientnet_b4",
        "convnext_tiny", "convnext_small", "convnext_base", "convnext_large",
    )},
    "vit_base_patch16_224": "vit_b_16", "vit_base_patch32_224": "vit_b_32", "vit_large_patch16_224": "vit_l_16",
    "vit_large_patch32_224": "vit_l_32", "vit_huge_patch14_224": "vit_h_14", "deit_base_patch16_224": "vit_b_16",
    "swin_tiny_patch4_window7_224": "swin_t", "swin_small_patch4_window7_224": "swin_s", "swin_base_patch4_window7_224": "swin_b",
    "swinv2_tiny_window8_256": "swin_v2_t", "swinv2_small_window8_256": "swin_v2_s", "swinv2_base_window8_256": "swin_v2_b",
}

REFUSED = {
    "resnet50d": "resnet50", "seresnet50": "resnet50", "ecaresnet50d": "resnet50", "resnetblur18": "resnet18", "resnetblur50": "resnet50",
    "resnetaa50": "resnet50",
    "densenetblur121d": "densenet121",
    "efficientnet_b5": "efficientnet_b5", "efficientnet_b6": "efficientnet_b6", "efficientnet_b7": "efficientnet_b7",
    "efficientnetv2_s": "efficientnet_v2_s", "efficientnetv2_m": "efficientnet_v2_m", "efficientnetv2_l": "efficientnet_v2_l",
    "efficientnet_blur_b0": "efficientnet_b0", **{f"tf_efficientnet_b{n}": f"efficientnet_b{n}" for n in range(8)},
    "tf_efficientnetv2_s": "efficientnet_v2_s",
    "vit_base_patch16_clip_224": "vit_b_16", "vit_base_patch14_dinov2": "vit_b_16", "vit_base_patch14_reg4_dinov2": "vit_b_16",
    "deit3_base_patch16_224": "vit_b_16", "deit_base_distilled_patch16_224": "vit_b_16", "flexivit_base": "vit_b_16",
    "vit_base_patch16_224_miil": "vit_b_16", "vit_base_patch16_siglip_224": "vit_b_16", "vit_base_patch16_rope_224": "vit_b_16",
    "vit_base_r50_s16_224": "vit_b_16", "vit_relpos_base_patch16_224": "vit_b_16", "beit_base_patch16_224": "vit_b_16",
    "swin_base_patch4_window12_384": "swin_b", "swin_s3_tiny_224": "swin_t", "swinv2_tiny_window16_256": "swin_v2_t",
    "swinv2_base_window12to16_192to256": "swin_v2_b",
    "convnextv2_tiny": "convnext_tiny", "convnext_tiny_hnf": "convnext_tiny", "convnext_large_mlp": "convnext_large",
}

# What timm's network is given beside its id, and the input. VGG takes a smaller image to 7x7 in both houses, and a larger one not.
OUTPUTS = [
    ("resnet18", {}, (3, 224, 224)), ("resnet50", {}, (3, 224, 224)), ("resnext50_32x4d", {}, (3, 224, 224)),
    ("vgg11", {}, (3, 224, 224)), ("vgg11_bn", {}, (3, 160, 192)),
    ("densenet121", {}, (3, 224, 224)),
    ("efficientnet_b0", {}, (3, 224, 224)), ("efficientnet_b3", {}, (3, 224, 224)),
    ("vit_base_patch32_224", {}, (3, 224, 224)), ("deit_base_patch16_224", {}, (3, 224, 224)),
    ("swin_tiny_patch4_window7_224", {}, (3, 224, 224)), ("swinv2_tiny_window8_256", {}, (3, 256, 256)),
    ("convnext_tiny", {}, (3, 224, 224)), ("convnext_tiny", {"conv_mlp": True}, (3, 224, 224)),
]

# The same tensors, but for buffers that are not in files: whether the outputs are the same as well.
TWINS = [
    ("vit_base_patch16_224", "deit_base_patch16_224", True),
    ("efficientnet_b0", "tf_efficientnet_b0", False), ("efficientnet_b0", "efficientnet_blur_b0", False),
    ("efficientnet_b5", "tf_efficientnet_b5", False), ("efficientnetv2_s", "tf_efficientnetv2_s", False),
    ("resnet18", "resnetblur18", False), ("resnet50", "resnetaa50", False), ("resnet50", "resnetblur50", False),
    ("swinv2_tiny_window8_256", "swinv2_tiny_window16_256", False),
]


def open_timm(folder):
    class Nothing(types.ModuleType):
        """Stands for huggingface_hub: timm takes names from it, and calls none of them to build a network."""
        __path__ = []

        def __getattr__(self, name):
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (Exception,), {})

    try:
        import huggingface_hub
    except ImportError:
        for name in ("huggingface_hub", "huggingface_hub.utils"):
            sys.modules[name] = Nothing(name)
    sys.path.insert(0, str(folder))
    warnings.filterwarnings("ignore")
    import timm
    return timm


def lines(model):
    return [f"{name} {str(t.dtype).removeprefix('torch.')} {list(t.shape)}" for name, t in model.state_dict().items()]


def old_names(timm, name):
    """The authors' names for timm's, if timm's own filter agrees."""
    renames = {
        "swin": [(r"^layers\.(\d)\.downsample", lambda found: f"layers.{int(found[1]) - 1}.downsample"), (r"^head\.fc\.", "head.")],
        "convnext": [
            (r"^stem\.", "downsample_layers.0."), (r"^stages\.(\d)\.downsample\.", r"downsample_layers.\1."),
            (r"^stages\.(\d)\.blocks\.", r"stages.\1."), (r"conv_dw", "dwconv"), (r"mlp\.fc", "pwconv"),
            (r"^head\.norm\.", "norm."), (r"^head\.fc\.", "head."),
        ],
    }
    family = "swin" if name.startswith("swin") else "convnext"
    with torch.device("meta"):
        model = timm.create_model(name)
    state, old = model.state_dict(), {}
    for key, tensor in state.items():
        for pattern, replacement in renames[family]:
            key = re.sub(pattern, replacement, key)
        old[key] = tensor
    module = sys.modules[type(model).__module__]
    turned = module.checkpoint_filter_fn(dict(old), model)
    # It turns one after the other, so that the order tells which became which.
    assert list(turned) == list(state), name
    return list(old)


def epsilon(timm, name):
    with torch.device("meta"):
        found = {module.eps for module in timm.create_model(name).modules() if isinstance(module, torch.nn.BatchNorm2d)}
    assert len(found) == 1, (name, found)
    return found.pop()


def check(timm, one, other, same):
    """Both networks on the same weights and images: equal to rounding, or clearly not."""
    torch.manual_seed(1)
    size = 256 if "v2" in one else 224
    first, second = (timm.create_model(name, num_classes=goldens_models.CLASSES).eval() for name in (one, other))
    gain = goldens_models.choose_gain(first, (3, size, size), [])
    images, output = goldens_models.weighted(first, gain, (3, size, size))
    second.load_state_dict(first.state_dict())
    with torch.inference_mode():
        difference = ((second(images) - output).abs().max() / output.abs().max()).item()
    print(f"{one} and {other} differ by {difference:.1e}", flush=True)
    assert difference < 1e-6 if same else difference > 1e-3, (one, other, difference)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("timm", type=pathlib.Path)
    here = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("out", type=pathlib.Path, nargs="?", default=here / "tests" / "Luma.Zoo.Tests" / "Goldens" / "timm")
    arguments = parser.parse_args()
    timm = open_timm(arguments.timm)
    arguments.out.mkdir(parents=True, exist_ok=True)

    # For ImageNet's classes, also where the weights that timm has are for none.
    def tensors_of(name):
        with torch.device("meta"):
            return lines(timm.create_model(name, num_classes=1000))

    names = {
        "loaded": {name: {"id": ours, "tensors": tensors_of(name)} for name, ours in LOADED.items()},
        "refused": {name: {"id": ours, "tensors": tensors_of(name)} for name, ours in REFUSED.items() if name in timm.list_models()},
        "old": {name: old_names(timm, name) for name in LOADED if name.startswith(("swin", "convnext"))},
    }
    lacking = [name for name in REFUSED if name not in names["refused"]]
    assert not lacking, f"timm has no {lacking}"
    (arguments.out / "names.json.gz").write_bytes(gzip.compress(json.dumps(names, separators=(",", ":")).encode(), 9, mtime=0))

    outputs = []
    for name, options, shape in OUTPUTS:
        model = timm.create_model(name, num_classes=goldens_models.CLASSES, **options)
        gain = goldens_models.choose_gain(model, shape, [])
        _, output = goldens_models.weighted(model, gain, shape)
        outputs.append({
            "timm": name, "id": LOADED[name], "input": list(shape), "gain": gain, "tensors": lines(model) if options else None,
            "output": goldens_models.numbers(output),
        })
        print(name, "gain", gain, "largest output", output.abs().max().item(), flush=True)
    golden = {"version": timm.__version__, "torch": torch.__version__, "outputs": outputs}
    (arguments.out / "outputs.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")

    for name in names["loaded"].keys() | names["refused"].keys():
        if "efficientnet" in name:
            assert epsilon(timm, name) == (1e-3 if name.startswith("tf_") else 1e-5), name
    for one, other, same in TWINS:
        check(timm, one, other, same)


if __name__ == "__main__":
    main()
