#!/usr/bin/env python3
"""Writes the weight files that the tests read, and what Python finds in them.

    python3 scripts/goldens_weights.py tests/Luma.Zoo.Tests/Goldens/Weights/torch-2.6.zip

The files go into one archive, which tells apart the versions of PyTorch that this is run with, and what they hold beside them as
expected.json. Every tensor in it is its name, type, shape and bytes (of the contiguous tensor, little-endian, in hexadecimal). A file
that must be refused has a piece of the expected message instead. `key` and `inert` are options that the file is to be read with.
"""
import argparse
import collections
import json
import os
import shutil
import sys
import tempfile
import zipfile

import torch

archive = sys.argv[1]
folder = tempfile.mkdtemp()
expected = {}
torch.manual_seed(1)


def hexadecimal(tensor):
    tensor = tensor.detach().contiguous()
    return bytes(tensor.reshape(-1).view(torch.uint8).tolist()).hex() if tensor.numel() else ""


def describe(tensors):
    return [
        {"name": key, "dtype": str(value.dtype).removeprefix("torch."), "shape": list(value.shape), "bytes": hexadecimal(value)}
        for key, value in tensors.items()
    ]


def path(case):
    return os.path.join(folder, case)


def save(case, value, tensors=None, refusal=None, key=None, inert=False, **options):
    """Saves in the zip and in the legacy format; `tensors` are the state dict that is to be found, by default all of it."""
    for kind, zipped in (("zip", True), ("legacy", False)):
        torch.save(value, path(f"{case}-{kind}"), _use_new_zipfile_serialization=zipped, **options)
        expected[f"{case}-{kind}"] = {"refusal": refusal} if refusal else {"tensors": describe(value if tensors is None else tensors)}
        expected[f"{case}-{kind}"] |= ({"key": key} if key else {}) | ({"inert": True} if inert else {})


network = torch.nn.Sequential(
    collections.OrderedDict(conv=torch.nn.Conv2d(2, 3, 3, bias=False), norm=torch.nn.BatchNorm2d(3), fc=torch.nn.Linear(3, 2)))
network.norm.running_mean.uniform_()
state = network.state_dict()
small = collections.OrderedDict(weight=torch.randn(2, 3), bias=torch.randn(2))

save("network", state)
for protocol in (2, 3, 4, 5):
    save(f"protocol{protocol}", small, pickle_protocol=protocol)

save("types", {
    str(dtype).removeprefix("torch."): (torch.randn(3, 2) * 50).to(dtype)
    for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
                  torch.uint8, torch.bool, torch.complex64, torch.complex128)
} | {"nan": torch.tensor([float("nan"), float("inf"), -0.0])})
save("shapes", {
    "scalar": torch.tensor(2.5), "integer": torch.tensor(7), "empty": torch.empty(0), "hollow": torch.empty(3, 0, 2), "one": torch.ones(1, 1, 1)})

base = torch.arange(60.0).reshape(3, 4, 5)
save("views", {
    "base": base, "same": base, "row": base[1], "column": base[:, 2], "step": base[:, ::2, 1::2], "transposed": base.permute(2, 0, 1),
    "flat": base.view(-1), "expanded": base[:, :1].expand(3, 7, 5), "scalar": base[1, 2, 3], "hollow": base[1:1],
    "spread": torch.tensor([3.0]).expand(4, 4), "last": torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)})

parameter = torch.nn.Parameter(torch.randn(2, 2))
save("parameters", {"a": parameter, "again": parameter, "frozen": torch.nn.Parameter(torch.randn(2), requires_grad=False)})
marked = torch.nn.Parameter(torch.randn(2, 2))
marked.note = "kept with the parameter"
noted = torch.randn(2)
noted.note = [1, 2]
if torch.__version__ >= "2":
    save("attributes", {"parameter": marked, "tensor": noted})

for key in ("state_dict", "model", "model_state_dict", "net"):
    save(f"nested-{key}", {"epoch": 3, key: small, "best": 0.5, "name": "resnet", "seen": {1, 2}, "big": 1 << 70, "blob": b"\x00\xff"}, small)
save("parallel", collections.OrderedDict(("module." + key, value) for key, value in small.items()), small)
save("parallel-some", {"module.weight": small["weight"], "bias": small["bias"]})

optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9)
for weight in network.parameters():
    weight.grad = torch.ones_like(weight)
