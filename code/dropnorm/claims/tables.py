"""The tables of the claims ledger: all effects, the claims, a claim's figures, the worlds."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from dropnorm.claims.effects import Effect, Identity
from dropnorm.claims.verdict import Claim
from dropnorm.claims.worlds import Question


def table(claims: Iterable[Claim]) -> pd.DataFrame:
    """One row an effect, no identities: its claim, setting, quantity, interval, marks and p."""
    return pd.DataFrame(
        {
            "number": claim.number,
            "claim": claim.text,
            "setting": effect.setting,
            "quantity": effect.quantity,
            "primary": effect.setting == claim.primary,
            **effect.interval._asdict(),
            "figure": str(effect),
            "supports": effect.supports,
            "contradicts": effect.contradicts,
            "p": effect.p if effect.directional else np.nan,
            "verdict": claim.verdict,
        }
        for claim in claims
        for effect in claim.effects
    ).rename(columns={"n": "seeds"})


def overview(claims: Iterable[Claim], chapters: Mapping[str, Mapping[int, str]]) -> str:
    """A Markdown table with one row a claim: verdict, primary figure, marks.

    Parameters
    ----------
    claims
        The rows.
    chapters
        Further columns: heading → number of the claim → text.
    """
    lines = [
        " | ".join(["| | Claim | Verdict | Primary figure | ✓ ○ ✗", *chapters]) + " |",
        "|--:|:--|:--|:--|:-:|" + ":--|" * len(chapters),
    ]
    for claim in claims:
        cells = [str(claim.number), claim.text, f"**{claim.verdict}**", *_evidence(claim)]
        cells += [column[claim.number] for column in chapters.values()]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def over_worlds(questions: Iterable[Question]) -> str:
    """A Markdown table with one row a question: the verdict, and its figure in each world.

    ✓, ✗ and ○ as in ``details``; the intervals stand in the picture.
    """
    names = list(dict.fromkeys(world.name for asked in questions for world in asked.worlds))
    lines = [
        " | ".join(["| | Figure", "Over worlds", *names]) + " |",
        "|--:|:--|:--|" + ":-:|" * len(names),
    ]
    for question in questions:
        found = {name: _marked_mean(effect) for name, effect in question.effects.items()}
        cells = [str(question.number), question.asked, f"**{question.verdict}**"]
        cells += [found.get(name, "") for name in names]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def details(claim: Claim) -> str:
    """A claim's figures as a Markdown list, the primary one first.

    ✓ supports it, ✗ contradicts it, ○ neither.
    """
    verdict: str = claim.verdict
    if verdict == "mixed":
        verdict = f"mixed, by {claim.separation}"
    lines = [f"**{claim.number}. {claim.text}** Verdict: **{verdict}**.", ""]
    for figure in sorted(claim.figures, key=lambda figure: figure.setting != claim.primary):
        mark = "" if isinstance(figure, Identity) else f"{_mark(figure)} "
        line = f"- {mark}{figure.setting}: {figure.quantity}: {figure}"
        if figure.setting == claim.primary:
            line += f". *Primary:* {claim.reason}"
        lines.append(line)
    return "\n".join(lines)


def _evidence(claim: Claim) -> tuple[str, str]:
    """Primary figure and marks; nothing for a claim without evidence."""
    if not claim.effects:
        return "", ""
    marks = [_mark(effect) for effect in claim.effects]
    return (
        f"{claim.primary}: {claim.primary_effect}",
        " ".join(str(marks.count(mark)) for mark in "✓○✗"),
    )


def _marked_mean(effect: Effect) -> str:
    """The mark and the figure without its interval."""
    figure, _ = str(effect).split(" [")
    return f"{_mark(effect)} {figure}"


def _mark(effect: Effect) -> str:
    return "✓" if effect.supports else "✗" if effect.contradicts else "○"
