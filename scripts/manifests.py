"""Writes the manifests of torchvision's published weights: one file per family, zoo/*.json.

    python3 scripts/manifests.py [--check FILE]      needs torchvision 0.21

Everything but family, paper and licence note comes from torchvision. With --check nothing is written: the manifests that stand
there are compared with torchvision, and with a JSON file of its facts where one is named.
"""
import json
import math
import pathlib
import re
import sys

import torchvision
from torchvision import models

folder = pathlib.Path(__file__).resolve().parent.parent / "zoo"

# File, family, which ids, paper.
families = [
    ("alexnet", "AlexNet", "alexnet",
     "Krizhevsky, One weird trick for parallelizing convolutional neural networks, 2014, arXiv:1404.5997"),
    ("convnext", "ConvNeXt", "convnext_.*", "Liu et al., A ConvNet for the 2020s, 2022, arXiv:2201.03545"),
    ("densenet", "DenseNet", "densenet.*", "Huang et al., Densely Connected Convolutional Networks, 2017, arXiv:1608.06993"),
    ("efficientnet", "EfficientNet", "efficientnet_b.",
     "Tan and Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, 2019, arXiv:1905.11946"),
    ("efficientnet_v2", "EfficientNetV2", "efficientnet_v2_.",
     "Tan and Le, EfficientNetV2: Smaller Models and Faster Training, 2021, arXiv:2104.00298"),
    ("googlenet", "GoogLeNet", "googlenet", "Szegedy et al., Going Deeper with Convolutions, 2014, arXiv:1409.4842"),
    ("inception_v3", "Inception V3", "inception_v3",
     "Szegedy et al., Rethinking the Inception Architecture for Computer Vision, 2015, arXiv:1512.00567"),
    ("maxvit", "MaxVit", "maxvit_t", "Tu et al., MaxViT: Multi-Axis Vision Transformer, 2022, arXiv:2204.01697"),
    ("mnasnet", "MNASNet", "mnasnet.*",
     "Tan et al., MnasNet: Platform-Aware Neural Architecture Search for Mobile, 2019, arXiv:1807.11626"),
    ("mobilenet_v2", "MobileNet V2", "mobilenet_v2",
     "Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, 2018, arXiv:1801.04381"),
    ("mobilenet_v3", "MobileNet V3", "mobilenet_v3_.*", "Howard et al., Searching for MobileNetV3, 2019, arXiv:1905.02244"),
    ("regnet", "RegNet", "regnet_.*", "Radosavovic et al., Designing Network Design Spaces, 2020, arXiv:2003.13678"),
    ("resnet", "ResNet", "resnet.*", "He et al., Deep Residual Learning for Image Recognition, 2015, arXiv:1512.03385"),
    ("resnext", "ResNeXt", "resnext.*",
     "Xie et al., Aggregated Residual Transformations for Deep Neural Networks, 2017, arXiv:1611.05431"),
    ("shufflenet_v2", "ShuffleNet V2", "shufflenet_v2_.*",
     "Ma et al., ShuffleNet V2: Practical Guidelines for Efficient CNN Architecture Design, 2018, arXiv:1807.11164"),
    ("squeezenet", "SqueezeNet", "squeezenet.*",
     "Iandola et al., SqueezeNet: AlexNet-level accuracy with 50x fewer parameters and <0.5MB model size, 2016, arXiv:1602.07360"),
    ("swin", "Swin Transformer", "swin_.*",
     "Liu et al., Swin Transformer: Hierarchical Vision Transformer using Shifted Windows, 2021, arXiv:2103.14030; V2: arXiv:2111.09883"),
    ("vgg", "VGG", "vgg.*",
     "Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, 2014, arXiv:1409.1556"),
    ("vit", "Vision Transformer", "vit_.*",
     "Dosovitskiy et al., An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale, 2020, arXiv:2010.11929"),
    ("wide_resnet", "Wide ResNet", "wide_resnet.*", "Zagoruyko and Komodakis, Wide Residual Networks, 2016, arXiv:1605.07146"),
]

