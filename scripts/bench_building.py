#!/usr/bin/env python3
"""Compares building a network with the weights of a local file: this project against Python's fastest way, taking turns.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_building.py [ID...] [--rounds 21] [--python "python3"]

Python builds on the meta device, maps the file and assigns its tensors. --python is the command of a Python that has torchvision. Prints
the medians in milliseconds and their ratio (ours / Python's, lower is better). The file is in the page cache.
"""
import argparse
import os
import statistics
import sys
import tempfile
import time

import turns


def worker(name, path):
    import torch
    import torchvision

    torch.save(torchvision.models.get_model(name, weights=None).state_dict(), path)
    print("ready", torch.__version__, torchvision.__version__, flush=True)

    def build(_):
        start = time.perf_counter()
        with torch.device("meta"):
            model = torchvision.models.get_model(name, weights=None)
        model.load_state_dict(torch.load(path, mmap=True, weights_only=True), assign=True)
        return [1000 * (time.perf_counter() - start)]

    turns.serve(build)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", default=["resnet50", "vgg16"])
    parser.add_argument("--rounds", type=int, default=21)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--worker", nargs=2)
    options = parser.parse_args()
    if options.worker:
        worker(*options.worker)
        return

    for name in options.ids:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, f"{name}.pth")
            theirs = turns.worker(options.python, __file__, name, path)
            ours = turns.ours("building", name, path)
            answers = turns.take([ours, theirs], options.rounds, warm_up=3)
            ours.close()
            theirs.close()
        mine, python = (statistics.median(answer[0] for answer in side) for side in answers)
        print(f"{name}: ours {mine:.1f} ms, Python {python:.1f} ms, ratio {mine / python:.2f} ({theirs.ready})", flush=True)


main()
