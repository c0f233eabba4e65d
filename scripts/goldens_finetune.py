#!/usr/bin/env python3
"""Writes the losses of twenty steps of fine-tuning in a plain PyTorch loop, and the learning rates of schedules with a warm-up.

    python3 scripts/goldens_finetune.py tests/Luma.Zoo.Tests/Goldens/finetune.json [CASE ...]
    python3 scripts/goldens_finetune.py --perturb [CASE ...]
    python3 scripts/goldens_finetune.py --threads [CASE ...]

Weights and images are drawn from seeds, and the order of the images is that of the trainer (SampleRandom), so the other side makes the
same ones. Two epochs of ten steps each. inception_v3 computes in 64 bits: its auxiliary head takes the mean and variance of four numbers, which makes
of a difference in the last of 32 bits one of nearly a hundredth within five steps (--threads shows it); in 64 bits it agrees with all digits that count. For each case: the loss of every step, and after each epoch the loss on a fixed batch in
evaluation mode, of the averaged network where there is an average. "mixed" is torch.autocast with bfloat16. With CASE, only the cases whose names contain it are written anew.

--perturb shows how far rounding grows: each case once more with all weights changed by a unit in their last place at random, about one part in ten million in 32 bits. It prints the
largest relative difference of a loss; the goldens are to be compared within 1e-4, so it has to be clearly below that. --threads compares each step with two
threads and with one, in 32 bits and in 64: what Python makes of the same numbers in another order.
"""
import json
import math
import pathlib
import sys

import torch
from torch.nn import functional
from torch.optim import lr_scheduler
from torch.optim.swa_utils import AveragedModel
from torchvision import models
from torchvision.models.vision_transformer import VisionTransformer

CLASSES = 10
EPOCHS, TOTAL = 2, 20
WARM_UP = 5
SEED = 3
NORMS = (torch.nn.BatchNorm2d, torch.nn.LayerNorm)

# Builds it, the batch size, the side of an image, the steps of an epoch.
NETWORKS = {
    "resnet18": (lambda: models.resnet18(num_classes=CLASSES), 8, 32, 10),
    "mobilenet_v3_small": (lambda: models.mobilenet_v3_small(num_classes=CLASSES, dropout=0.0), 8, 32, 10),
    # vit_b_16 with two of its twelve layers.
    "vit_b_16": (lambda: VisionTransformer(32, 16, 2, 12, 768, 3072, num_classes=CLASSES), 8, 32, 10),
    # The auxiliary head takes no smaller images.
    "inception_v3": (lambda: redraw(models.inception_v3(num_classes=CLASSES, init_weights=False, aux_logits=True, dropout=0.0)), 4, 299, 10),
}
DOUBLES = {"inception_v3"}
AUXILIARY_WEIGHT = 0.4
# The learning rate is the network's: see --perturb. A frozen body leaves so little to learn that nothing would be seen with it.
OPTIMIZERS = {
    "sgd": lambda groups, rate: torch.optim.SGD(groups, lr=rate, momentum=0.9, nesterov=True, weight_decay=0.05),
    "adamw": lambda groups, rate: torch.optim.AdamW(groups, lr=rate, eps=1e-6, weight_decay=2.0),
    "rmsprop": lambda groups, rate: torch.optim.RMSprop(groups, lr=rate, eps=1e-6, weight_decay=0.01),
    "rmsprop_momentum": lambda groups, rate: torch.optim.RMSprop(groups, lr=rate, alpha=0.9, eps=0.0316, momentum=0.9, weight_decay=0.01),
}
RATES = {"sgd": 1e-3, "adamw": 2e-5, "rmsprop": 2e-5, "rmsprop_momentum": 1e-4}
SLOWER = {"resnet18/sgd": 0.05, "resnet18/adamw": 0.2, "inception_v3/sgd": 0.01, "inception_v3/adamw": 0.1}
FROZEN_FASTER = 50
CASES = [
    *(f"{network}/{optimizer}/{variant}" for network in ("resnet18", "mobilenet_v3_small", "vit_b_16")
      for optimizer in ("sgd", "adamw") for variant in ("average", "frozen", "groups")),
    "mobilenet_v3_small/rmsprop/plain", "mobilenet_v3_small/rmsprop_momentum/plain",
    *(f"{network}/sgd/mixed" for network in ("resnet18", "mobilenet_v3_small", "vit_b_16")),
    "inception_v3/sgd/groups", "inception_v3/adamw/average",
]

