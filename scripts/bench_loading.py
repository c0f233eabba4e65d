#!/usr/bin/env python3
"""Compares loading VGG-16's weights from a zip file into an existing model: this project against PyTorch, taking turns.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_loading.py [--way read|copy|map] [--rounds 15] [--python "python3"]

--way read and copy are held against torch.load and load_state_dict, map against torch.load(mmap=True) and load_state_dict(assign=True).
With read our network takes over the memory that the file was read into, as ModelZoo.Create does; with copy it keeps its own.
--python is the command of a Python that has torch. The other side is the benchmark project, built before. Prints the medians in
milliseconds, their ratio (ours / Python's, lower is better), and our peak memory beyond what the process had before the model was
made, in multiples of the parameters; it counts everything resident, the mapped file too. The file is in the page cache.
"""
import argparse
import os
import statistics
import sys
import tempfile
import time

import turns

CONVOLUTIONS = [(3, 64, 0), (64, 64, 2), (64, 128, 5), (128, 128, 7), (128, 256, 10), (256, 256, 12), (256, 256, 14),
                (256, 512, 17), (512, 512, 19), (512, 512, 21), (512, 512, 24), (512, 512, 26), (512, 512, 28)]
DENSES = [(25088, 4096, 0), (4096, 4096, 3), (4096, 1000, 6)]


def worker(path, way):
    import torch

    model = torch.nn.Module()
    model.features, model.classifier = torch.nn.Module(), torch.nn.Module()
    for fan_in, fan_out, index in CONVOLUTIONS:
        model.features.add_module(str(index), torch.nn.Conv2d(fan_in, fan_out, 3, padding=1))
    for fan_in, fan_out, index in DENSES:
        model.classifier.add_module(str(index), torch.nn.Linear(fan_in, fan_out))
    print("ready", torch.__version__, torch.get_num_threads(), flush=True)

    def load(_):
        start = time.perf_counter()
        model.load_state_dict(torch.load(path, mmap=way == "map", weights_only=True), assign=way == "map")
        return [1000 * (time.perf_counter() - start)]

    turns.serve(load)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--way", choices=["read", "copy", "map"], default="read")
    parser.add_argument("--worker", nargs=2)
    options = parser.parse_args()
    if options.worker:
        worker(*options.worker)
        return

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vgg16.pth")
        ours = turns.ours("loading", path, options.way)
        theirs = turns.worker(options.python, __file__, path, options.way)
        _, version, threads = theirs.ready.split()
        print(f"PyTorch {version} with {threads} threads, {os.path.getsize(path):,} bytes, {options.rounds} rounds after 2 to warm up")
        answers = turns.take([ours, theirs], options.rounds, warm_up=2)
        ours.close()
        theirs.close()

    times = [[answer[0] for answer in side] for side in answers]
    memory = max(answer[1] for answer in answers[0])
    median = [statistics.median(side) for side in times]
    print(f"ours {median[0]:.1f} ms (best {min(times[0]):.1f}), Python {median[1]:.1f} ms (best {min(times[1]):.1f}), ratio {median[0] / median[1]:.2f}")
    print(f"peak memory {memory:.2f} x the parameters")


main()
