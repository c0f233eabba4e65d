#!/usr/bin/env python3
"""Shows by how much each form of a network differs from it, over the whole catalogue: compiled, in bfloat16, TorchScript and ONNX.

    dotnet build -c Release
    LUMA_ALL_NETWORKS=1 python3 scripts/equality.py

Runs the tests that hold them equal, and prints a table of what they found: the largest difference of an output to the network's own, relative to
the output's largest number. Without LUMA_ALL_NETWORKS the largest networks are left out, which take up to 17 GB.
"""
import collections
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as tree

FORMS = ("compiled", "torchscript", "onnx", "bfloat16")
LINE = re.compile(r"^difference (\S+) (\S+) (\S+)$", re.MULTILINE)
TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/Luma.Zoo.Tests")


def main():
    with tempfile.TemporaryDirectory() as folder:
        # A process for each, since what TorchScript has loaded stays in memory.
        codes = [subprocess.run(["dotnet", "test", "--no-build", "-c", "Release", TESTS, "--filter", tests, "--logger", f"trx;LogFileName={tests}.trx",
                                 "--results-directory", folder], stdout=sys.stderr).returncode for tests in ("FormsTests", "OnnxCatalogueTests")]
        texts = [node.text for name in os.listdir(folder) if name.endswith(".trx") for node in tree.parse(os.path.join(folder, name)).findall(".//{*}StdOut")]

    found = collections.defaultdict(dict)
    for text in texts:
        for name, form, difference in LINE.findall(text):
            found[name][form] = max(found[name].get(form, 0), float(difference))
    print(f"| network | {' | '.join(FORMS)} |\n{'| --- ' * (len(FORMS) + 1)}|")
    for name, forms in sorted(found.items()):
        print(f"| {name} | {' | '.join(f'{forms[form]:.0e}' if form in forms else 'not tried' for form in FORMS)} |")
    print(f"\n{len(found)} networks; the most: " + ", ".join(f"{form} {max(forms.get(form, 0) for forms in found.values()):.0e}" for form in FORMS))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
