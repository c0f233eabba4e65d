#!/usr/bin/env python3
"""Compares forward passes: this project against Python's torchvision in its better layout, and ONNX Runtime beside them, taking turns.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_forward.py [ID...] [--rounds 15] [--python "python3"]

--python is the command of a Python that has torchvision and, for ONNX Runtime's column, onnx and onnxruntime. Prints a table: medians in
milliseconds, and the ratio of ours to the better of Python's two layouts (lower is better).
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
BATCHES = (1, 8)


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
        sides = [turns.ours("forward", name)]
        sides += [turns.worker(options.python, __file__, name, layout) for layout in ("contiguous", "channels_last")]
        if runtime := onnx_side(options.python, name, folder):
            sides.append(runtime)
        if name == options.ids[0]:
            print(f"{'; '.join(side.ready for side in sides)}; {options.rounds} rounds after 3 to warm up\n")
            print("| network | batch | ours, ms | Python contiguous | Python channels-last | ratio | ONNX Runtime |")
            print("| --- | --- | --- | --- | --- | --- | --- |")
        for batch in BATCHES:
            answers = turns.take(sides, options.rounds, warm_up=3, question=str(batch))
            ours, contiguous, last, *onnx = (statistics.median(answer[0] for answer in side) for side in answers)
            ratio = ours / min(contiguous, last)
            times = " | ".join(f"{time:.1f}" for time in (ours, contiguous, last))
            print(f"| {name} | {batch} | {times} | {ratio:.2f} | {f'{onnx[0]:.1f}' if onnx else 'not there'} |", flush=True)
        for side in sides:
            side.close()


main()
