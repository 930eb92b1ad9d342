"""What the doctor found, as text, JSON and HTML; ``checks.toml`` has the words for each check."""

import html
import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Protocol

SEVERITIES = ("note", "warning", "error")
FIGURES = re.compile(r"[\d.,()]+")  # the same fault at another rate is the same fault
VERSION = 1  # of the JSON
COLUMNS = ("severity", "layer", "finding", "cure", "page")


@cache
def checks() -> dict[str, dict[str, str]]:
    """Severity, text, cure and page of every check, by its name."""
    return tomllib.loads((files(__package__) / "checks.toml").read_text("utf-8"))


class Site(Protocol):
    """What has a layer's name, and a line of the model's code as file:line."""

    layer: str
    place: str


@dataclass
class Finding:
    """One fault: which layers have it, how it shows, and where the code is (file:line)."""

    check: str
    severity: str
    layers: list[str]
    text: str
    evidence: str = ""
    place: str = ""

    @property
    def cure(self) -> str:
        """What to do, in a line."""
        return checks()[self.check]["cure"]

    @property
    def page(self) -> str:
        """Where the course explains it."""
        return checks()[self.check]["page"]

    @property
    def where(self) -> str:
        """The layers, shortened."""
        others = len(self.layers) - 1
        return self.layers[0] + (f" and {others} more" if others else "")


@dataclass(repr=False)
class Report:
    """Findings, the gravest first; a table in a notebook, text with ``print``.

    Attributes
    ----------
    subject
        What was examined.
    findings
        One for each fault; layers that share it are named together.
    unseen
        What was not looked at, and why.
    failed
        Why the model could not be examined; empty if it could.
    measured
        Figures that were measured on labelled images, by name.
    """

    subject: str
    ignore: frozenset[str] = frozenset()
    findings: list[Finding] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    failed: str = ""
    summary: str = ""
    measured: dict[str, float] = field(default_factory=dict)

    def add(
        self,
        check: str,
        where: str | Site,
        evidence: str = "",
        severity: str | None = None,
        **figures: object,
    ) -> None:
        """Note a finding; a further layer with the same fault joins the finding that is there.

        Parameters
        ----------
        check
            A name in ``checks.toml``; the figures are those that its text asks for.
        where
            The layer, by its name or by a call of it.
        severity
            Another one than the check's own, where the case decides.
        """
        words = checks()[check]
        if check in self.ignore:
            return
        severity, text = severity or words["severity"], words["text"].format(**figures)
        layer, place = (where, "") if isinstance(where, str) else (where.layer, where.place)
        for finding in self.findings:
            same = (finding.check, finding.severity) == (check, severity)
            if same and FIGURES.sub("", finding.text) == FIGURES.sub("", text):
                finding.layers += [layer] if layer not in finding.layers else []
                return
        self.findings.append(Finding(check, severity, [layer], text, evidence, place))
        self.sort()

    def sort(self) -> None:
        """Put the gravest first, after a severity has changed."""
        self.findings.sort(key=lambda finding: -SEVERITIES.index(finding.severity))

    @property
    def worst(self) -> str | None:
        """The highest severity, None without findings."""
        return self.findings[0].severity if self.findings else None

    def ok(self, bar: str = "warning") -> bool:
        """Whether the model could be examined, and nothing is at or above a severity."""
        if bar not in SEVERITIES:
            raise ValueError(f"bar={bar!r}: expected one of {', '.join(SEVERITIES)}")
        below = SEVERITIES[: SEVERITIES.index(bar)]
        return not self.failed and all(f.severity in below for f in self.findings)

    def json(self) -> str:
        """Everything, for programs."""
        fields = ("subject", "summary", "failed", "unseen", "measured")
        described = {"version": VERSION} | {name: getattr(self, name) for name in fields}
        findings = [vars(f) | {"cure": f.cure, "page": f.page} for f in self.findings]
        return json.dumps(described | {"findings": findings}, indent=1)

    def __str__(self) -> str:
        lines = [f"{self.subject} · {self.summary}" if self.summary else self.subject]
        for f in self.findings:
            place = f"  [{f.place}]" if f.place else ""
            lines.append(f"{f.severity:<8} {f.where}: {f.text}{place}")
            lines += [f"         {f.evidence}"] if f.evidence else []
            lines.append(f"         → {f.cure}  ({f.check}, {f.page})")
        lines += [f"could not examine: {self.failed}"] if self.failed else []
        lines += ["nothing found"] if not self.findings and not self.failed else []
        lines.append("not looked at: " + ("; ".join(self.unseen) or "nothing was left out"))
        return "\n".join(lines)

    __repr__ = __str__

    def html(self) -> str:
        """A table, with everything escaped."""
        head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
        rows = ""
        for f in self.findings:
            details = " ".join(part for part in (f.text + ".", f.evidence, f.place) if part)
            cells = (f.severity, f.where, details, f.cure, f"{f.page} ({f.check})")
            rows += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        lines = str(self).splitlines()
        below = lines[-1] if self.findings and not self.failed else " · ".join(lines[-2:])
        caption = f"<caption>{html.escape(lines[0])}</caption>"
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<div>{table}<p>{html.escape(below)}</p></div>"

    _repr_html_ = html


def ignored(names: str | Iterable[str]) -> frozenset[str]:
    """The checks to leave out; a name that does not exist is a ValueError."""
    chosen = frozenset([names] if isinstance(names, str) else names)
    if unknown := sorted(chosen - set(checks())):
        known = ", ".join(sorted(checks())[:3])
        raise ValueError(f"ignore={unknown}: expected names of checks, such as {known}")
    return chosen