MASK = (1 << 64) - 1


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


def draw_order(epoch, count):
    """SampleRandom(SEED, epoch, 0, Purpose.Order).NextOrder(count)"""
    state = mix(mix(mix(mix(SEED) ^ epoch) ^ 0) ^ 2)
    order = list(range(count))
    for last in range(count - 1, 0, -1):
        state = (state + 0x9E3779B97F4A7C15) & MASK
        chosen = (mix(state) * (last + 1)) >> 64
        order[last], order[chosen] = order[chosen], order[last]
    return order


def draw_images(count, side):
    """Squares of eight pixels, with noise: where all of an image is alike, deep batch norms have nothing to go by and magnify rounding."""
    squares = torch.randn(count, 3, side // 8 + 1, side // 8 + 1).repeat_interleave(8, 2).repeat_interleave(8, 3)
    return squares[..., :side, :side] + torch.rand(count, 3, side, side)


def calm(model):
    """Keeps residual blocks near the identity: fresh ones with batch norm magnify rounding tenfold from step to step."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(".bn2.weight"):
                parameter.fill_(0.2)


def redraw(model):
    """Draws the weights anew: of the truncated normal distribution libtorch's builds have different last bits."""
    torch.manual_seed(2)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            if parameter.dim() > 1:
                parameter.normal_(0, parameter[0].numel() ** -0.5)
            elif name.endswith("fc.bias"):
                parameter.zero_()
    return model


def last_layer(model):
    return [(name, module) for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and not name.startswith("AuxLogits")][-1]


def loss_of(output, labels):
    if isinstance(output, models.InceptionOutputs):
        return functional.cross_entropy(output.logits, labels) + AUXILIARY_WEIGHT * functional.cross_entropy(output.aux_logits, labels)
    return functional.cross_entropy(output.float() if output.dtype == torch.bfloat16 else output, labels)


def groups(model, variant, make):
    head = last_layer(model)[0] + "."
    if variant == "frozen":
        for name, parameter in model.named_parameters():
            parameter.requires_grad = name.startswith(head)
        return make([p for p in model.parameters() if p.requires_grad])
    if variant != "groups":
        return make(model.parameters())

    norms = {f"{name}.{leaf}" for name, module in model.named_modules() if isinstance(module, NORMS) for leaf in ("weight", "bias")}
    found = {}
    for name, parameter in model.named_parameters():
        still = name in norms or name.endswith("bias")
        found.setdefault((name.startswith(head), still), []).append(parameter)
    rate, decay = (make([torch.zeros(1)]).defaults[key] for key in ("lr", "weight_decay"))
    return make([{"params": parameters, "lr": rate * (10 if is_head else 1), "weight_decay": 0 if still else decay}
                 for (is_head, still), parameters in found.items()])


def set_modes(model, variant):
    model.train()
    if variant == "frozen":
        for module in model.modules():
            module.training = False
        last_layer(model)[1].training = True


def train(case, perturbed=False, dtype=None, most=TOTAL):
    name, optimizer, variant = case.split("/")
    build, batch, side, steps = NETWORKS[name]
    count, warm_up = batch * steps, steps // 2
    torch.manual_seed(0)
    model = build()
    calm(model)
    torch.manual_seed(1)
    images, fixed = draw_images(count, side), draw_images(batch, side)
    labels = torch.arange(count) % CLASSES
    dtype = dtype or (torch.float64 if name in DOUBLES else torch.float32)
    model, images, fixed = model.to(dtype), images.to(dtype), fixed.to(dtype)
    if perturbed:
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(1 + torch.finfo(dtype).eps * torch.randn_like(parameter))

    rate = RATES[optimizer] * (FROZEN_FASTER if variant == "frozen" else SLOWER.get(f"{name}/{optimizer}", 1))
    update = groups(model, variant, lambda groups: OPTIMIZERS[optimizer](groups, rate))
    schedule = with_warm_up(update, warm_up, lr_scheduler.CosineAnnealingLR, EPOCHS * steps - warm_up) if variant == "groups" else None
    every = 3 if variant == "groups" else 1
    average = AveragedModel(model, avg_fn=lambda average, live, _: 0.8 * average + 0.2 * live, use_buffers=True) if variant in ("average", "groups") else None
    losses, rates, evaluated, step = [], [], [], 0
    for epoch in range(1, EPOCHS + 1):
        set_modes(model, variant)
        for chosen in torch.tensor(draw_order(epoch, count)).split(batch):
            update.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=variant == "mixed"):
                outputs = model(images[chosen])
            loss = loss_of(outputs, labels[chosen])
            loss.backward()
            rates.append(min(group["lr"] for group in update.param_groups))
            update.step()
            if schedule:
                schedule.step()
            if average and step % every == 0:
                average.update_parameters(model)
            losses.append(loss.item())
            step += 1
            if step == most < TOTAL:
                return {"losses": losses}
        measured = average.module if average else model
        measured.eval()
        with torch.inference_mode():
            evaluated.append(functional.cross_entropy(measured(fixed), torch.arange(batch) % CLASSES).item())
    assert all(map(math.isfinite, losses + evaluated))
    return {"losses": losses, "rates": rates, "evaluated": evaluated}


