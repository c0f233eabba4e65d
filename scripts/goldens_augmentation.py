"""Writes the goldens of the augmentation tests from torchvision and PIL.

    python3 scripts/goldens_augmentation.py      needs torchvision 0.21, PIL 11 and numpy

tests/Luma.Zoo.Tests/Goldens/augmentation.zip holds
  pictures   a few small pictures, red, green and blue a pixel; a large one is made by a formula that the tests have too
  cases      what torchvision makes of them given an operation's parameters: the pixels, or where they are many their hash
  draws      the parameters that torchvision's own code draws when its random numbers are those of SampleRandom
  tables     AutoAugment's policy and the magnitudes of all automatic augmentations
"""
import hashlib
import json
import math
import pathlib
import zipfile

import numpy as np
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode, autoaugment, transforms
from torchvision.transforms import functional as F
from torchvision.transforms.v2 import _augment

target = pathlib.Path(__file__).resolve().parent.parent / "tests" / "Luma.Zoo.Tests" / "Goldens" / "augmentation.zip"
modes = {"nearest": InterpolationMode.NEAREST, "bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}
MASK = (1 << 64) - 1


def photograph(width, height):
    """Smooth colours, hard edges and noise."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    random = np.random.RandomState(width * height)
    planes = []
    for c in range(3):
        plane = 120 + 70 * np.sin(x / (5 + 2 * c)) * np.cos(y / (7 - c)) + random.randint(-20, 21, (height, width))
        plane[(x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2] = 240 - 60 * c
        planes.append(plane)
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def gradient(width, height):
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    return np.stack([x * 255 / max(width - 1, 1), y * 255 / max(height - 1, 1), (x + y) * 255 / max(width + height - 2, 1)], -1).astype(np.uint8)


def scramble(width, height):
    """The same as the tests make: the upper bytes of products, some flat, some not."""
    i = np.arange(width * height, dtype=np.uint64)
    x, y = i % np.uint64(width), i // np.uint64(width)
    red = (x * np.uint64(255) // np.uint64(width) + ((i * np.uint64(2654435761)) >> np.uint64(20)) % np.uint64(32)) % np.uint64(256)
    green = (y * np.uint64(255) // np.uint64(height) + ((i * np.uint64(2246822519)) >> np.uint64(22)) % np.uint64(16)) % np.uint64(256)
    blue = ((x // np.uint64(16) + y // np.uint64(16)) * np.uint64(23)) % np.uint64(256)
    return np.stack([red, green, blue], -1).astype(np.uint8).reshape(height, width, 3)


def colours():
    """All of them."""
    i = np.arange(1 << 24, dtype=np.uint32)
    return np.stack([i & 255, (i >> 8) & 255, i >> 16], -1).astype(np.uint8).reshape(4096, 4096, 3)


# Those whose pixels are kept; of the others the hashes.
small = {
    "photo": photograph(37, 23),
    "one": np.array([[[200, 30, 90]]], np.uint8),
    "grey": np.repeat(np.arange(60, 120, 5, dtype=np.uint8).reshape(3, 4, 1), 3, 2),
    "thin": photograph(31, 1),
}
hashed = {"gradient": gradient(64, 48), "tall": photograph(11, 97), "large": scramble(500, 400)}


def operations():
    """Name, parameters and function of every case."""
    yield "flip_horizontal", {}, F.hflip
    yield "flip_vertical", {}, F.vflip
    for box in [(0, 0, 1, 1), (2, 3, 9, 14), (-3, -5, 30, 50), (5, -9, 8, 8), (60, 70, 4, 4)]:
        top, left, height, width = box
        yield "crop", {"box": box, "fill": [7, 80, 200]}, lambda i, t=top, l=left, h=height, w=width: window(i, t, l, h, w)
    for mode in modes:
        for size in [(16, 16), (9, 40), (60, 7)]:
            yield "resize", {"size": size, "interpolation": mode}, lambda i, s=size, m=mode: F.resize(i, list(s), modes[m])
        for part in [(0.0, 0.0, 1.0, 1.0), (0.3, 0.2, 0.5, 0.6), (0.6, 0.7, 0.4, 0.1)]:
            yield (
                "resized_crop",
                {"part": part, "size": (14, 17), "interpolation": mode},
                lambda i, p=part, m=mode: F.resized_crop(i, *box_of(i, p), [14, 17], modes[m]),
            )
    for size in [10, 20]:
        yield "resize_shorter", {"size": size, "interpolation": "bilinear"}, lambda i, s=size: F.resize(i, s)
    for size in [(8, 8), (7, 30), (50, 60)]:
        yield "center_crop", {"size": size}, lambda i, s=size: F.center_crop(i, list(s))

    for factor in [0.0, 0.3, 0.875, 1.0, 1.1, 1.4375, 2.7, 100.0]:
        yield "brightness", {"factor": factor}, lambda i, f=factor: F.adjust_brightness(i, f)
        yield "contrast", {"factor": factor}, lambda i, f=factor: F.adjust_contrast(i, f)
        yield "saturation", {"factor": factor}, lambda i, f=factor: F.adjust_saturation(i, f)
        yield "sharpness", {"factor": factor}, lambda i, f=factor: F.adjust_sharpness(i, f)
    for factor in [-0.5, -0.21, -0.004, -0.003, 0.0, 0.003, 0.1, 0.37, 0.5]:
        yield "hue", {"factor": factor}, lambda i, f=factor: F.adjust_hue(i, f)
    for bits in range(9):
        yield "posterize", {"bits": bits}, lambda i, b=bits: F.posterize(i, b)
    for threshold in [0.0, 100.5, 128.0, 255.0, 256.0]:
        yield "solarize", {"threshold": threshold}, lambda i, t=threshold: F.solarize(i, t)
    yield "autocontrast", {}, F.autocontrast
    yield "equalize", {}, F.equalize
    yield "invert", {}, F.invert
    yield "grayscale", {}, lambda i: F.rgb_to_grayscale(i, 3)

    for mode in modes:
        for angle in [0.0, 13.7, 45.0, 90.0, 180.0, 270.0, -60.25, 360.0, 719.5]:
            for expand in [False, True]:
                if mode == "bicubic" and expand and angle not in (13.7, 90.0):
                    continue
                yield (
                    "rotate",
                    {"angle": angle, "expand": expand, "interpolation": mode, "fill": [10, 20, 30]},
                    lambda i, a=angle, e=expand, m=mode: F.rotate(i, a, modes[m], e, fill=[10, 20, 30]),
                )
        for angle, translate, scale, shear in [
            (0.0, (0, 0), 1.0, (0.0, 0.0)),
            (0.0, (3, -2), 1.0, (0.0, 0.0)),
            (0.0, (0, 0), 1.7, (0.0, 0.0)),
            (0.0, (1, 1), 0.4, (0.0, 0.0)),
            (21.5, (-4, 5), 1.3, (12.0, 0.0)),
            (-170.0, (0, 2), 0.8, (-30.0, 17.5)),
            (90.0, (0, 0), 1.0, (0.0, 0.0)),
            (5.0, (0, 0), 0.0001, (0.0, 0.0)),
        ]:
            yield (
                "affine",
                {"angle": angle, "translate": translate, "scale": scale, "shear": shear, "interpolation": mode, "fill": [0, 128, 255]},
                lambda i, a=angle, t=translate, c=scale, h=shear, m=mode: F.affine(i, a, list(t), c, list(h), modes[m], [0, 128, 255]),
            )
        for name, magnitude in [("ShearX", 0.3), ("ShearX", -0.99), ("ShearY", 0.21), ("TranslateX", -12.9), ("TranslateY", 5.5), ("Rotate", 27.0)]:
            yield (
                "automatic",
                {"name": name, "magnitude": magnitude, "interpolation": mode, "fill": [0, 0, 0]},
                lambda i, n=name, g=magnitude, m=mode: autoaugment._apply_op(i, n, g, modes[m], None),
            )
    for name, magnitude in [
        ("Identity", 0.0), ("Brightness", 0.54), ("Brightness", -0.9), ("Color", 0.27), ("Contrast", -0.99), ("Sharpness", 0.9),
        ("Posterize", 6.0), ("Posterize", 2.0), ("Solarize", 178.5), ("AutoContrast", 0.0), ("Equalize", 0.0), ("Invert", 0.0),
    ]:
        yield (
            "automatic",
            {"name": name, "magnitude": magnitude, "interpolation": "nearest", "fill": [0, 0, 0]},
            lambda i, n=name, g=magnitude: autoaugment._apply_op(i, n, g, InterpolationMode.NEAREST, None),
        )


def window(image, top, left, height, width):
    """A crop that reaches beyond the image, as RandomCrop makes it: with a border first."""
    border = 100
    return F.crop(F.pad(image, [border] * 4, fill=(7, 80, 200)), top + border, left + border, height, width)


def box_of(image, part):
    top, left = int(part[0] * image.height), int(part[1] * image.width)
    return top, left, min(max(int(part[2] * image.height), 1), image.height - top), min(max(int(part[3] * image.width), 1), image.width - left)


class SampleRandom:
    """The randomness of the C# side, and what torch offers of it."""

    def __init__(self, seed, epoch, sample, purpose=0):
        state = 0
        for value in (seed, epoch, sample, purpose):
            state = self.mix(state ^ value)
        self.state = state

    @staticmethod
    def mix(z):
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def bits(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        return self.mix(self.state)

    def double(self):
        return (self.bits() >> 11) / (1 << 53)

    def below(self, count):
        return (self.bits() * count) >> 64

    def order(self, count):
        order = list(range(count))
        for last in range(count - 1, 0, -1):
            chosen = self.below(last + 1)
            order[last], order[chosen] = order[chosen], order[last]
        return order


class Number(float):
    def item(self):
        return float(self)


class Whole(int):
    def item(self):
        return int(self)


class Torch:
    """Stands in for the module torch inside torchvision, with SampleRandom's numbers instead of its own."""

    long = torch.long
    float32 = torch.float32

    def __init__(self, random):
        self.random = random

    def __getattr__(self, name):
        return getattr(torch, name)

    def empty(self, shape, **_):
        random = self.random

        class Empty:
            def uniform_(self, least, greatest):
                return Number(least + (greatest - least) * random.double())

            def normal_(self):
                return "normal"

        return Empty()

    def rand(self, shape):
        values = [self.random.double() for _ in range(shape if isinstance(shape, int) else shape[0])]
        return values[0] if shape == 1 else values

    def randint(self, *limits, size=None, dtype=None):
        if size is None and isinstance(limits[-1], tuple):
            *limits, size = limits
        least, end = limits if len(limits) == 2 else (0, limits[0])
        values = [Whole(least + self.random.below(end - least)) for _ in range(size[0])]
        return values[0] if size == (1,) else values

    def randperm(self, count):
        return self.random.order(count)

    def tensor(self, values):
        return torch.tensor(values) if not isinstance(values, tuple) else values

    def log(self, values):
        return [math.log(value) for value in values]

    def exp(self, value):
        return Number(math.exp(value))

    def clamp(self, value, min=None, max=None):
        value = value if min is None or value >= min else min
        return value if max is None or value <= max else max


def draws():
    """What torchvision's own code decides with our random numbers."""
    def with_numbers(module, sample, function):
        module.torch, original = Torch(SampleRandom(3, 1, sample)), module.torch
        try:
            return function()
        finally:
            module.torch = original

    picture = lambda width, height: Image.new("RGB", (width, height))
    for sample, (width, height, scale, ratio) in enumerate(
        [(500, 400, (0.08, 1.0), (0.75, 4 / 3))] * 12 + [(37, 23, (0.5, 0.9), (0.75, 4 / 3))] * 6 + [(1, 1, (0.08, 1.0), (0.75, 4 / 3))] * 2
        + [(900, 3, (0.9, 1.0), (0.75, 4 / 3)), (3, 900, (0.9, 1.0), (0.75, 4 / 3)), (100, 90, (2.0, 3.0), (0.75, 4 / 3)), (40, 41, (0.01, 0.02), (0.1, 10.0))]
    ):
        top, left, h, w = with_numbers(transforms, sample, lambda: transforms.RandomResizedCrop.get_params(picture(width, height), scale, ratio))
        yield {"kind": "random_resized_crop", "sample": sample, "width": width, "height": height, "scale": scale, "ratio": ratio, "result": [left, top, w, h]}

    for sample in range(8):
        width, height, padding = (32, 32, 4) if sample % 2 == 0 else (61, 40, 0)
        top, left, _, _ = with_numbers(
            transforms, sample, lambda: transforms.RandomCrop.get_params(picture(width + 2 * padding, height + 2 * padding), (32, 32))
        )
        yield {"kind": "random_crop", "sample": sample, "width": width, "height": height, "padding": padding, "result": [left - padding, top - padding]}

    for sample in range(12):
        jitter = transforms.ColorJitter(0.4, (0.5, 0.7), 0.2 if sample % 3 else 0, 0.1)
        order, *factors = with_numbers(
            transforms, sample, lambda: jitter.get_params(jitter.brightness, jitter.contrast, jitter.saturation, jitter.hue)
        )
        yield {"kind": "color_jitter", "sample": sample, "saturation": 0.2 if sample % 3 else 0, "order": order, "result": factors}

    for sample in range(12):
        translate, scale, shear = [(None, None, None), ((0.1, 0.3), None, None), (None, (0.5, 1.5), (-10.0, 10.0)), ((0.2, 0.2), (0.9, 1.1), (-5.0, 5.0, -20.0, 8.0))][sample % 4]
        angle, shift, size, lean = with_numbers(
            transforms, sample, lambda: transforms.RandomAffine.get_params([-30.0, 20.0], translate, scale, shear, [50, 40])
        )
        yield {"kind": "random_affine", "sample": sample, "translate": translate, "scale": scale, "shear": shear, "result": [angle, *shift, size, *lean]}

    def applied(transform, sample):
        done = []
        original, autoaugment._apply_op = autoaugment._apply_op, lambda image, name, magnitude, **_: done.append([name, magnitude]) or image
        try:
            with_numbers(autoaugment, sample, lambda: transform(picture(331, 200)))
        finally:
            autoaugment._apply_op = original
        return done

    for sample in range(40):
        yield {"kind": "rand_augment", "sample": sample, "result": applied(autoaugment.RandAugment(3, 7, 20), sample)}
        yield {"kind": "trivial_augment_wide", "sample": sample, "result": applied(autoaugment.TrivialAugmentWide(), sample)}
        policy = list(autoaugment.AutoAugmentPolicy)[sample % 3]
        yield {"kind": "auto_augment", "sample": sample, "policy": policy.value, "result": applied(autoaugment.AutoAugment(policy), sample)}

    for sample in range(20):
        scale, ratio = ((0.02, 0.33), (0.3, 3.3)) if sample % 2 == 0 else ((0.5, 1.0), (0.1, 9.0))
        top, left, h, w, _ = with_numbers(
            transforms, sample, lambda: transforms.RandomErasing.get_params(torch.zeros(3, 40, 30), scale, ratio, [0.0])
        )
        yield {"kind": "random_erasing", "sample": sample, "scale": scale, "ratio": ratio, "result": None if (h, w) == (40, 30) else [left, top, w, h]}

    for sample in range(12):
        cut = _augment.CutMix(alpha=1.0, num_classes=5)
        share = sample / 11
        cut._dist = type("Fixed", (), {"sample": lambda self, _: share})()
        result = with_numbers(_augment, sample, lambda: cut.make_params([torch.zeros(4, 3, 20, 30)]))
        yield {"kind": "cut_mix", "sample": sample, "share": share, "box": result["box"], "result": result["lam_adjusted"]}


def mixed():
    """MixUp and CutMix of a small batch, given what they draw."""
    inputs = torch.from_numpy(np.random.RandomState(5).standard_normal((4, 2, 5, 6)).astype(np.float32))
    targets = torch.eye(4)[:, :3].contiguous()
    yield {"kind": "batch", "inputs": floats(inputs), "targets": floats(targets)}
    for share in (0.0, 0.3, 0.9, 1.0):
        mix = _augment.MixUp(num_classes=3)
        params = {"labels": targets, "batch_size": 4, "lam": share}
        yield {"kind": "mix_up", "share": share, "inputs": floats(mix.transform(inputs, params)), "targets": floats(mix.transform(targets, params))}
    for box in ((0, 0, 6, 5), (1, 2, 4, 4), (3, 3, 3, 3), (5, 0, 6, 5)):
        cut = _augment.CutMix(num_classes=3)
        share = 1 - (box[2] - box[0]) * (box[3] - box[1]) / 30
        params = {"labels": targets, "batch_size": 4, "box": box, "lam_adjusted": share}
        yield {"kind": "cut_mix", "box": box, "share": share, "inputs": floats(cut.transform(inputs, params)), "targets": floats(cut.transform(targets, params))}


def floats(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def tables():
    size = (200, 331)
    spaces = {
        "rand_augment": autoaugment.RandAugment()._augmentation_space(31, size),
        "trivial_augment_wide": autoaugment.TrivialAugmentWide()._augmentation_space(31),
        "auto_augment": autoaugment.AutoAugment()._augmentation_space(10, size),
        "rand_augment_4": autoaugment.RandAugment()._augmentation_space(4, size),
    }
    return {
        "policies": {policy.value: autoaugment.AutoAugment(policy).policies for policy in autoaugment.AutoAugmentPolicy},
        "spaces": {
            name: [[operation, signed, [float(m) for m in magnitudes.flatten()] if magnitudes.ndim else None] for operation, (magnitudes, signed) in space.items()]
            for name, space in spaces.items()
        },
    }


def main():
    cases, blob = [], bytearray()
    for name, pixels in {**small, **hashed}.items():
        image = Image.fromarray(pixels)
        for operation, parameters, function in operations():
            if name == "large" and operation in ("crop", "resize", "center_crop", "resize_shorter"):
                continue
            case = {"picture": name, "operation": operation, **parameters}
            try:
                result = np.asarray(function(image))
            except (ValueError, ZeroDivisionError, MemoryError) as error:
                print(f"left out: {case}: {error}")
                continue
            case["width"], case["height"] = result.shape[1], result.shape[0]
            if name in small:
                case["at"] = len(blob)
                blob += result.tobytes()
            else:
                case["sha256"] = hashlib.sha256(result.tobytes()).hexdigest()
            cases.append(case)

    every = Image.fromarray(colours())
    for factor in (0.1,):
        result = np.asarray(F.adjust_hue(every, factor))
        cases.append({"picture": "colours", "operation": "hue", "factor": factor, "width": 4096, "height": 4096, "sha256": hashlib.sha256(result.tobytes()).hexdigest()})

    content = {
        "pictures": [{"name": name, "width": p.shape[1], "height": p.shape[0], "pixels": p.tobytes().hex()} for name, p in {**small, **hashed}.items() if name != "large"],
        "cases": cases,
        "draws": list(draws()),
        "mixed": list(mixed()),
        "tables": tables(),
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for name, data in [("augmentation.json", json.dumps(content).encode()), ("pixels.bin", bytes(blob))]:
            entry = zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, data, compresslevel=9)
    print(f"{len(cases)} cases, {len(content['draws'])} draws, {target.stat().st_size} bytes")


main()
