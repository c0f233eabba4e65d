#!/usr/bin/env python3
"""Makes a model folder of the ImageNet-trained network in Microsoft.ML.DnnImageFeaturizer.ResNet18 (MIT), to show transfer with.

    python3 scripts/featurizer_resnet.py PACKAGE_FOLDER MODEL_FOLDER

PACKAGE_FOLDER is where NuGet has unpacked the package. The network has basic blocks 2-2-2-3; the folder's is `resnet34`, 3-4-6-3, whose other
blocks add nothing: their last norms have scale 0. So it computes the same, and its head is empty. Needs numpy; nothing in the project needs
this script.
"""
import hashlib
import json
import pathlib
import struct
import sys

import numpy as np

DEPTHS, TARGET_DEPTHS = (2, 2, 2, 3), (3, 4, 6, 3)


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """The fields of a protobuf message: number and value, bytes where it has a length."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            size, at = {1: (8, at), 5: (4, at)}.get(key & 7) or varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def tensor(data):
    """Name and values of an ONNX tensor of 32-bit floats."""
    dims, name, raw, floats = [], "", b"", []
    for number, value in fields(data):
        if number == 1 and isinstance(value, int):
            dims.append(value)
        elif number == 1:
            at = 0
            while at < len(value):
                size, at = varint(value, at)
                dims.append(size)
        elif number == 4:
            floats.append(bytes(value))
        elif number == 8:
            name = value.decode()
        elif number == 9:
            raw = bytes(value)
    values = np.frombuffer(raw or b"".join(floats), "<f4")
    return name, values.reshape(dims) if values.size == np.prod(dims) else values


def graph(path):
    """The graph's nodes as (kind, inputs), and its tensors."""
    message = next(value for number, value in fields(path.read_bytes()) if number == 7)
    tensors = dict(tensor(value) for number, value in fields(message) if number == 5)
    nodes = []
    for number, value in fields(message):
        if number == 1:
            parts = list(fields(value))
            nodes.append((next(v.decode() for n, v in parts if n == 4), [v.decode() for n, v in parts if n == 1]))
    return nodes, tensors


def layers(path):
    """The convolutions with their norms, in the order of the graph."""
    nodes, tensors = graph(path)
    found = []
    for kind, inputs in nodes:
        if kind == "Conv":
            found.append([tensors[inputs[1]]])
        elif kind == "BatchNormalization":
            found[-1] += [tensors[name] for name in inputs[1:]]
    return found


def place(state, conv, norm, values):
    state[f"{conv}.weight"] = values[0]
    for name, value in zip(("weight", "bias", "running_mean", "running_var"), values[1:]):
        state[f"{norm}.{name}"] = value


def convert(package):
    queue = layers(next(package.rglob("ResNet18.onnx")))
    state = {}
    place(state, "conv1", "bn1", queue.pop(0))
    for stage, (depth, target) in enumerate(zip(DEPTHS, TARGET_DEPTHS)):
        channels = 64 << stage
        for unit in range(target):
            block = f"layer{stage + 1}.{unit}"
            if unit < depth:
                if stage > 0 and unit == 0:
                    place(state, f"{block}.downsample.0", f"{block}.downsample.1", queue.pop(0))
                place(state, f"{block}.conv1", f"{block}.bn1", queue.pop(0))
                place(state, f"{block}.conv2", f"{block}.bn2", queue.pop(0))
                continue
            random = np.random.default_rng(1000 * stage + unit)
            one, zero = np.ones(channels, "<f4"), np.zeros(channels, "<f4")
            for part, scale in ((1, one), (2, zero)):
                kernel = random.normal(0, np.sqrt(2 / (9 * channels)), (channels, channels, 3, 3)).astype("<f4")
                place(state, f"{block}.conv{part}", f"{block}.bn{part}", [kernel, scale, zero, zero, one])
    assert not queue
    state["fc.weight"], state["fc.bias"] = np.zeros((2, 512), "<f4"), np.zeros(2, "<f4")
    return state


def write(path, state):
    header, at = {}, 0
    for name, value in state.items():
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = struct.pack("<Q", len(text)) + text + b"".join(np.ascontiguousarray(value, "<f4").tobytes() for value in state.values())
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def main(package, folder):
    _, tensors = graph(next(package.rglob("ResNetPreprocess.onnx")))
    mean = next(iter(tensors.values())).mean(axis=(0, 2, 3))
    folder.mkdir(parents=True, exist_ok=True)
    digest = write(folder / "model.safetensors", convert(package))
    (folder / "model.json").write_text(json.dumps({
        "format_version": 1,
        "model": "resnet34",
        "task": "single-label",
        "classes": ["unused 0", "unused 1"],
        "preset": {
            "resize_size": [224, 224], "crop_size": [224, 224], "interpolation": "bilinear", "channels": 3, "channel_order": "bgr",
            "mean": [round(float(value) / 255, 6) for value in mean], "std": [1 / 255] * 3,
        },
        "provenance": {"weights": "Microsoft.ML.DnnImageFeaturizer.ResNet18", "license": "MIT"},
        "weights_sha256": digest,
    }, indent=2))
    print(f"{folder}: mean {mean}")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))
