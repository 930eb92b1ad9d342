"""The report and the command: text, JSON, HTML, exit codes."""

import json
import subprocess
import sys
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
import torch
from architectures import build, images
from planted_faults import FAULTS
from torch import nn
from typer.testing import CliRunner

from dropnorm import doctor
from dropnorm.cli import app
from dropnorm.doctor.report import SEVERITIES, Report, checks

MODELS = """
import torch
from torch import nn
from torch.nn import functional as F

def healthy():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(144, 3))

class Moody(nn.Module):
    def __init__(self):
        super().__init__()
        self.out = nn.Linear(6, 3)
    def forward(self, x):
        return self.out(F.dropout(x))

ready = nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6, momentum=0.9), nn.Linear(6, 2))

def raises():
    return nn.Linear(7, 7)

def broken():
    raise OSError("no weights")

class Two(nn.Module):
    def forward(self, x, y):
        return x + y
"""


def faulty() -> nn.Module:
    model = FAULTS["functional dropout always on"][1](build("Plain"))
    return FAULTS["momentum of keras"][1](model)


def test_ok_asks_for_a_bar():
    report = doctor.examine(faulty(), images())
    assert report.worst == "error"
    assert not any([report.ok(), report.ok("error"), report.ok("note")])
    sound = doctor.examine(build("Plain"), images())
    assert sound.worst is None
    assert all([sound.ok(), sound.ok("error"), sound.ok("note")])
    with pytest.raises(ValueError, match="bar='fatal'"):
        sound.ok("fatal")


def test_one_line_for_continuous_integration():
    assert doctor.examine(build("Residual"), images()).ok()


def test_text_names_layer_line_evidence_cure_and_page():
    text = str(doctor.examine(faulty(), images()))
    assert "head.drop: dropout (p=0.3) acts in evaluation" in text and "[planted_faults.py:" in text
    assert (
        "of the predictions differ" in text and "training=self.training" in text and "zoo 9" in text
    )
    assert text.index("error") < text.index("warning")
    assert text.splitlines()[-1].startswith("not looked at: ")


def test_layers_with_the_same_fault_share_a_line():
    report = doctor.examine(FAULTS["momentum of keras"][1](build("Dense")), images())
    assert [finding.where for finding in report.findings] == ["stem.1 and 2 more"]


def test_json_holds_everything():
    report = doctor.examine(faulty(), images())
    read = json.loads(report.json())
    assert read["version"] == 1 and read["subject"] == "Plain"
    assert [finding["check"] for finding in read["findings"]] == [
        "dropout-in-eval",
        "momentum-reversed",
    ]
    fields = {"check", "severity", "layers", "text", "evidence", "place", "cure", "page"}
    assert all(set(finding) == fields for finding in read["findings"])


class Words(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.tags, self.words = [], set(), ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data


def test_html_is_a_closed_table_with_everything_escaped():
    report = Report("<script>")
    report.add("eps-large", SimpleNamespace(layer="a & b", place="x.py:1"), "<img>", eps=1)
    words = Words()
    words.feed(report._repr_html_())
    assert not words.open and "table" in words.tags and not words.tags & {"script", "img"}
    assert "<script>" in words.words and "a & b" in words.words and "<img>" in words.words


def test_every_check_has_severity_text_cure_and_page():
    for words in checks().values():
        assert words.keys() == {"severity", "text", "cure", "page"} and all(words.values())
        assert words["severity"] in SEVERITIES
    with pytest.raises(KeyError):
        Report("x").add("no-such-check", "layer")


def test_a_finding_that_becomes_a_warning_comes_first():
    report = Report("x")
    report.add("decay-on-norm", "layer")
    report.add("mode-mixed", "layer")
    report.findings[1].severity = "warning"
    report.sort()
    assert report.worst == "warning"


def test_ignored_checks_are_not_named():
    report = doctor.examine(faulty(), images(), ignore=["dropout-in-eval"])
    assert [finding.check for finding in report.findings] == ["momentum-reversed"]
    with pytest.raises(ValueError, match="no-such-check"):
        doctor.examine(faulty(), images(), ignore="no-such-check")
    with pytest.raises(ValueError, match="model=function"):
        doctor.examine(lambda x: x, images())


@pytest.fixture
def run(tmp_path, monkeypatch):
    (tmp_path / "readers_models.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "readers_models", raising=False)
    return lambda *arguments: CliRunner().invoke(app, ["doctor", *arguments])


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("readers_models:healthy", "--input", "8x3x8x8"), 0, "bias-before-norm"),
        (("readers_models:Moody", "--input", "8x6"), 1, "dropout-in-eval"),
        (
            ("readers_models:Moody", "--input", "8x6", "--ignore", "dropout-in-eval"),
            0,
            "nothing found",
        ),
        (("readers_models:ready", "--input", "8x6"), 1, "momentum-reversed"),
        (("readers_models:ready", "--input", "8x6", "--fail-on", "error"), 0, "momentum-reversed"),
        (("readers_models:Two", "--input", "8x6", "--input", "8x6"), 0, "nothing found"),
        (("readers_models:raises", "--input", "8x6"), 2, "could not examine"),
        (("readers_models:broken", "--input", "8x6"), 2, "no weights"),
        (("readers_models:missing", "--input", "8x6"), 2, "missing"),
        (("no_such_module:x", "--input", "8x6"), 2, "no_such_module"),
        (("readers_models", "--input", "8x6"), 2, "module:name"),
        (("readers_models:ready", "--input", "8xy"), 2, "--input 8xy"),
        (("readers_models:ready",), 2, "--data"),
        (
            ("readers_models:ready", "--input", "8x6", "--fail-on", "note"),
            2,
            "expected error or warning",
        ),
        (("readers_models:ready", "--input", "8x6", "--ignore", "nonsense"), 2, "nonsense"),
    ],
)
def test_the_command_says_and_exits(run, arguments, code, words):
    result = run(*arguments)
    assert (result.exit_code, words in result.output) == (code, True), result.output


def test_the_command_reads_weights_and_data_and_writes_json(run, tmp_path):
    poisoned = {**nn.Sequential(nn.Linear(6, 6), nn.BatchNorm1d(6), nn.Linear(6, 2)).state_dict()}
    poisoned["1.running_var"] = torch.full((6,), float("nan"))
    torch.save(poisoned, "weights.pt")
    torch.save((torch.randn(8, 6), torch.zeros(8, dtype=torch.long)), "data.pt")
    arguments = ("--weights", "weights.pt", "--data", "data.pt", "--json", "report.json")
    assert run("readers_models:ready", *arguments).exit_code == 1
    checks = [
        finding["check"]
        for finding in json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))[
            "findings"
        ]
    ]
    assert "stats-not-finite" in checks
    torch.save({"other": torch.zeros(3)}, "weights.pt")
    result = run("readers_models:ready", *arguments)
    assert result.exit_code == 2 and "Missing key" in result.output


def test_the_command_is_there_before_torch_is():
    code = "import sys; import dropnorm.doctor.command; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_package_needs_torch_alone():
    code = """
import sys
for name in ("numpy", "pandas", "scipy", "matplotlib"):
    sys.modules[name] = None
import torch
from dropnorm import doctor
print(doctor.examine(torch.nn.BatchNorm1d(3), torch.ones(4, 3)).ok())
"""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    assert done.stdout.strip() == "True"
