#!/usr/bin/env python3
"""Compares forward passes: this project against Python's torchvision, and ONNX Runtime beside them, taking turns.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_forward.py [ID...] [--rounds 15] [--python "python3"]

--python is the command of a Python that has torchvision and, for ONNX Runtime's column, onnx and onnxruntime. Prints a table: medians in
milliseconds of both layouts in memory, contiguous and channels-last, and the ratio of our better one to Python's (lower is better).
"""
import argparse
import contextlib
import io
import os
import statistics
import sys
import tempfile
import time
import warnings

import turns

IDS = ["resnet18", "resnet50", "vgg16", "mobilenet_v3_large", "efficientnet_b0", "convnext_tiny", "vit_b_16", "swin_t"]
# Rounds before it counts, by batch: .NET first compiles what runs often once more, beside the passes.
WARM_UP = {1: 10, 8: 3}
BATCHES = tuple(WARM_UP)
LAYOUTS = ("contiguous", "channels_last")


def timed(run, batch):
    """Small batches more than once: a single pass is too short to measure."""
    passes = 5 if batch == 1 else 1
    start = time.perf_counter()
    for _ in range(passes):
        run()
    return [1000 * (time.perf_counter() - start) / passes]


def torch_worker(name, layout):
    import torch
    import torchvision

    memory_format = getattr(torch, f"{layout}_format" if layout == "contiguous" else layout)
    model = torchvision.models.get_model(name, weights=None).eval().to(memory_format=memory_format)
    inputs = {batch: torch.rand(batch, 3, 224, 224).contiguous(memory_format=memory_format) for batch in BATCHES}
    print(f"torch {torch.__version__}, torchvision {torchvision.__version__}, {torch.get_num_threads()} threads", flush=True)
    with torch.inference_mode():
        turns.serve(lambda batch: timed(lambda: model(inputs[int(batch)]), int(batch)))


def export_worker(name, path):
    try:
        import onnx
    except ImportError:
        print("none", flush=True)
        return
    import torch
    import torchvision

    model = torchvision.models.get_model(name, weights=None).eval()
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(model, torch.rand(2, 3, 224, 224), path, input_names=["x"], output_names=["y"],
                          dynamic_axes={"x": {0: "batch"}, "y": {0: "batch"}})
    print(f"onnx {onnx.__version__}", flush=True)


def onnx_worker(path):
    # Debian's ONNX Runtime begins with a hundred lines of complaint about the schemas that it shares with Debian's ONNX.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    try:
        import numpy
        import onnxruntime
    except ImportError:
        print("none", flush=True)
        return

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = os.cpu_count()
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    inputs = {batch: numpy.random.rand(batch, 3, 224, 224).astype(numpy.float32) for batch in BATCHES}
    print(f"ONNX Runtime {onnxruntime.__version__}", flush=True)
    turns.serve(lambda batch: timed(lambda: session.run(None, {"x": inputs[int(batch)]}), int(batch)))


def onnx_side(python, name, folder):
    """None where that Python lacks what it takes."""
    path = os.path.join(folder, f"{name}.onnx")
    # A process of its own: Debian's onnx and onnxruntime do not go together in one.
    export = turns.worker(python, __file__, name, "export", path)
    export.close()
    if export.ready == "none":
        return None
    side = turns.worker(python, __file__, name, "onnx", path)
    if side.ready != "none":
        return side
    side.close()
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ids", nargs="*", default=IDS)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--worker", nargs="+")
    options = parser.parse_args()
    match options.worker:
        case [name, "export", path]:
            export_worker(name, path)
        case [name, "onnx", path]:
            onnx_worker(path)
        case [name, layout]:
            torch_worker(name, layout)
        case _:
            with tempfile.TemporaryDirectory() as folder:
                compare(options, folder)


def compare(options, folder):
    for name in options.ids:
        sides = [turns.ours("forward", name, layout) for layout in LAYOUTS]
        sides += [turns.worker(options.python, __file__, name, layout) for layout in LAYOUTS]
        if runtime := onnx_side(options.python, name, folder):
            sides.append(runtime)
        if name == options.ids[0]:
            about = dict.fromkeys(side.ready for side in sides)
            print(f"{'; '.join(about)}; {options.rounds} rounds\n")
            print("| network | batch | ours, ms: contiguous | channels-last | Python's: contiguous | channels-last | ratio | ONNX Runtime |")
            print("| --- | --- | --- | --- | --- | --- | --- | --- |")
        for batch in BATCHES:
            answers = turns.take(sides, options.rounds, WARM_UP[batch], str(batch))
            *layouts, onnx = [statistics.median(answer[0] for answer in side) for side in answers] + [None] * (5 - len(sides))
            ratio = min(layouts[:2]) / min(layouts[2:])
            times = " | ".join(f"{time:.1f}" for time in layouts)
            print(f"| {name} | {batch} | {times} | {ratio:.2f} | {f'{onnx:.1f}' if onnx else 'not there'} |", flush=True)
        for side in sides:
            side.close()


if __name__ == "__main__":
    main()
