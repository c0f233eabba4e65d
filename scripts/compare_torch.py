"""The half of scripts/compare that runs in the Python that has torch and torchvision: one network a process.

    python3 scripts/compare_torch.py           says which versions and networks there are
    python3 scripts/compare_torch.py ID        takes orders about one network

Orders are JSON, a line each, on standard input, and so are the answers on standard output. Every answer says how much memory the
process has held at most.
"""
import json
import math
import pathlib
import resource
import sys

ROOT = pathlib.Path(__file__).parent.parent
GOLDENS = ROOT / "tests" / "Luma.Zoo.Tests" / "Goldens" / "models"
# By which a golden and the Python that is here may differ: the tests' own.
BOUNDS = {"drawn": 1e-7, "seeded": 1e-5, "weighted": 2e-5, "resized": 1e-3}
# How many pairs of images to try.
DRAWS = 8

try:
    import torch
    import torchvision
    from PIL import Image
    from torchvision import transforms
    from torchvision.models import list_models
except ImportError as error:
    print(json.dumps({"problem": f"this Python has no torchvision 0.14 or newer ({error})"}))
    sys.exit(1)

import goldens_models as goldens


class Network:
    def __init__(self, name):
        self.name = name
        self.golden = json.loads((GOLDENS / f"{name}.json").read_text())
        self.gain = self.golden["weighted"]["gain"]
        self.build, self.shape = goldens.builders()[name]
        self.model = None

    def seeded(self):
        """A fresh network's output, on an input that is drawn after its weights."""
        torch.manual_seed(0)
        self.model = self.build(goldens.CLASSES).eval()
        images = torch.rand(1, *self.shape)
        with torch.inference_mode():
            return {"output": goldens.numbers(self.model(images)), "shape": list(images.shape)}

    def drawn(self, file):
        """The fresh network's weights and those of a file: a network's last layer may begin with zeros, and hide the others."""
        other, largest = torch.load(file, weights_only=True), 0
        for name, tensor in self.model.state_dict().items():
            if tensor.is_floating_point():
                apart = (tensor - other.pop(name)).abs().max() / (tensor.abs().max() + 1e-30)
                largest = max(largest, apart.item() if apart.isfinite() else math.inf)
        return {"difference": largest}

    def weighted(self, images):
        """The network as it is shipped with healthy weights; writes the images. What is drawn in building it is not looked at."""
        without_initialisers()
        self.model = None
        self.model = self.build(1000)
        drawn, output = goldens.weighted(self.model, self.gain, self.shape)
        torch.save({"input": drawn}, images)
        parameters = sum(p.numel() for p in self.model.parameters())
        return {"output": goldens.numbers(output), "parameters": parameters}

    def calmer(self, images):
        """The same weights on images from which Python's own output is what it is in double precision: on these, or on others where the
        network magnifies rounding from these, as it does from some a thousandfold."""
        drawn = torch.load(images, weights_only=True)["input"]
        for _ in range(DRAWS):
            with torch.inference_mode():
                output = self.model(drawn)
            if goldens.steady(output, goldens.in_double(self.model, drawn)):
                torch.save({"input": drawn}, images)
                return {"output": goldens.numbers(output)}
            drawn = goldens.draw_images(2, self.shape)
        return {"problem": f"it magnifies rounding beyond the bound, from {DRAWS} pairs of images"}

    def resized(self, images, pictures):
        """Real pictures at the second size, if there is one."""
        size = goldens.second_size(self.name)
        if size is None:
            return {"output": None}
        model = goldens.build_for_size(self.name, lambda _: self.model, 1000, size).eval()
        if model is not self.model:
            model.load_state_dict(self.model.state_dict())
        try:
            taken = torch.stack([picture(file, size) for file in pictures])
        except OSError as error:
            return {"problem": f"a picture cannot be read: {error}"}
        torch.save({"input": taken}, images)
        with torch.inference_mode():
            return {"output": goldens.numbers(model(taken))}

    def save(self, file, zip):
        torch.save(self.model.state_dict(), file, _use_new_zipfile_serialization=zip)
        return {}

    def check(self, file):
        """What is wrong with a file that should be this network's, or nothing; and whether the network loads it."""
        mine, other = self.model.state_dict(), torch.load(file, weights_only=True)
        if list(mine) != list(other):
            return {"problem": "the names or their order differ"}
        for name, tensor in mine.items():
            if tensor.dtype != other[name].dtype or tensor.shape != other[name].shape:
                return {"problem": f"{name} is {other[name].dtype} {list(other[name].shape)}"}
            if not torch.equal(bits(tensor), bits(other[name])):
                return {"problem": f"{name} has other values"}
        for name, module in self.model.named_modules():
            if module._parameters and other._metadata.get(name) != mine._metadata[name]:
                return {"problem": f"module '{name}' has the version {other._metadata.get(name)}, not {mine._metadata[name]}"}
        self.model.load_state_dict(other)
        return {}

    def check_golden(self):
        """How far the committed golden is from what this Python computes."""
        torch.manual_seed(0)
        model = self.build(goldens.CLASSES)
        found = {"keys": goldens.keys(model) == self.golden["keys"], "drawn": abs(goldens.drawn(model) / self.golden["drawn"] - 1)}
        output = goldens.seeded(model, torch.rand(1, *self.shape), self.golden.get("seededInTraining", False))
        found["seeded"] = difference(self.golden["seeded"], output)
        images, output = goldens.weighted(model, self.gain, self.shape)
        if self.golden["weighted"].get("double"):
            output = goldens.in_double(model, images)
        found["weighted"] = difference(self.golden["weighted"]["output"], output)
        if "resized" in self.golden:
            output = goldens.resized(self.name, self.build, self.shape, self.gain)["output"]
            found["resized"] = difference(self.golden["resized"]["output"], torch.tensor(output))
        wrong = [part for part, value in found.items() if not (value if part == "keys" else value <= BOUNDS[part])]
        return {"found": found, "wrong": wrong}


def picture(file, size):
    """A picture as networks take it: of that size, and normalised as ImageNet's are."""
    pixels = Image.open(file).convert("RGB").resize(size[::-1], Image.BILINEAR)
    return transforms.functional.normalize(transforms.functional.to_tensor(pixels), (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


def without_initialisers():
    for name in dir(torch.nn.init):
        if name.endswith("_") and not name.startswith("_"):
            setattr(torch.nn.init, name, lambda tensor, *args, **kwargs: tensor)


def bits(tensor):
    return tensor.contiguous().reshape(-1).view(torch.uint8)


def difference(expected, actual):
    """The largest, relative to the largest expected number where that is not zero."""
    expected, actual = torch.tensor(expected).double(), actual.flatten().double()
    return (expected - actual).abs().max().item() / (expected.abs().max().item() or 1)


def say(answer):
    print(json.dumps(answer), flush=True)


def main():
    if len(sys.argv) == 1:
        theirs = set(list_models(module=torchvision.models))
        say({
            "torch": torch.__version__, "torchvision": torchvision.__version__,
            "torchvisions": [name for name in goldens.builders() if name in theirs],
            "ours": [name for name in goldens.builders() if name not in theirs],
        })
        return
    network = Network(sys.argv[1])
    for line in sys.stdin:
        order = json.loads(line)
        answer = getattr(network, order.pop("do"))(**order)
        say({**answer, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})


if __name__ == "__main__":
    main()
