#!/usr/bin/env python3
"""Compares what stands before a network: this project against torchvision with PIL, taking turns.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks
    python3 scripts/bench_images.py decode PHOTO... [--rounds 9] [--python "python3"]
    python3 scripts/bench_images.py folder FOLDER MODEL WEIGHTS [--rounds 5] [--python "python3"] [--luma "luma"]
    python3 scripts/bench_images.py start PHOTO MODEL [--rounds 11] [--python "python3"] [--luma "luma"]
    python3 scripts/bench_images.py memory FOLDER MODEL COUNT... [--luma "luma"]

decode makes JPEGs of 500x400 and of 4000x3000 pixels of the photos, and lets both sides decode them and prepare them as torchvision's
presets do (resize 256, crop 224), each in one process with two threads. Prints the medians of images a second and their ratio
(ours / Python's, higher is better).

folder runs whole processes: `luma classify MODEL:WEIGHTS FOLDER --format jsonl` against Python with a DataLoader of two workers, in
batches of 32, both with the same preset. Prints the medians of seconds and of resident memory, and their ratio (ours / Python's, lower is
better). --luma is the command of the program, --classify more of its flags; --preset its flags for the weights' preset, which Python then
reads from `luma pack`'s model.json.

start runs `luma classify MODEL PHOTO`, from nothing to an answer, against Python that only says `import torchvision`.

memory classifies as many files as each COUNT, links to the folder's, and prints the resident memory of each whole process.

--python is the command of a Python that has torchvision.
"""
import argparse
import concurrent.futures
import glob
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time

import turns


def decode_worker(folder, threads):
    import torch
    from PIL import Image
    from torchvision.transforms._presets import ImageClassification

    torch.set_num_threads(1)
    preset = ImageClassification(crop_size=224)
    files = sorted(glob.glob(os.path.join(folder, "*.jpg")))

    def prepare(path):
        with Image.open(path) as image:
            return preset(image.convert("RGB"))

    print("ready", flush=True)
    with concurrent.futures.ThreadPoolExecutor(int(threads)) as pool:
        def answer(_):
            start = time.perf_counter()
            for _ in pool.map(prepare, files):
                pass
            return [len(files) / (time.perf_counter() - start)]

        turns.serve(answer)


def folder_worker(folder, model, weights, model_json):
    import torch
    import torchvision
    from PIL import Image
    from torchvision.transforms import InterpolationMode
    from torchvision.transforms._presets import ImageClassification

    preset = json.load(open(model_json))["preset"]
    transform = ImageClassification(
        crop_size=preset["crop_size"][0], resize_size=preset["resize_size"][0], mean=preset["mean"], std=preset["std"],
        interpolation=InterpolationMode(preset["interpolation"]))
    files = sorted(glob.glob(os.path.join(folder, "*")))

    class Folder(torch.utils.data.Dataset):
        def __len__(self):
            return len(files)

        def __getitem__(self, index):
            with Image.open(files[index]) as image:
                return transform(image.convert("RGB"))

    network = torchvision.models.get_model(model)
    network.load_state_dict(torch.load(weights, weights_only=True))
    network.eval()
    with torch.inference_mode():
        done = 0
        for batch in torch.utils.data.DataLoader(Folder(), batch_size=32, num_workers=2):
            top = network(batch).softmax(1).topk(5)
            for probabilities, indices in zip(top.values.tolist(), top.indices.tolist()):
                print(json.dumps({"path": files[done], "predictions": list(zip(indices, probabilities))}))
                done += 1