# Licences by their SPDX identifiers. torchvision's own weights are under its repository's licence, those of others where its metadata says.
own_licence = ("BSD-3-Clause", "https://github.com/pytorch/vision/blob/main/LICENSE")
other_licences = {"https://github.com/facebookresearch/SWAG/blob/main/LICENSE": "CC-BY-NC-4.0"}
data_terms = "trained on ImageNet-1k, whose terms may bind"


def entry(weights):
    """What a manifest says of one weights entry."""
    meta, preset = weights.meta, weights.transforms()
    metrics = {
        data: {name: value for name, value in values.items() if not math.isnan(value)}
        for data, values in meta["_metrics"].items()
    }
    facts = {
        "url": weights.url,
        "num_params": meta["num_params"],
        "gops": meta["_ops"],
        "file_size_mb": meta["_file_size"],
        "metrics": {data: values for data, values in metrics.items() if values},
        "min_size": list(meta["min_size"]),
    }
    if meta["categories"]:
        facts["labels"] = "imagenet-1k"
    facts["transforms"] = {
        "channels": len(preset.mean),
        "resize_size": preset.resize_size,
        "crop_size": preset.crop_size,
        "interpolation": preset.interpolation.value,
        "mean": list(preset.mean),
        "std": list(preset.std),
    }
    # A licence that is not known here stops the script.
    facts["license"], facts["license_url"] = (other_licences[meta["license"]], meta["license"]) if "license" in meta else own_licence
    facts["license_note"] = data_terms
    facts["recipe"] = meta["recipe"]
    return facts


def manifest(family, pattern, paper):
    ids = [name for name in models.list_models(module=models) if re.fullmatch(pattern, name)]
    entries = {}
    for name in ids:
        kinds = models.get_model_weights(name)
        entries[name] = {"default": kinds.DEFAULT.name, "weights": {weights.name: entry(weights) for weights in kinds}}
    return {"family": family, "paper": paper, "models": entries}


def text(document):
    """JSON with lists of numbers on one line."""
    lines = json.dumps(document, indent=2)
    return re.sub(r"\[\s+([^][{}]*?)\s+\]", lambda found: "[" + re.sub(r"\s+", " ", found[1]) + "]", lines) + "\n"


def compare(document, spec):
    """Every fact that a specification of the same kind has, and no entry more or less."""
    expected = {(model, name): facts for model, known in spec["models"].items() for name, facts in known["weights"].items()}
    actual = {(model, name): facts for model, known in document.items() for name, facts in known["weights"].items()}
    assert expected.keys() == actual.keys(), expected.keys() ^ actual.keys()
    for key, facts in expected.items():
        ours = actual[key]
        assert document[key[0]]["default"] == spec["models"][key[0]]["default"], key
        for name in ("url", "num_params", "gops", "file_size_mb", "min_size"):
            assert ours[name] == facts[name], (key, name)
        for name, value in ours["transforms"].items():
            assert name == "channels" or facts["transforms"][name] == value, (key, name)
        metrics = {d: {n: v for n, v in m.items() if not math.isnan(v)} for d, m in facts["metrics"].items()}
        assert ours["metrics"] == {d: m for d, m in metrics.items() if m}, key
        assert ("labels" in ours) == (facts["categories"] == 1000), key
    return len(actual)


documents = {file: manifest(family, pattern, paper) for file, family, pattern, paper in families}
known = {name: facts for document in documents.values() for name, facts in document["models"].items()}
assert sum(len(document["models"]) for document in documents.values()) == len(known), "an id belongs to one family"
assert sorted(known) == sorted(models.list_models(module=models)), "every id belongs to a family"

if "--check" in sys.argv:
    for file, document in documents.items():
        assert json.loads((folder / f"{file}.json").read_text()) == document, f"zoo/{file}.json differs from torchvision"
    spec = sys.argv[sys.argv.index("--check") + 1:]
    if spec:
        print(f"{compare(known, json.loads(pathlib.Path(spec[0]).read_text()))} entries equal {spec[0]}")
else:
    for file, document in documents.items():
        (folder / f"{file}.json").write_text(text(document))
print(f"torchvision {torchvision.__version__}: {len(documents)} families, {len(known)} networks, "
      f"{sum(len(facts['weights']) for facts in known.values())} weights")