optimizer.step()
scheduler = torch.optim.lr_scheduler.MultiStepLR(optimizer, [3, 5])
save("checkpoint", {
    "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "size": torch.Size([1, 2]), "state_dict": network.state_dict(),
    "device": torch.device("cpu")}, network.state_dict())

original = torch.serialization.location_tag
torch.serialization.location_tag = lambda storage: "cuda:0"
save("cuda", small)
torch.serialization.location_tag = original

save("numbers", {"epoch": 1, "loss": 2.0}, refusal="no tensors by name")
save("list", [torch.ones(2)], refusal="a list")
save("tensor", torch.ones(2), refusal="a bare tensor")
save("none", None, refusal="nothing")
save("nothing", {}, {})
save("module", torch.nn.Linear(2, 2), refusal="torch.nn.modules.linear.Linear")
save("namespace", {"args": argparse.Namespace(lr=1), "model": small}, small)
save("quantized", {"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, refusal="quantised")
save("sparse", {"a": torch.eye(2).to_sparse()}, refusal="sparse")
save("meta", {"a": torch.empty(2, device="meta")}, refusal="meta device")
if torch.__version__ >= "2":
    save("conjugate", {"a": torch.ones(2, dtype=torch.complex64).conj()}, refusal="conjugate")
    save("uint16", {"a": torch.ones(2, dtype=torch.uint16)}, refusal="torch.uint16")
    save("float8", {"a": torch.ones(2).to(torch.float8_e4m3fn)}, refusal="float8")

# What people leave beside their weights, and where they keep them.
if torch.__version__ >= "2":
    import datetime
    import pathlib
    import types

    import numpy

    save("protocol1", small, pickle_protocol=1)
    other = collections.OrderedDict((key, value + 1) for key, value in small.items())
    extras = {
        "namespace": argparse.Namespace(lr=0.1, path=pathlib.PurePosixPath("/a/b")), "simple": types.SimpleNamespace(a=1),
        "default": collections.defaultdict(list, a=[1]), "deque": collections.deque([1]), "range": range(3), "slice": slice(1, 2),
        "date": datetime.datetime(2026, 1, 1), "delta": datetime.timedelta(1), "complex": 1j, "type": int, "dtype": torch.float32,
        "scalar": numpy.float64(0.5), "flag": numpy.bool_(True), "array": numpy.arange(3.0), "random": numpy.random.get_state(),
        "generator": numpy.random.default_rng(0), "python": (3, (1, 2, None)), "rng": torch.get_rng_state(), "ellipsis": ...,
        "counter": collections.Counter("ab"), "device": torch.device("cpu"), "version": torch.__version__}
    for protocol in (1, 2, 4):
        save(f"extras{protocol}", extras | {"model": small}, small, pickle_protocol=protocol)
    unread = {
        "uint16": torch.ones(2, dtype=torch.uint16), "uint64": torch.ones(2, dtype=torch.uint64), "float8": torch.ones(2).to(torch.float8_e5m2),
        "quantized": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.quint8), "sparse": torch.eye(2).to_sparse(),
        "meta": torch.empty(2, device="meta"), "conjugate": torch.ones(2, dtype=torch.complex64).conj()}
    save("unread-beside", {"state_dict": small, "buffers": unread}, small)
    save("unread-within", small | unread, small)

    class Subclass(collections.OrderedDict):
        pass

    class Own:
        def __init__(self):
            self.weight = small["weight"]

        def method(self):
            pass

    save("unknown", {"model": small, "own": Own(), "bound": Own().method}, refusal="__main__.Own")
    save("unknown-inert", {"model": small, "own": Own(), "bound": Own().method, "hook": getattr}, small, inert=True)
    save("unknown-weights", Subclass(small), refusal="__main__.Subclass", inert=True)
    save("unknown-beside-weights", {"model": Subclass(small), "state_dict": other}, other, inert=True)

    def under(prefix, weights):
        return collections.OrderedDict((prefix + key, value) for key, value in weights.items())

    linear = torch.nn.Linear(2, 2)
    save("compiled", torch.compile(linear).state_dict(), linear.state_dict())
    averaged = torch.optim.swa_utils.AveragedModel(network)
    save("ema-torchvision", {"model": small, "model_ema": averaged.state_dict(), "epoch": 3}, network.state_dict())
    save("ema-timm", {"state_dict": small, "state_dict_ema": other}, other)
    save("ema-timm-plain", {"state_dict": small, "state_dict_ema": other}, small, key="state_dict")
    save("ema-swa", {"model": small, "swa_model": other}, other)
    save("ema-of-counters", {"model": small, "ema": {"updates": torch.tensor(3)}}, small)
    save("orig-mod", under("_orig_mod.", small), small)
    save("orig-mod-inner", under("backbone._orig_mod.", small), under("backbone.", small))
    save("module-module", under("module.module.", small), small)
    save("mixed-wrappers", under("module._orig_mod.", small), small)
    for key in ("weights", "network", "encoder", "generator", "some.dotted.key"):
        save(f"under-{key}", {key: small, "epoch": 1, "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}}}, small)
    save("nested-deep", {"a": {"b": {"c": small}}}, small)
    save("several", {"generator": small, "discriminator": other}, refusal="several sets of weights, generator, discriminator")
    save("several-key", {"generator": small, "discriminator": other}, other, key="discriminator")
    dino = {"student": under("module.backbone.", small), "teacher": under("backbone.", other) | under("head.", small)}
    save("dino-teacher", dino, other, key="teacher.backbone")
    save("dino-student", dino, small, key="student.module.backbone")
    save("no-such-key", {"model": small}, refusal="no weights under 'nowhere'", key="nowhere")

torch.jit.script(torch.nn.ReLU()).save(path("script"))
expected["script"] = {"refusal": "TorchScript"}

# A big-endian machine's file, as far as a little-endian one can write it: the elements turned round, and the record that says so.
turned = {key: value.clone() for key, value in {"f": torch.randn(3), "i": torch.tensor([1, 2 << 40]), "c": torch.randn(2, dtype=torch.complex64)}.items()}
if torch.__version__ >= "2":
    plain = {key: value.clone() for key, value in turned.items()}
    for value in turned.values():
        value.untyped_storage().byteswap(value.dtype)
    sys.byteorder = "big"
    torch.save(turned, path("big-endian"))
    sys.byteorder = "little"
    expected["big-endian"] = {"tensors": describe(plain)}

try:
    from safetensors.torch import save_file
except ImportError:
    save_file = None
if save_file:
    def save_safe(case, tensors):
        save_file(tensors, path(case), metadata={"format": "pt", "note": "ä \" \\"})
        expected[case] = {"tensors": describe(tensors), "unordered": True}

    save_safe("safetensors-network", dict(network.state_dict()))
    save_safe("safetensors-types", {
        str(dtype).removeprefix("torch."): (torch.randn(3, 2) * 50).to(dtype)
        for dtype in (torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
                      torch.uint8, torch.bool)})
    save_safe("safetensors-shapes", {"scalar": torch.tensor(2.5), "empty": torch.empty(0), "hollow": torch.empty(3, 0, 2), "ä\n": torch.ones(1)})
    save_safe("safetensors-parallel", {"module." + key: value for key, value in small.items()})
    expected["safetensors-parallel"]["tensors"] = describe(small)

if save_file:
    import struct

    def save_header(case, header, tensors):
        """The bytes of safetensors with a header of one's own, which the reference must read."""
        from safetensors.torch import load
        data = b"".join(bytes.fromhex(hexadecimal(tensor)) for tensor in tensors.values())
        whole = struct.pack("<Q", len(header)) + header + data
        open(path(case), "wb").write(whole)
        loaded = load(whole)
        expected[case] = {"tensors": describe({key: loaded[key] for key in tensors}), "unordered": True}

    one = {"a": torch.randn(2, 3)}
    entry = '"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]%s}'
    save_header("safetensors-leading-space", (" \n\t{" + entry % "" + "}").encode(), one)
    save_header("safetensors-null-metadata", ('{"__metadata__":null,' + entry % "" + "}").encode(), one)
    save_header("safetensors-unknown-member", ("{" + entry % ',"note":{"a":[1,{"b":null}]}' + "}").encode(), one)

with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as output:
    for case in sorted(expected):
        # A fixed date: the same tensors give the same archive.
        output.writestr(zipfile.ZipInfo(case), open(path(case), "rb").read(), zipfile.ZIP_DEFLATED, 9)
    text = json.dumps({"torch": torch.__version__, "files": expected}, indent=1, ensure_ascii=False)
    output.writestr(zipfile.ZipInfo("expected.json"), text, zipfile.ZIP_DEFLATED, 9)
shutil.rmtree(folder)
