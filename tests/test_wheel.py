"""An installed package is honest.

What needs no repository works from the wheel, and what needs one says so.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from fresh_environment import copy_of_the_course, fresh_environment, variables

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Run Python in a new environment that has the wheel, and this environment's other packages."""
    folder = tmp_path_factory.mktemp("elsewhere")
    # a copy: building leaves folders behind
    source, wheels, home, work = (folder / name for name in ("source", "wheels", "home", "work"))
    home.mkdir()
    work.mkdir()
    copy_of_the_course(source, "code")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-deps", "--no-index"]
    build = [*pip, "wheel", *offline, "--no-build-isolation", f"--wheel-dir={wheels}", str(source)]
    subprocess.run(build, check=True)
    shutil.rmtree(source)
    python, library = fresh_environment(folder / "venv")
    subprocess.run(
        [*pip, f"--python={python}", "install", *offline, *map(str, wheels.glob("*.whl"))],
        check=True,
    )

    def run(*arguments: str, **more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [python, *arguments],
            cwd=work,
            env={**variables(home), "PYTHONIOENCODING": "utf-8", **more},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    run.library, run.work = library, work
    return run


def code(elsewhere, source: str, **variables: str) -> str:
    done = elsewhere("-c", source, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_in_use_is_the_wheels(elsewhere):
    assert (
        Path(code(elsewhere, "import dropnorm; print(dropnorm.__file__)").strip()).parent
        == elsewhere.library / "dropnorm"
    )


def test_without_results_a_study_says_where_it_looked_and_what_to_set(elsewhere):
    folder = elsewhere.library.parent / "results"
    printed = code(
        elsewhere,
        """
from dropnorm.experiments import results, studies
from dropnorm.experiments.records import RecordError
try:
    print("silent:", results.records(studies.TOGETHER))
except RecordError as error:
    print(error)
""",
    )
    assert str(folder) in printed and "DROPNORM_RESULTS" in printed, printed


def test_with_the_repositorys_results_it_has_the_repositorys_records(elsewhere):
    printed = code(
        elsewhere,
        """
from dropnorm.experiments import results, studies
print(len(results.records(studies.TOGETHER)), len(studies.TOGETHER.trials))
""",
        DROPNORM_RESULTS=str(ROOT / "results"),
    )
    stored, planned = map(int, printed.split())
    assert stored == planned > 20


def test_layers_and_their_gradient_check_work(elsewhere):
    printed = code(
        elsewhere,
        """
import sys
sys.modules["torch"] = None
import numpy as np
from dropnorm import scratch as nn
convolution, norm = nn.Conv2d(1, 2, 3, rng=0, dtype=np.float64), nn.BatchNorm2d(2, dtype=np.float64)
network = nn.Sequential(convolution, norm, nn.Dropout(0.5, rng=0))
errors = nn.gradient_check(network, np.random.default_rng(0).standard_normal((2, 1, 4, 4)))
print(len(errors), all(error < 1e-7 for error in errors.values()))
""",
    )
    assert printed.split() == ["5", "True"]


def test_checkers_tell_a_right_answer_from_a_wrong_one(elsewhere):
    printed = code(
        elsewhere,
        """
from dropnorm.exercises import check
for answer in (lambda dy, mask, p: dy * mask / (1 - p), lambda dy, mask, p: dy):
    verdict = check("dropout-backward", answer)
    print(verdict.passed, verdict.diagnosis)
""",
    )
    assert (
        printed.splitlines()[0].startswith("True")
        and printed.splitlines()[1] == "False passed-through"
    )


def test_images_are_shipped_and_a_network_trains_on_them(elsewhere):
    printed = code(
        elsewhere,
        """
from dropnorm import data
from dropnorm.experiments.model import build_model
from dropnorm.experiments.training import run_trial
from dropnorm.experiments.trial import Trial
images, labels = data.fashion("train", 60)
sizes = dict(n_train=60, n_validation=100, n_test=100, width=4, hidden=8)
trial = Trial(steps=3, batch_size=20, norm="batch", **sizes)
weights = sum(p.numel() for p in build_model(trial).parameters())
print(images.shape, len({*labels.tolist()}), weights > 100)
record = run_trial(trial)
print(record.trial == trial, record.diverged, 0 <= record.final["test"]["accuracy"] <= 1)
""",
    )
    assert printed.splitlines() == ["(60, 1, 28, 28) 10 True", "True False True"]


def test_the_doctor_has_its_words(elsewhere):
    printed = code(
        elsewhere,
        """
import torch
from dropnorm import doctor
print(doctor.examine(torch.nn.Sequential(torch.nn.Dropout(1.0)), torch.ones(4, 3)))
""",
    )
    assert "p=1 drops everything in training" in printed and "zoo 1" in printed


@pytest.mark.parametrize("command", ["--help", "study list"])
def test_the_command_line_answers(elsewhere, command):
    done = elsewhere("-m", "dropnorm", *command.split())
    assert done.returncode == 0 and len(done.stdout) > 300, done.stderr


def test_a_command_for_the_repository_says_that_it_needs_it(elsewhere):
    done = elsewhere("-m", "dropnorm", "lab")
    assert done.returncode == 1 and "Traceback" not in done.stderr, done.stderr
    folder = str(elsewhere.library.parent)
    assert f"needs the course's repository, but {folder} has no chapters" in done.stderr
    assert not any(elsewhere.work.iterdir())


def test_the_repositorys_folder_can_be_named(elsewhere):
    source = "from dropnorm import repository; print(repository.needed_by('this test'))"
    assert code(elsewhere, source, DROPNORM_COURSE=str(ROOT)).strip() == str(ROOT)
