#!/usr/bin/env python3
"""Compares the trainer's throughput with PyTorch's: LeNet-5, the same images, batches, optimiser and threads, in turns.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_training.py [--python "python3"] [--rounds 5] [--steps 600] [--batch 64] [--threads 2] [--optimizer sgd adam]

`--python` is a command that runs a Python with torch; this script itself needs none. The images are noise in MNIST's format, and both
sides do everything an epoch needs: shuffling, picking images out of memory, padding, normalising, forward, backward, optimiser.
Weights and order come from the same seeds, so the mean losses, which are shown, have to agree. Where other programs run beside it,
the ratio of processor time with one thread is the one to look at.
"""
import argparse
import os
import pathlib
import random
import shlex
import statistics
import struct
import subprocess
import sys
import tempfile
import time

WARM_UP_STEPS = 300
COUNT = 60_000


def write_noise(folder):
    labels = random.Random(0).choices(range(10), k=COUNT)
    (folder / "train-images-idx3-ubyte").write_bytes(struct.pack(">IIII", 0x803, COUNT, 28, 28) + os.urandom(COUNT * 28 * 28))
    (folder / "train-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, COUNT) + bytes(labels))


def worker(folder, batch, steps, threads, optimizer):
    """The other side of TrainingBenchmark.cs, line by line."""
    import torch
    from torch.nn import functional

    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    from reference.lenet import MODELS

    torch.set_num_threads(threads)
    read = lambda name, header: torch.frombuffer(bytearray((folder / name).read_bytes()[header:]), dtype=torch.uint8)
    images = read("train-images-idx3-ubyte", 16).reshape(-1, 1, 28, 28)
    labels = read("train-labels-idx1-ubyte", 8).to(torch.int64)
    torch.manual_seed(0)
    model = MODELS["lenet_5"](10)

    def fit(count):
        generator = torch.Generator().manual_seed(0)
        order = torch.randperm(count, generator=generator)
        update = (torch.optim.Adam(model.parameters()) if optimizer == "adam"
                  else torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9))
        model.train()
        total = torch.zeros((), dtype=torch.float64)
        for chosen in order.split(batch):
            pixels = functional.pad(images.index_select(0, chosen), (2, 2, 2, 2))
            inputs = pixels.to(torch.float32).div_(255).sub_(0.1307).div_(0.3081)
            update.zero_grad()
            loss = functional.cross_entropy(model(inputs), labels.index_select(0, chosen))
            loss.backward()
            update.step()
            total.add_(loss.detach(), alpha=len(chosen))
        return total.item() / count

    fit(WARM_UP_STEPS * batch)
    start, processor = time.perf_counter(), time.process_time()
    loss = fit(steps * batch)
    wall, processor = time.perf_counter() - start, time.process_time() - processor
    print(f"{steps * batch / wall:.0f} {steps * batch / processor:.0f} {loss:.6f}")


def run(command):
    return [float(x) for x in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def compare(arguments, optimizer, folder):
    root = pathlib.Path(__file__).resolve().parent.parent
    shared = [str(folder), str(arguments.batch), str(arguments.steps), str(arguments.threads), optimizer]
    ours = ["dotnet", str(root / "tests/Luma.Zoo.Benchmarks/bin/Release/net10.0/Luma.Zoo.Benchmarks.dll"), "training", *shared]
    theirs = [*shlex.split(arguments.python), str(pathlib.Path(__file__).resolve()), "--worker", *shared]
    rounds = []
    for number in range(arguments.rounds):
        (*mine, my_loss), (*other, other_loss) = run(ours), run(theirs)
        rounds.append((*mine, *other))
        print(f"{optimizer} round {number + 1}: {mine[0]:.0f} images/s, Python {other[0]:.0f}; "
              f"of processor time {mine[1]:.0f}, Python {other[1]:.0f}; losses {my_loss:.6f} {other_loss:.6f}", flush=True)
        if abs(my_loss - other_loss) > 1e-3:
            sys.exit("the losses differ: the two sides did not do the same work")
    mine, my_processor, other, other_processor = (statistics.median(column) for column in zip(*rounds))
    print(f"{optimizer} median: {mine:.0f} images/s, Python {other:.0f}; time ours/Python {other / mine:.3f}, "
          f"processor time ours/Python {other_processor / my_processor:.3f}", flush=True)


def main():
    if sys.argv[1:2] == ["--worker"]:
        folder, batch, steps, threads, optimizer = sys.argv[2:]
        worker(pathlib.Path(folder), int(batch), int(steps), int(threads), optimizer)
        return

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default="python3")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--optimizer", nargs="+", choices=["sgd", "adam"], default=["sgd", "adam"])
    arguments = parser.parse_args()
    if arguments.batch * max(arguments.steps, WARM_UP_STEPS) > COUNT:
        parser.error(f"there are {COUNT} images: fewer steps, or a smaller batch")
    with tempfile.TemporaryDirectory() as folder:
        write_noise(pathlib.Path(folder))
        for optimizer in arguments.optimizer:
            compare(arguments, optimizer, pathlib.Path(folder))


if __name__ == "__main__":
    main()
