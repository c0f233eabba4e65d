#!/usr/bin/env python3
"""Shows what a trained body is worth on few pictures: trains a head on it while it is frozen, then all of that, and the same network from scratch.

    python3 scripts/transfer.py LUMA MODEL_FOLDER CIFAR10_ZIP OUT [--seeds N] [--epochs N] [--frozen-epochs N] [--only KIND] [--precision TYPE]
    python3 scripts/transfer.py --table OUT

LUMA is the program, MODEL_FOLDER what featurizer_resnet.py made, CIFAR10_ZIP 6,000 pictures of CIFAR-10 as train/CLASS and val/CLASS. Each seed
learns from 100 pictures of each class that it draws from train, and chooses its best epoch by 20 others; all are measured once, in the end, on the
100 of each class in val. OUT gets the pictures, the lists and a run folder for each training. A run that was stopped goes on; one that is done
is not begun again. --table prints the means and deviations of what is there.
"""
import argparse
import csv
import json
import pathlib
import random
import statistics
import subprocess
import sys
import zipfile

TRAINING, CHOOSING = 100, 20
KINDS = ("frozen", "unfrozen", "scratch")
SAID = {"frozen": "frozen body, a new head", "unfrozen": "then all of it", "scratch": "the same network from scratch"}
# The head is there, and the body is to change a little.
UNFROZEN_RATE = "0.0002"
# What does not learn then: the stem, which takes levels from 0 to 255, so that its weights are small and its gradients large; the norms, since small
# pictures that were enlarged have other statistics than ImageNet's; and the blocks that the body does not have (featurizer_resnet.py).
UNFROZEN_FREEZE = ["conv1", "*bn*", "*downsample.1*", "layer1.2", "layer2.2", "layer2.3", "layer3.2", "layer3.3", "layer3.4", "layer3.5"]


def write_list(pictures, seed, path):
    """The pictures of a seed: to learn from, to choose by, to be measured with."""
    drawn = random.Random(seed)
    with path.open("w", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["path", "label", "split"])
        for folder in sorted((pictures / "train").iterdir()):
            names = sorted(folder.iterdir())
            choosing, rest = names[:CHOOSING], names[CHOOSING:]
            held = sorted((pictures / "val" / folder.name).iterdir())
            for split, part in (("train", drawn.sample(rest, TRAINING)), ("val", choosing), ("test", held)):
                rows.writerows([name.relative_to(path.parent), folder.name, split] for name in sorted(part))


def train(options, kind, seed, data, run):
    model = {"frozen": options.model, "unfrozen": run.with_name(run.name.replace("unfrozen", "frozen")), "scratch": "resnet34:none"}[kind]
    command = [options.luma, "finetune", str(model), "--data", str(data), "--output", str(run)]
    command += ["--seed", str(seed), "--resume", "--verbose", "--precision", options.precision]
    if kind == "frozen":
        # Nothing is changed at random, so each picture goes through the body once.
        command += ["--freeze", "body", "--augment", "none", "--epochs", str(options.frozen_epochs)]
    else:
        command += ["--augment", options.augment, "--epochs", str(options.epochs)]
        if kind == "unfrozen":
            command += ["--lr", UNFROZEN_RATE] + [word for pattern in UNFROZEN_FREEZE for word in ("--freeze", pattern)]
    print("$", *command, flush=True)
    subprocess.run(command, check=True)


def table(out):
    print("| training | epochs | seeds | top-1, mean | deviation | each |")
    print("| --- | ---: | ---: | ---: | ---: | --- |")
    for kind in KINDS:
        runs = sorted(path.parent for path in out.glob(f"runs/{kind}-*/evaluation-test.json"))
        if not runs:
            continue
        scores = [100 * json.loads((run / "evaluation-test.json").read_text())["top1"] for run in runs]
        epochs = {json.loads((run / "recipe.json").read_text())["epochs"] for run in runs}
        deviation = f"{statistics.stdev(scores):.1f}" if len(scores) > 1 else "-"
        print(f"| {SAID[kind]} | {'/'.join(map(str, sorted(epochs)))} | {len(scores)} | {statistics.mean(scores):.1f} % | {deviation} | {', '.join(f'{score:.1f}' for score in scores)} |")


def main():
    if sys.argv[1:2] == ["--table"] and len(sys.argv) == 3:
        return table(pathlib.Path(sys.argv[2]))
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("luma")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("zip", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--frozen-epochs", type=int, default=60)
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--augment", default="crop")
    options = parser.parse_args()

    pictures = options.out / "pictures"
    if not pictures.exists():
        with zipfile.ZipFile(options.zip) as archive:
            archive.extractall(pictures)
    for seed in range(1, options.seeds + 1):
        for kind in [options.only] if options.only else KINDS:
            data, run = options.out / f"seed-{seed}.csv", options.out / "runs" / f"{kind}-{seed}"
            if not data.exists():
                write_list(pictures, seed, data)
            run.parent.mkdir(exist_ok=True)
            if not (run / "evaluation-test.json").exists():
                train(options, kind, seed, data, run)
    table(options.out)


if __name__ == "__main__":
    main()
