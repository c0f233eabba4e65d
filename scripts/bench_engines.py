#!/usr/bin/env python3
"""Compares what runs networks fastest: this project's engines, ONNX Runtime on its export, and Python's eager and compiled torch.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_engines.py [ID...] [--batches 1 8] [--rounds 7] [--python "python3"] [--without SIDE...]

--python is the command of a Python that has torchvision and, for torch.compile, a C++ compiler and its own headers. Each side is a process of its
own, with weights drawn at random; they take turns with a pause between. Prints a table: medians in milliseconds, and below it the ratios.
"""
import argparse
import math
import statistics
import sys
import time

import turns

IDS = ["resnet18", "resnet50", "vgg16", "mobilenet_v3_large", "efficientnet_b0", "densenet121", "regnet_y_400mf", "convnext_tiny", "vit_b_16", "swin_t"]
OURS = ["onednn", "onednn_bfloat16", "onnxruntime", "auto", "auto_bfloat16"]
PYTHONS = ["eager", "eager_channels_last", "compile"]
WARM_UP = 2
BLOCK, LEAST_PASSES = 0.25, 2


def torch_worker(name, form, batch):
    import torch
    import torchvision

    model = torchvision.models.get_model(name, weights=None).eval()
    images = torch.rand(batch, 3, 224, 224)
    if form == "eager_channels_last":
        model, images = model.to(memory_format=torch.channels_last), images.contiguous(memory_format=torch.channels_last)
    if form == "compile":
        import torch._inductor.config

        torch._inductor.config.freezing = True
        model = torch.compile(model)
    with torch.inference_mode():
        model(images)
        print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, {torch.get_num_threads()} threads", flush=True)
        turns.serve(lambda _: [block(lambda: model(images))])


def block(run):
    """The median of so many passes as take a while, without the first, which finds the caches full of another's weights."""
    run()
    times, start = [], time.perf_counter()
    while len(times) < LEAST_PASSES or time.perf_counter() - start < BLOCK:
        before = time.perf_counter()
        run()
        times.append(1000 * (time.perf_counter() - before))
    return statistics.median(times)


def measure(name, batch, options):
    """Medians by side, and what Auto took."""
    names = [side for side in OURS + PYTHONS if side not in options.without]
    sides = [turns.ours("engines", name, side, str(batch)) if side in OURS else turns.worker(options.python, __file__, name, side, str(batch)) for side in names]
    answers = turns.take(sides, options.rounds, WARM_UP)
    for side in sides:
        side.close()
    about = {name: side.ready for name, side in zip(names, sides)}
    return {name: statistics.median(answer[0] for answer in answers) for name, answers in zip(names, answers)}, about


def ratios(times):
    """Our times over those of the others, by both names."""
    python = [times[side] for side in PYTHONS[:2] if side in times]
    others = {"ONNX Runtime": times.get("onnxruntime"), "Python": min(python) if python else None, "torch.compile": times.get("compile")}
    return {(ours, other): times[ours] / time for ours in OURS if ours in times for other, time in others.items() if time and ours != "onnxruntime"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", default=IDS)
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 8])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--without", nargs="+", default=[], choices=OURS + PYTHONS)
    parser.add_argument("--worker", nargs="+")
    options = parser.parse_args()
    if options.worker:
        name, form, batch = options.worker
        torch_worker(name, form, int(batch))
    else:
        compare(options)


def compare(options):
    rows = []
    for name in options.ids:
        for batch in options.batches:
            times, about = measure(name, batch, options)
            if not rows:
                print("; ".join(dict.fromkeys(text for side, text in about.items() if not side.startswith("auto"))) + f"; {options.rounds} rounds\n")
                print(f"| network | batch | {' | '.join(times)} | Auto took |\n{'| --- ' * (len(times) + 3)}|")
            rows.append((name, batch, times))
            taken = " / ".join(text for side, text in about.items() if side.startswith("auto"))
            print(f"| {name} | {batch} | {' | '.join(f'{time:.1f}' for time in times.values())} | {taken} |", flush=True)

    columns = list(ratios(rows[0][2]))
    print(f"\n| network | batch | {' | '.join(f'{ours} / {other}' for ours, other in columns)} |\n{'| --- ' * (len(columns) + 2)}|")
    for name, batch, times in rows:
        print(f"| {name} | {batch} | {' | '.join(f'{ratio:.2f}' for ratio in ratios(times).values())} |")
    means = [math.exp(statistics.mean(math.log(ratios(times)[column]) for _, _, times in rows)) for column in columns]
    print(f"| geometric mean | | {' | '.join(f'{mean:.2f}' for mean in means)} |")


if __name__ == "__main__":
    main()
