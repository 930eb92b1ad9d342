"""Does the doctor's figure foretell the gain? Trains 24 small networks and stores both.

    python tests/doctor/gains.py            # train what is missing, store it, print the table
    python tests/doctor/gains.py --show     # the table alone

The tests do not train, they read what is stored. Each network has dropout at a rate and a place,
and is trained on 5,000 images of clothes (14 × 14, 300 steps). The doctor sees 512 validation
images with labels: its figure is what statistics without dropout gain over statistics with it, both
from these images, which are few. The true gain is the accuracy on 2,000 test images after
recalibration on training images, less the accuracy before.
"""

import argparse
import itertools
import json
import time
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn
from torch.nn import functional as F

from dropnorm import data, doctor
from dropnorm.experiments.finetuning import recalibrate

FILE = Path(__file__).with_name("gains.jsonl")
RATES, SEEDS = (0.1, 0.3, 0.5), (0, 1)
PLACES = ("before the norm", "end of the block", "channels", "head")
WIDTH, STEPS = 12, 300


def network(place: str, p: float) -> nn.Sequential:
    """Two blocks of two convolutions with batch norm, and a hidden layer with its own."""
    layers: list[nn.Module] = []
    for inputs, outputs in ((1, WIDTH), (WIDTH, 2 * WIDTH)):
        for a, b in ((inputs, outputs), (outputs, outputs)):
            layers += [nn.Conv2d(a, b, 3, padding=1, bias=False)]
            layers += [nn.Dropout(p)] if place == "before the norm" else []
            layers += [nn.BatchNorm2d(b), nn.ReLU()]
            layers += [nn.Dropout2d(p)] if place == "channels" else []
        layers += [nn.Dropout(p)] if place == "end of the block" else []
        layers += [nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Dropout(p) if place == "head" else nn.Identity()]
    return nn.Sequential(
        *layers, nn.Linear(18 * WIDTH, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10)
    )


def load(split: str) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = data.fashion(split, source="subset")
    return F.avg_pool2d(torch.from_numpy(images), 2), torch.from_numpy(labels)


def train(model: nn.Module, images: torch.Tensor, labels: torch.Tensor, seed: int) -> None:
    order = np.random.default_rng(seed)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, STEPS)
    for _ in range(STEPS):
        batch = torch.from_numpy(order.choice(len(images), 64, replace=False))
        optimizer.zero_grad()
        F.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
        schedule.step()


def accuracy(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> float:
    model.eval()
    with torch.no_grad():
        return 100 * float((model(images).argmax(1) == labels).float().mean())


def measure(place: str, p: float, seed: int) -> dict:
    torch.manual_seed(seed)
    sets = {split: load(split) for split in ("train", "validation", "test")}
    model = network(place, p)
    train(model, *sets["train"], seed)
    images, labels = (part[:512] for part in sets["validation"])
    figures, before = doctor.examine(model, images, labels), accuracy(model, *sets["test"])
    recalibrate(model, sets["train"][0].split(200))
    gain = accuracy(model, *sets["test"]) - before
    warned = [finding.check for finding in figures.findings if finding.severity == "warning"]
    row = {"place": place, "p": p, "seed": seed, "before": before, "true_gain": gain}
    return row | {"warned": warned} | figures.measured


def rows() -> list[dict]:
    if not FILE.exists():
        return []
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def show(stored: list[dict]) -> None:
    for row in stored:
        figure = f"{row['dropout']:+6.1f} ({row['dropout_low']:+.1f} to {row['dropout_high']:+.1f})"
        network = f"{row['place']:<17} {row['p']} {row['seed']}"
        print(f"{network}  doctor {figure:<26} true {row['true_gain']:+6.1f}", *row["warned"])
    true, predicted = [row["true_gain"] for row in stored], [row["dropout"] for row in stored]
    rank = spearmanr(predicted, true).statistic
    error = np.median(np.abs(np.subtract(predicted, true)))
    print(f"{len(stored)} networks, Spearman {rank:.2f}, median error {error:.1f} points")


def main() -> None:
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--show", action="store_true", help="print what is stored")
    if not parser.parse_args().show:
        known = {(row["place"], row["p"], row["seed"]) for row in rows()}
        for seed, place, p in itertools.product(SEEDS, PLACES, RATES):
            if (place, p, seed) not in known:
                start = time.perf_counter()
                line = json.dumps(measure(place, p, seed))
                with FILE.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
                print(f"{place} {p} {seed}: {time.perf_counter() - start:.0f} s", flush=True)
    show(rows())


if __name__ == "__main__":
    main()
