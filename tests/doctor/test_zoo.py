"""The bug zoo says of a beast that the doctor finds it: here the doctor is shown the beast."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from dropnorm import doctor
from dropnorm.doctor.report import Report, checks
from dropnorm.notebook import ANSWER, Zoo

REFERENCE = Path(__file__).parents[2] / "chapters" / "reference"
CAGE = re.compile(r"^\(zoo-(\d+)\)=$", re.MULTILINE)
CLAIM = re.compile(r"\*\*The doctor finds it:\*\* ([^\n]*)")
IMAGES = torch.randn(32, 3, 8, 8, generator=torch.Generator().manual_seed(0))
LABELS = torch.arange(32) % 4


def network(**settings) -> nn.Sequential:
    """Convolution, batch norm, ReLU, mean over the pixels, dropout, linear."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, bias=False),
        nn.BatchNorm2d(8, **settings),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(8, 4),
    )


class Moody(nn.Module):
    def forward(self, x):
        return F.dropout(x, 0.5)


class Shy(nn.BatchNorm2d):
    def forward(self, x):
        learn = torch.is_grad_enabled()
        return F.batch_norm(x, self.running_mean, self.running_var, training=learn)


class Amnesiac(nn.Module):
    def __init__(self):
        super().__init__()
        self.running_mean = torch.zeros(8)

    def forward(self, x):
        if self.training:
            self.running_mean = 0.9 * self.running_mean + 0.1 * x.detach().mean((0, 2, 3))
        return x - self.running_mean[:, None, None]


def examined(model: nn.Module, **known) -> Report:
    return doctor.examine(model, IMAGES, **known)


def replaced(index: int, layer: nn.Module) -> nn.Module:
    """The network with another layer in one place."""
    model = network()
    model[index] = layer
    return model


def frozen() -> nn.Module:
    model = network()
    for layer in model[:2]:
        layer.requires_grad_(False)
    return model


def watched(loop: Callable[[nn.Module, Callable], None]) -> Report:
    """A loop, with a function that takes one step on some of the images."""
    model = network()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def step(*parts: slice) -> None:
        optimizer.zero_grad()
        for part in parts or (slice(None),):
            F.cross_entropy(model(IMAGES[part]), LABELS[part]).backward()
        optimizer.step()

    with doctor.watch(model) as report:
        loop(model, step)
    return report


def never_back(model, step):
    step()
    model.eval()
    step()


def unguarded(model, step):
    step()
    with torch.no_grad():
        model.train()(IMAGES)
    step()


def halves(model, step):
    step(slice(0, 8), slice(8, 16))


def decayed() -> Report:
    model = network()
    return examined(model, optimizer=torch.optim.SGD(model.parameters(), 0.1, weight_decay=1e-4))


def stale() -> Report:
    """Statistics of other images than those it is asked about, which costs it its answers."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(4, affine=False))
    norm = model[1]
    norm.running_mean.copy_(torch.tensor([50.0, -50, 50, -50]))
    norm.num_batches_tracked.fill_(1000)
    labels = torch.arange(512) % 4
    images = F.one_hot(labels, 4).float() + 0.1 * torch.randn(512, 4)
    return doctor.examine(model, images, labels)


def last_of_one() -> Report:
    loader = DataLoader(TensorDataset(IMAGES[:, 0, 0, 0].repeat(3)[:65]), batch_size=16)
    return examined(network(), loader=loader)


FIRST_HOUSE: dict[int, tuple[str, Callable[[], Report]]] = {
    2: ("dropout-nd-on-flat", lambda: examined(replaced(5, nn.Dropout2d(0.3)))),
    7: (
        "dropout-inplace",
        lambda: examined(replaced(2, nn.Sequential(nn.ReLU(), nn.Dropout(0.3, inplace=True)))),
    ),
    8: ("bias-before-norm", lambda: examined(replaced(0, nn.Conv2d(3, 8, 3)))),
    9: ("dropout-in-eval", lambda: examined(replaced(5, Moody()))),
    10: ("learned-in-eval", lambda: watched(never_back)),
    11: ("eval-depends-on-grad", lambda: examined(replaced(1, Shy(8)))),
    12: ("frozen-norm-moves", lambda: examined(frozen())),
    13: ("momentum-reversed", lambda: examined(network(momentum=0.99))),
    16: (
        "dropout-before-norm",
        lambda: examined(
            replaced(0, nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.Dropout(0.3)))
        ),
    ),
    17: ("stats-not-registered", lambda: examined(replaced(1, Amnesiac()))),
    18: ("last-batch-one", last_of_one),
    19: ("gradients-accumulated", lambda: watched(halves)),
    20: ("norm-per-device", lambda: examined(nn.DataParallel(network()))),
    21: ("decay-on-norm", decayed),
    22: ("moved-by-validation", lambda: watched(unguarded)),
    23: ("moved-by-validation", lambda: watched(unguarded)),
    24: ("stats-stale", stale),
}


def cages(page: str) -> dict[int, str]:
    """The words of each cage by its number."""
    cells = json.loads((REFERENCE / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    _, *parts = CAGE.split(text)
    return dict(zip(map(int, parts[::2]), parts[1::2], strict=True))


def claimed(page: str) -> dict[int, list[str]]:
    """The checks that a cage names as the doctor's, by its number."""
    found = {number: CLAIM.search(words) for number, words in cages(page).items()}
    return {n: re.findall(r"`([a-z-]+)`", match[1]) for n, match in found.items() if match}