def with_warm_up(optimizer, steps, make, *arguments, **options):
    return lr_scheduler.SequentialLR(
        optimizer, [lr_scheduler.LinearLR(optimizer, 0.1, total_iters=steps), make(optimizer, *arguments, **options)], milestones=[steps])


def rates_of(make, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = make(optimizer)
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


def schedules():
    rest = TOTAL - WARM_UP
    return {
        "cosine": rates_of(lambda o: with_warm_up(o, WARM_UP, lr_scheduler.CosineAnnealingLR, rest, eta_min=0.05), TOTAL),
        "steps": rates_of(lambda o: with_warm_up(o, WARM_UP, lr_scheduler.StepLR, rest // 3, gamma=0.3), TOTAL),
        # SequentialLR cannot hold it, since it takes the optimiser's learning rate for its own: one after the other.
        "one_cycle": rates_of(lambda o: lr_scheduler.LinearLR(o, 0.1, total_iters=WARM_UP), WARM_UP)
        + rates_of(lambda o: lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=rest, cycle_momentum=False), rest),
    }


def compare_threads(cases):
    for case in cases:
        for dtype in (torch.float32, torch.float64):
            losses = []
            for threads in (1, 2):
                torch.set_num_threads(threads)
                losses.append(train(case, dtype=dtype, most=6)["losses"])
            print(f"{case}, {dtype}: {' '.join(f'{abs(a - b) / a:.1e}' for a, b in zip(*losses))}", flush=True)


def main():
    torch.set_num_threads(1)
    arguments = sys.argv[1:]
    perturb = arguments[:1] == ["--perturb"]
    if arguments[:1] == ["--threads"]:
        return compare_threads([case for case in CASES if len(arguments) == 1 or any(part in case for part in arguments[1:])])
    chosen = [case for case in CASES if len(arguments) == 1 or any(part in case for part in arguments[1:])]
    if perturb:
        for case in chosen:
            plain, changed = train(case), train(case, perturbed=True)
            growth = max(abs(a - b) / a for key in ("losses", "evaluated") for a, b in zip(plain[key], changed[key]))
            print(f"{case}: {growth:.1e}; loss from {plain['losses'][0]:.4f} to {plain['losses'][-1]:.4f}", flush=True)
        return

    path = pathlib.Path(arguments[0])
    cases = json.loads(path.read_text())["cases"] if path.exists() else {}
    for case in chosen:
        cases[case] = train(case)
        result = {"torch": torch.__version__, "cases": {case: cases[case] for case in CASES if case in cases}, "schedules": schedules()}
        path.write_text(json.dumps(result, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
