#!/usr/bin/env python3
"""Writes what torchvision's classes compute when they are built from settings of a user's own, one small JSON for all.

    python3 scripts/goldens_plans.py OUT_FILE

For each network:
  keys, drawn   as in goldens_models.py
  output        for two filled images, with filled weights
"""
import hashlib
import json
import pathlib
import sys
from functools import partial

import torch
from torch import nn
from torchvision.models import convnext, efficientnet, maxvit, mobilenetv2, mobilenetv3, shufflenetv2, swin_transformer, vision_transformer

from goldens_models import draw_images, drawn, fill, numbers

CLASSES = 7


def build_convnext():
    stages = [convnext.CNBlockConfig(24, 40, 2), convnext.CNBlockConfig(40, None, 1)]
    return convnext.ConvNeXt(stages, stochastic_depth_prob=0.3, layer_scale=0.1, num_classes=CLASSES)


def build_swin(**version):
    return swin_transformer.SwinTransformer(
        patch_size=[4, 4], embed_dim=24, depths=[2, 3], num_heads=[2, 6], window_size=[5, 5], num_classes=CLASSES, **version)


def build_vit():
    return vision_transformer.VisionTransformer(
        image_size=40, patch_size=8, num_layers=2, num_heads=3, hidden_dim=24, mlp_dim=40, num_classes=CLASSES)


def build_maxvit():
    return maxvit.MaxVit(
        input_size=(64, 64), stem_channels=16, partition_size=4, block_channels=[24, 32], block_layers=[1, 2], head_dim=8,
        stochastic_depth_prob=0.2, num_classes=CLASSES)


def build_efficientnet():
    rows = [efficientnet.FusedMBConvConfig(2, 3, 2, 16, 24, 2), efficientnet.MBConvConfig(4, 5, 2, 24, 40, 2)]
    return efficientnet.EfficientNet(
        rows, dropout=0.1, num_classes=CLASSES, last_channel=96, norm_layer=partial(nn.BatchNorm2d, eps=1e-2))


def build_scaled_efficientnet():
    rows, last = efficientnet._efficientnet_conf("efficientnet_b0", width_mult=0.5, depth_mult=0.6)
    return efficientnet.EfficientNet(rows, dropout=0.1, num_classes=CLASSES, last_channel=last)


def build_mobilenet_v2():
    rows = [[1, 8, 1, 1], [4, 16, 2, 2], [3, 20, 3, 2]]
    return mobilenetv2.MobileNetV2(num_classes=CLASSES, width_mult=1.5, inverted_residual_setting=rows, round_nearest=4)


def build_mobilenet_v3():
    row = partial(mobilenetv3.InvertedResidualConfig, dilation=1, width_mult=0.5)
    rows = [row(16, 3, 32, 24, False, "RE", 2), row(24, 5, 48, 40, True, "HS", 1), row(40, 3, 64, 40, True, "HS", 1),
            row(40, 5, 96, 56, False, "RE", 2)]
    return mobilenetv3.MobileNetV3(rows, last_channel=64, num_classes=CLASSES)


def build_shufflenet_v2():
    return shufflenetv2.ShuffleNetV2([2, 1, 3], [24, 32, 48, 96, 128], num_classes=CLASSES)


V2 = {"block": swin_transformer.SwinTransformerBlockV2, "downsample_layer": swin_transformer.PatchMergingV2}

# How each is built, and the side of its images.
NETWORKS = {
    "convnext": (build_convnext, 64),
    "swin": (build_swin, 52),
    "swin_v2": (partial(build_swin, **V2), 52),
    "vit": (build_vit, 40),
    "maxvit": (build_maxvit, 64),
    "efficientnet": (build_efficientnet, 64),
    "efficientnet_scaled": (build_scaled_efficientnet, 64),
    "mobilenet_v2": (build_mobilenet_v2, 64),
    "mobilenet_v3": (build_mobilenet_v3, 64),
    "shufflenet_v2": (build_shufflenet_v2, 64),
}


def golden(build, side):
    torch.manual_seed(0)
    model = build()
    lines = "".join(f"{key} {str(t.dtype).removeprefix('torch.')} {list(t.shape)}\n" for key, t in model.state_dict().items())
    weights = drawn(model)

    torch.manual_seed(1)
    fill(model, 1)
    images = draw_images(2, (3, side, side))
    model.eval()
    with torch.inference_mode():
        output = model(images)
    return {
        "keys": {"count": len(model.state_dict()), "sha256": hashlib.sha256(lines.encode()).hexdigest()},
        "drawn": weights,
        "side": side,
        "output": numbers(output.flatten()),
    }


def main():
    out = pathlib.Path(sys.argv[1])
    out.write_text(json.dumps({name: golden(*network) for name, network in NETWORKS.items()}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