def printed(page: str) -> dict[int, list[str]]:
    """What the doctor said when the page ran."""
    cells = json.loads((REFERENCE / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
    texts = ["".join(o.get("text", [])) for c in cells for o in c.get("outputs", [])]
    said: dict[int, list[str]] = {}
    for number, check in re.findall(r"^(\d+)  \w+ +([a-z-]+)$", "\n".join(texts), re.MULTILINE):
        said.setdefault(int(number), []).append(check)
    return said


@pytest.mark.parametrize("number", FIRST_HOUSE)
def test_the_doctor_finds_the_beast(number):
    check, report = FIRST_HOUSE[number]
    assert check in [finding.check for finding in report().findings]


def test_the_doctor_finds_none_of_them_in_a_sound_network():
    model = network()
    found = {finding.check for finding in examined(model).findings}
    assert not found & {check for check, _ in FIRST_HOUSE.values()}


def test_the_first_house_says_so_of_these_and_of_no_other():
    assert claimed("bug-zoo") == {n: [check] for n, (check, _) in FIRST_HOUSE.items()}


def test_the_second_house_says_so_of_what_its_own_cells_found():
    assert claimed("bug-zoo-2") == printed("bug-zoo-2")
    assert len(printed("bug-zoo-2")) > 10


def test_every_cage_that_the_doctor_sends_to_is_there():
    beasts = cages("bug-zoo") | cages("bug-zoo-2")
    pages = {check: words["page"] for check, words in checks().items()}
    sent = {c: page.removeprefix("zoo ") for c, page in pages.items() if page.startswith("zoo")}
    assert {check: n for check, n in sent.items() if int(n) not in beasts} == {}
    assert len(sent) > 30


def test_the_beasts_of_both_houses_are_numbered_without_a_gap_and_found_in_the_tables():
    for page, numbers in (("bug-zoo", range(1, 25)), ("bug-zoo-2", range(25, 45))):
        cells = json.loads((REFERENCE / f"{page}.ipynb").read_text(encoding="utf-8"))["cells"]
        assert sorted(cages(page)) == list(numbers)
        symptoms = re.findall(r"\(#zoo-(\d+)\) \|$", "".join(cells[0]["source"]), re.MULTILINE)
        assert sorted(map(int, symptoms)) == list(numbers)


def test_every_cage_of_the_second_house_cites_a_public_thread():
    thread = re.compile(r"\]\(https://github\.com/[\w.-]+/[\w.-]+/(issues|pull)/\d+\)")
    assert [n for n, words in cages("bug-zoo-2").items() if not thread.search(words)] == []


def test_a_test_of_the_zoo_counts_only_if_it_is_red_and_green(capsys):
    zoo = Zoo()
    zoo.catches(1, ANSWER, lambda x: x > 0, fault=-1, cure=1)
    assert zoo.caught == {1: ANSWER} and "red on the fault" in capsys.readouterr().out
    for fault, cure, wrong in ((1, 1, "green on the fault"), (-1, -1, "red on the cure")):
        with pytest.raises(AssertionError, match=wrong):
            zoo.catches(2, ANSWER, lambda x: x > 0, fault=fault, cure=cure)


def test_an_error_of_the_fault_is_red():
    zoo = Zoo()
    zoo.catches(7, ANSWER, lambda x: torch.ones(4).reshape(x).sum(), fault=(3,), cure=(2, 2))
    assert 7 in zoo.caught


def test_what_the_doctor_does_not_name_is_not_kept():
    zoo = Zoo()
    report = examined(network(momentum=0.99))
    zoo.finds(13, report, "momentum-reversed")
    assert zoo.found == [(13, "warning", "momentum-reversed")]
    with pytest.raises(AssertionError, match="momentum-reversed"):
        zoo.finds(14, report, "eps-large")