def decode(options):
    from_photos = """
import sys
from PIL import Image
folder, count, width, height, *photos = sys.argv[1:]
for i in range(int(count)):
    with Image.open(photos[i % len(photos)]) as photo:
        # A different part of the photo each time, so that no two files are alike.
        photo = photo.convert("RGB").resize((int(width) + i, int(height) + i), Image.LANCZOS).crop((i, i, i + int(width), i + int(height)))
        photo.save(f"{folder}/{i:03}.jpg", quality=90)
"""
    for width, height, count in (500, 400, 200), (4000, 3000, 8):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            subprocess.run([*shlex.split(options.python), "-c", from_photos, folder, str(count), str(width), str(height),
                            *map(os.path.abspath, options.what)], check=True)
            sides = [turns.ours("images", folder, "2"), turns.worker(options.python, __file__, "decode", folder, "2")]
            speeds = [statistics.median(answer[0] for answer in side) for side in turns.take(sides, options.rounds, warm_up=2)]
            for side in sides:
                side.close()
        print(f"{width}x{height}: ours {speeds[0]:.1f} images/s, Python {speeds[1]:.1f} images/s, ratio {speeds[0] / speeds[1]:.2f}", flush=True)


def run(command):
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"{shlex.join(command)} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def folder(options):
    images, model, weights = options.what
    with tempfile.TemporaryDirectory(dir="/tmp") as scratch:
        packed = os.path.join(scratch, "model")
        subprocess.run([*shlex.split(options.luma), "pack", f"{model}:{weights}", "--output", packed, *shlex.split(options.preset)],
                       check=True, stdout=subprocess.DEVNULL)
        sides = [
            [*shlex.split(options.luma), "classify", packed, images, "--format", "jsonl", *shlex.split(options.classify)],
            [*shlex.split(options.python), os.path.abspath(__file__), "--worker", "folder", images, model, weights, os.path.join(packed, "model.json")],
        ]
        runs = [[], []]
        for turn in range(options.rounds + 1):
            for side in (0, 1) if turn % 2 else (1, 0):
                result = run(sides[side])
                if turn:
                    runs[side].append(result)
        seconds, memory = ([statistics.median(result[part] for result in side) for side in runs] for part in (0, 1))
        print(f"{model}, {len(os.listdir(images))} files: ours {seconds[0]:.2f} s and {memory[0]:.0f} MiB, Python {seconds[1]:.2f} s "
              f"and {memory[1]:.0f} MiB (its main process), ratio {seconds[0] / seconds[1]:.2f}")


def start(options):
    photo, model = options.what
    sides = [
        [*shlex.split(options.luma), "classify", model, photo, *shlex.split(options.classify)],
        [*shlex.split(options.python), "-c", "import torchvision"],
    ]
    runs = [[], []]
    for turn in range(options.rounds + 1):
        for side in (0, 1) if turn % 2 else (1, 0):
            seconds, _ = run(sides[side])
            if turn:
                runs[side].append(seconds)
    ours, python = (statistics.median(side) for side in runs)
    print(f"{model}, one photo: ours {ours:.2f} s, Python's import {python:.2f} s, ratio {ours / python:.2f}")


def memory(options):
    images, model, *counts = options.what
    files = sorted(os.path.join(images, name) for name in os.listdir(images))
    for count in map(int, counts):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            for i in range(count):
                os.link(files[i % len(files)], os.path.join(folder, f"{i:06}.jpg"))
            seconds, resident = run([*shlex.split(options.luma), "classify", model, folder, "--format", "jsonl", *shlex.split(options.classify)])
        print(f"{model}, {count} files: {resident:.0f} MiB, {count / seconds:.0f} images/s", flush=True)


def main():
    if sys.argv[1:2] == ["--worker"]:
        {"decode": decode_worker, "folder": folder_worker}[sys.argv[2]](*sys.argv[3:])
        return
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["decode", "folder", "start", "memory"])
    parser.add_argument("what", nargs="+")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--luma", default="luma")
    parser.add_argument("--preset", default="")
    parser.add_argument("--classify", default="")
    options = parser.parse_args()
    options.rounds = options.rounds or {"decode": 9, "folder": 5, "start": 11, "memory": 1}[options.kind]
    {"decode": decode, "folder": folder, "start": start, "memory": memory}[options.kind](options)


main()
