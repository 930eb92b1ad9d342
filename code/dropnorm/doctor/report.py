"""What the doctor found, as text, JSON and HTML."""

import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from dropnorm.doctor.catalogue import CHECKS

SEVERITIES = ("note", "warning", "error")
FIGURES = re.compile(r"[\d.,()]+")  # the same fault at another rate is the same fault
VERSION = 1  # of the JSON


@dataclass
class Finding:
    """One fault: ``layers`` have it, ``text`` says what, ``evidence`` how it shows, ``place`` where (file:line)."""

    check: str
    severity: str
    layers: list[str]
    text: str
    evidence: str = ""
    place: str = ""

    @property
    def cure(self) -> str:
        """What to do, in a line."""
        return CHECKS[self.check][0]

    @property
    def page(self) -> str:
        """Where the course explains it."""
        return CHECKS[self.check][1]

    @property
    def where(self) -> str:
        """The layers, shortened."""
        return self.layers[0] + (
            f" and {len(self.layers) - 1} more" if len(self.layers) > 1 else ""
        )


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
    ignore: frozenset = frozenset()
    findings: list[Finding] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    failed: str = ""
    summary: str = ""
    measured: dict[str, float] = field(default_factory=dict)

    def add(
        self, check: str, severity: str, layer: str, text: str, evidence: str = "", place: str = ""
    ) -> None:
        """Note a finding; a further layer with the same fault joins the finding that is there."""
        CHECKS[check]  # a check without cure and page does not ship
        if check in self.ignore:
            return
        for finding in self.findings:
            same = finding.check == check and finding.severity == severity
            if same and FIGURES.sub("", finding.text) == FIGURES.sub("", text):
                finding.layers += [layer] if layer not in finding.layers else []
                return
        self.findings.append(Finding(check, severity, [layer], text, evidence, place))
        self.findings.sort(key=lambda finding: -SEVERITIES.index(finding.severity))

    @property
    def worst(self) -> str | None:
        """The highest severity, None without findings."""
        return self.findings[0].severity if self.findings else None

    def ok(self, bar: str = "warning") -> bool:
        """Whether the model could be examined and nothing is at or above ``bar``: "note", "warning" or "error"."""
        if bar not in SEVERITIES:
            raise ValueError(f"bar={bar!r}: expected one of {', '.join(SEVERITIES)}")
        grave = [f for f in self.findings if SEVERITIES.index(f.severity) >= SEVERITIES.index(bar)]
        return not self.failed and not grave

    def json(self) -> str:
        """Everything, for programs."""
        findings = [{**vars(f), "cure": f.cure, "page": f.page} for f in self.findings]
        other = {
            name: getattr(self, name)
            for name in ("subject", "summary", "failed", "unseen", "measured")
        }
        return json.dumps({"version": VERSION, **other, "findings": findings}, indent=1)

    def __str__(self) -> str:
        lines = [f"{self.subject} · {self.summary}" if self.summary else self.subject]
        for f in self.findings:
            lines.append(
                f"{f.severity:<8} {f.where}: {f.text}" + (f"  [{f.place}]" if f.place else "")
            )
            lines += [f"         {f.evidence}"] if f.evidence else []
            lines.append(f"         → {f.cure}  ({f.check}, {f.page})")
        lines += [f"could not examine: {self.failed}"] if self.failed else []
        lines += ["nothing found"] if not self.findings and not self.failed else []
        return "\n".join(
            [*lines, "not looked at: " + ("; ".join(self.unseen) or "nothing was left out")]
        )

    __repr__ = __str__

    def html(self) -> str:
        """A table, with everything escaped."""
        head = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("severity", "layer", "finding", "cure", "page")
        )
        rows = ""
        for f in self.findings:
            details = " ".join(part for part in (f.text + ".", f.evidence, f.place) if part)
            cells = (f.severity, f.where, details, f.cure, f"{f.page} ({f.check})")
            rows += "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in cells) + "</tr>"
        text = str(self).splitlines()
        below = text[-1] if self.findings and not self.failed else " · ".join(text[-2:])
        caption = f"<caption>{html.escape(text[0])}</caption>"
        table = f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        return f"<div>{table}<p>{html.escape(below)}</p></div>"

    _repr_html_ = html


def ignored(checks: Iterable[str]) -> frozenset:
    """The checks to leave out; a name that does not exist is a ValueError."""
    checks = frozenset([checks] if isinstance(checks, str) else checks)
    if unknown := sorted(checks - set(CHECKS)):
        raise ValueError(
            f"ignore={unknown}: expected names of checks, such as {', '.join(sorted(CHECKS)[:3])}"
        )
    return checks
