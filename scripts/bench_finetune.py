#!/usr/bin/env python3
"""Compares fine-tuning from a folder of JPEGs with a plain PyTorch loop, and the loader alone with torch.utils.data.DataLoader, in turns.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_finetune.py [loader|ID ...] [--python "python3"] [--rounds 5] [--steps 6] [--batches 16] [--layout LAYOUT ...]
                                     [--precision float32|bfloat16]

--python is the command of a Python that has torchvision. Batches of 16 at 224x224, RandomResizedCrop and flip, SGD with momentum; two
threads compute, and two workers load beside them on both sides. The pictures are noise of several scales, made here. A line for each
block: milliseconds of wall time and of processor time a step (images a second for the loader), and at the end ratios of the better
layouts' medians and bests. Where other programs run beside it, the ratio of processor time is the one to look at.
"""
import argparse
import os
import pathlib
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import turns

IDS = ["resnet18", "mobilenet_v3_large", "efficientnet_b0"]
LAYOUTS = ("contiguous", "channels_last")
BATCH, WORKERS, CLASSES, PICTURES = 16, 2, 4, 256
WIDTH, HEIGHT = 500, 375


def make(folder):
    """Like photographs in size and in bytes: about 100 KB each."""
    import numpy
    from PIL import Image

    random = numpy.random.default_rng(0)
    for number in range(PICTURES):
        pixels = numpy.zeros((HEIGHT, WIDTH, 3), numpy.float32)
        for cells, strength in ((4, 60), (16, 40), (64, 20), (256, 12)):
            noise = Image.fromarray(random.integers(0, 256, (cells, cells, 3), numpy.uint8)).resize((WIDTH, HEIGHT), Image.BICUBIC)
            pixels += (numpy.asarray(noise, numpy.float32) - 128) * strength / 64
        place = folder / f"class{number % CLASSES}"
        place.mkdir(exist_ok=True)
        Image.fromarray((pixels + 128).clip(0, 255).astype(numpy.uint8)).save(place / f"{number:04}.jpg", quality=90)


def batches(folder):
    """Without end, the workers of an epoch being those of the one before."""
    import torch
    from torchvision import datasets, transforms

    transform = transforms.Compose([
        transforms.RandomResizedCrop(224), transforms.RandomHorizontalFlip(), transforms.ToTensor(),
        transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])])
    loader = torch.utils.data.DataLoader(
        datasets.ImageFolder(folder, transform), BATCH, shuffle=True, drop_last=True, num_workers=WORKERS, persistent_workers=True)
    while True:
        yield from loader


def processor_time():
    """Of this process and its workers, in seconds."""
    children = subprocess.run(["cat", f"/proc/{os.getpid()}/task/{os.getpid()}/children"], capture_output=True, text=True).stdout.split()
    total = time.process_time()
    for child in children:
        try:
            fields = pathlib.Path(f"/proc/{child}/stat").read_text().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        except FileNotFoundError:
            pass
    return total


def measured(count, work):
    start, processor = time.perf_counter(), processor_time()
    for _ in range(count):
        work()
    return time.perf_counter() - start, processor_time() - processor


def load_worker(folder):
    made = batches(folder)
    next(made)
    print("ready", flush=True)

    def block(line):
        count = int(line)
        return [count * BATCH / seconds for seconds in measured(count, lambda: next(made))]

    turns.serve(block)


def step_worker(folder, name, layout):
    import torch
    import torchvision

    memory_format = torch.channels_last if layout == "channels_last" else torch.contiguous_format
    torch.manual_seed(0)
    model = torchvision.models.get_model(name, weights=None, num_classes=CLASSES).train().to(memory_format=memory_format)
    update = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    made = batches(folder)

    def step():
        images, labels = next(made)
        update.zero_grad()
        loss = torch.nn.functional.cross_entropy(model(images.contiguous(memory_format=memory_format)), labels)
        loss.backward()
        update.step()
        loss.item()

    step()
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, {torch.get_num_threads()} threads", flush=True)

    def block(line):
        count = int(line)
        return [1000 * seconds / count for seconds in measured(count, step)]

    turns.serve(block)


def compare(name, pairs, question, rounds, better):
    """The sides take turns; each is stopped for the others' turns by having nothing to do."""
    labels, sides = zip(*pairs)
    print(f"{name}: {'; '.join(dict.fromkeys(side.ready for side in sides))}", flush=True)
    answers = turns.take(sides, rounds, 1, question)
    for side in sides:
        side.close()
    for label, rows in zip(labels, answers):
        print(f"  {label:28} wall {' '.join(f'{row[0]:.0f}' for row in rows)}; processor {' '.join(f'{row[1]:.0f}' for row in rows)}", flush=True)
    for column, what in enumerate(("wall", "processor")):
        for kind, of in (("median", statistics.median), ("best", better)):
            mine, other = (
                better(of([row[column] for row in rows]) for label, rows in zip(labels, answers) if label.startswith(who)) for who in ("ours", "Python"))
            print(f"  {name} {what} {kind}: {mine:.0f}, Python {other:.0f}, ratio {mine / other:.3f}; load {os.getloadavg()[0]:.1f}", flush=True)


def main():
    if sys.argv[1:2] == ["--worker"]:
        kind, folder, *rest = sys.argv[2:]
        {"make": make, "loader": load_worker, "step": step_worker}[kind](pathlib.Path(folder), *rest)
        return

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["loader", *IDS])
    parser.add_argument("--python", default="python3")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=6)
    parser.add_argument("--batches", type=int, default=16)
    parser.add_argument("--layout", nargs="+", choices=LAYOUTS, default=LAYOUTS)
    parser.add_argument("--precision", choices=("float32", "bfloat16"), default="float32", help="ours; Python computes in float32")
    parser.add_argument("--folder", type=pathlib.Path, help="keeps the pictures there, or takes those that are there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or pathlib.Path(temporary)
        folder.mkdir(exist_ok=True)
        if not any(folder.iterdir()):
            subprocess.run([*shlex.split(arguments.python), os.path.abspath(__file__), "--worker", "make", str(folder)], check=True)
        for what in arguments.what:
            if what == "loader":
                pairs = [("ours", turns.ours("finetune", "loader", str(folder))), ("Python", turns.worker(arguments.python, __file__, "loader", str(folder)))]
                compare(what, pairs, str(arguments.batches), arguments.rounds, max)
                continue
            pairs = []
            for layout in arguments.layout:
                pairs.append((f"ours {layout}", turns.ours("finetune", "step", str(folder), what, layout, arguments.precision)))
                pairs.append((f"Python {layout}", turns.worker(arguments.python, __file__, "step", str(folder), what, layout)))
            compare(what, pairs, str(arguments.steps), arguments.rounds, min)


if __name__ == "__main__":
    main()
