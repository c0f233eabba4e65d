"""Processes that take turns, so that what slows a shared machine down slows all of them: for the benchmarks."""
import os
import shlex
import subprocess
import sys
import time

BENCHMARKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/Luma.Zoo.Benchmarks/bin/Release/net10.0/Luma.Zoo.Benchmarks.dll")
# The threads of a process that has answered go on spinning for a while.
REST = 0.05


class Side:
    """A process that prints a line once it is ready, and then a line of numbers for every line it is sent."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = self._line()

    def ask(self, question=""):
        time.sleep(REST)
        self.process.stdin.write(question + "\n")
        self.process.stdin.flush()
        return [float(number) for number in self._line().split()]

    def close(self):
        self.process.stdin.close()
        self.process.wait()

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{shlex.join(self.process.args)} ended with exit code {self.process.wait()}")
        return line.strip()


def ours(*arguments):
    """The benchmark project, built before."""
    if not os.path.exists(BENCHMARKS):
        raise SystemExit("build it first: dotnet build -c Release tests/Luma.Zoo.Benchmarks")
    return Side("dotnet", BENCHMARKS, *arguments)


def worker(python, script, *arguments):
    """The same script in a Python that has torch."""
    return Side(*shlex.split(python), os.path.abspath(script), "--worker", *arguments)


def take(sides, rounds, warm_up, question=""):
    """The answers of each side, round by round; every other round in the opposite order, so that nobody always comes last."""
    answers = [[] for _ in sides]
    for turn in range(rounds + warm_up):
        for index in (range(len(sides)), reversed(range(len(sides))))[turn % 2]:
            answer = sides[index].ask(question)
            if turn >= warm_up:
                answers[index].append(answer)
    return answers


def serve(answer):
    """The worker's half: answers every line."""
    for line in sys.stdin:
        print(*answer(line.strip()), flush=True)
