#!/usr/bin/env python3
"""Compares forward passes of two builds of this project, taking turns: before and after a change.

    dotnet build -c Release tests/Luma.Zoo.Benchmarks      (in both checkouts)
    python3 scripts/bench_builds.py OTHER_CHECKOUT [ID...] [--rounds 15]

Prints a table: medians in milliseconds, channels-last, and the ratio of this build to the other (lower is better).
"""
import argparse
import os
import statistics

import turns
from bench_forward import BATCHES, IDS, WARM_UP


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other")
    parser.add_argument("ids", nargs="*", default=IDS)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    other = os.path.join(options.other, os.path.relpath(turns.BENCHMARKS, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")))

    print("| network | batch | other, ms | this, ms | ratio |")
    print("| --- | --- | --- | --- | --- |")
    for name in options.ids:
        sides = [turns.Side("dotnet", other, "forward", name, "channels_last"), turns.ours("forward", name, "channels_last")]
        for batch in BATCHES:
            before, after = (statistics.median(answer[0] for answer in side) for side in turns.take(sides, options.rounds, WARM_UP[batch], str(batch)))
            print(f"| {name} | {batch} | {before:.1f} | {after:.1f} | {after / before:.2f} |", flush=True)
        for side in sides:
            side.close()


if __name__ == "__main__":
    main()
