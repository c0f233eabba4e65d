#!/usr/bin/env python3
"""Compares the augmentation of one picture of 500x400 pixels: this project against torchvision with PIL, taking turns, one thread each.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_augmentation.py [--rounds 9] [--times 60] [--python "python3"]

Prints the medians of milliseconds of processor time and their ratio (ours / Python's, lower is better). --python is the command of a Python
that has torchvision.
"""
import argparse
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import turns

NAMES = [
    "RandomResizedCrop(224) and flip", "RandomResizedCrop(224, bicubic) and flip", "ColorJitter(0.4, 0.4, 0.4)", "ColorJitter(0.4, 0.4, 0.4, 0.1)",
    "RandAugment", "RandAugment, bilinear", "TrivialAugmentWide", "AutoAugment", "RandomAffine, bilinear", "RandomRotation, bicubic",
]


def worker(file, times):
    import torch
    from PIL import Image
    from torchvision import transforms as T
    from torchvision.transforms import InterpolationMode

    torch.set_num_threads(1)
    image = Image.open(file).convert("RGB")
    bilinear, bicubic = InterpolationMode.BILINEAR, InterpolationMode.BICUBIC
    transforms = [
        T.Compose([T.RandomResizedCrop(224), T.RandomHorizontalFlip()]),
        T.Compose([T.RandomResizedCrop(224, interpolation=bicubic), T.RandomHorizontalFlip()]),
        T.ColorJitter(0.4, 0.4, 0.4),
        T.ColorJitter(0.4, 0.4, 0.4, 0.1),
        T.RandAugment(),
        T.RandAugment(interpolation=bilinear),
        T.TrivialAugmentWide(),
        T.AutoAugment(),
        T.RandomAffine(20, (0.1, 0.1), (0.8, 1.2), interpolation=bilinear),
        T.RandomRotation(20, bicubic),
    ]

    def measure(transform):
        start = time.process_time()
        for _ in range(int(times)):
            transform(image)
        return (time.process_time() - start) * 1000 / int(times)

    print("ready", flush=True)
    turns.serve(lambda _: [measure(transform) for transform in transforms])


PICTURE = """
import sys
import numpy as np
from PIL import Image
random = np.random.RandomState(1)
smooth = Image.fromarray(random.randint(0, 256, (20, 25, 3)).astype(np.uint8)).resize((500, 400), Image.BICUBIC)
noisy = np.asarray(smooth).astype(int) + random.randint(-9, 10, (400, 500, 3))
Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)).save(sys.argv[1])
"""


def main():
    if sys.argv[1:2] == ["--worker"]:
        worker(*sys.argv[2:])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--python", default=sys.executable)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        file = os.path.join(folder, "picture.png")
        subprocess.run([*shlex.split(options.python), "-c", PICTURE, file], check=True)
        sides = [turns.ours("augmentation", file, str(options.times)), turns.worker(options.python, __file__, file, str(options.times))]
        answers = turns.take(sides, options.rounds, warm_up=2)
        for side in sides:
            side.close()
    for i, name in enumerate(NAMES):
        ours, theirs = (statistics.median(answer[i] for answer in side) for side in answers)
        print(f"{name}: ours {ours:.3f} ms, Python {theirs:.3f} ms, ratio {ours / theirs:.2f}")


main()
