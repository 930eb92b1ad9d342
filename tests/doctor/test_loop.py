"""``watch``: a right loop is silent, each wrong one is named."""

import pytest
import torch
from architectures import images
from torch import nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from dropnorm import doctor

LABELS = torch.arange(32) % 5


class Net(nn.Module):
    def __init__(self, checkpointed: bool = False):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU())
        self.drop, self.out, self.checkpointed = nn.Dropout(0.3), nn.Linear(8, 5), checkpointed

    def forward(self, x):
        x = checkpoint(self.body, x, use_reentrant=False) if self.checkpointed else self.body(x)
        return self.out(self.drop(x.mean((2, 3))))


class Loop:
    """A model and an optimizer, and the steps that a loop is made of."""

    def __init__(self, **settings):
        torch.manual_seed(0)
        self.model = Net(**settings)
        self.optimizer = torch.optim.SGD(self.model.parameters(), 0.1)
        self.images = images(32)

    def learn(self, *parts: slice, scaler=None):
        self.optimizer.zero_grad()
        for part in parts or (slice(0, 16),):
            loss = F.cross_entropy(self.model(self.images[part]), LABELS[part])
            (scaler.scale(10 * loss) if scaler else loss).backward()
        scaler.step(self.optimizer) if scaler else self.optimizer.step()
        scaler.update() if scaler else None

    def validate(self):
        with torch.no_grad():
            return self.model(self.images)

    def attack(self):
        pixels = self.images[:16].clone().requires_grad_()
        F.cross_entropy(self.model(pixels), LABELS[:16]).backward()
        return pixels.grad


def right(loop: Loop):
    for _ in range(2):
        loop.model.train()
        loop.learn()
        loop.learn(slice(16, 32))
        loop.model.eval()
        loop.validate()
        loop.attack()


def never_back_in_training_mode(loop: Loop):
    loop.learn()
    loop.model.eval()
    loop.validate()
    loop.learn()
    loop.learn()


def validates_in_training_mode(loop: Loop):
    loop.learn()
    loop.validate()
    loop.learn()


def attacks_in_training_mode(loop: Loop):
    loop.learn()
    loop.attack()
    loop.learn()


def a_last_batch_of_one(loop: Loop):
    loop.learn()
    loop.learn(slice(31, 32))


def accumulates_small_batches(loop: Loop):
    for _ in range(2):
        loop.learn(*(slice(i, i + 4) for i in range(0, 16, 4)))


def skips_a_step(loop: Loop):
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**127)
    for _ in range(3):
        loop.learn(scaler=scaler)


def counts_a_batch_twice(loop: Loop):
    loop.model.checkpointed = True
    loop.learn()


def poisons_the_statistics(loop: Loop):
    loop.learn()
    loop.images[0, 0, 0, 0] = float("nan")
    with torch.no_grad():
        before = [p.clone() for p in loop.model.parameters()]
    loop.learn()
    with torch.no_grad():
        for parameter, value in zip(loop.model.parameters(), before, strict=True):
            parameter.copy_(value)


WRONG = {
    never_back_in_training_mode: "learned-in-eval",
    validates_in_training_mode: "moved-by-validation",
    attacks_in_training_mode: "moved-by-attack",
    a_last_batch_of_one: "last-batch-one",
    accumulates_small_batches: "gradients-accumulated",
    skips_a_step: "moved-by-skipped-step",
    counts_a_batch_twice: "batch-counted-twice",
    poisons_the_statistics: "stats-not-finite",
}


def watched(steps, **settings):
    loop = Loop(**settings)
    with doctor.watch(loop.model) as report:
        steps(loop)
    return report


def test_a_right_loop_is_silent():
    report = watched(right)
    assert report.ok("note"), report
    assert report.summary == "8 passes, 4 learned from, 4 steps"


@pytest.mark.parametrize(("steps", "check"), WRONG.items(), ids=[steps.__name__ for steps in WRONG])
def test_a_wrong_loop_is_named(steps, check):
    report = watched(steps)
    assert [finding.check for finding in report.findings] == [check], report
    assert not report.ok()


def test_the_count_of_passes_is_in_the_finding():
    assert "2 of 3 passes" in watched(never_back_in_training_mode).findings[0].text


def by_hand(loop: Loop):
    loop.optimizer = torch.optim.SGD([torch.zeros(1)])  # moves nothing of the model
    loop.learn()
    for parameter in loop.model.parameters():
        parameter.data -= 0.1 * parameter.grad


def fused(loop: Loop):
    loop.optimizer = torch.optim.AdamW(loop.model.parameters(), fused=True)
    loop.learn()


@pytest.mark.parametrize("learn", [by_hand, fused])
def test_a_step_that_moves_no_counter_is_seen(learn):
    loop = Loop()
    with doctor.watch(loop.model) as report:
        learn(loop)
        loop.model.eval()
        learn(loop)
    assert [finding.check for finding in report.findings] == ["learned-in-eval"], report
    assert "1 of 2 passes" in report.findings[0].text


def test_recalibration_is_no_validation():
    loop = Loop()
    with doctor.watch(loop.model) as report:
        loop.learn()
        loop.model.body[1].momentum = None
        loop.validate()
    assert report.ok(), report


def test_gradients_of_large_batches_may_be_added_up():
    assert watched(lambda loop: loop.learn(slice(0, 16), slice(16, 32))).ok()


def test_a_model_that_was_not_called_is_said():
    assert any("was not called" in line for line in watched(lambda loop: None).unseen)


def test_a_model_inside_data_parallel_is_watched():
    loop = Loop()
    loop.model = nn.DataParallel(loop.model)
    with doctor.watch(loop.model) as report:
        loop.learn(slice(0, 1))
        loop.learn()
    assert report.findings[0].check == "last-batch-one"


def test_only_modules_are_watched():
    with pytest.raises(ValueError, match="model=list"), doctor.watch([]):
        pass
