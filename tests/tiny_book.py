"""A book of two chapters with quizzes and exercises, a page of progress, and one without either."""

import json
from pathlib import Path

from little_site import build, complaints

ROOT = Path(__file__).parents[1]

QUIZ = r"""
- question: |
    Which of these is $2^2$? The cell says {glue:text}`one-n:.1f`.

    ```python
    2 ** 2
    ```
  choices:
    - answer: $2$
      because: That is $2 \cdot 1$.
    - answer: four, or `4`
      right: true
      because: Two times two, see {numref}`ex-01-write`.
    - answer: none
      because: One of them is right, with {glue:text}`one-n:.2f` in mind.
- question: The second?
  choices:
    - {answer: A, because: A is first., right: true}
    - {answer: B, because: B is second.}
- question: The third?
  choices:
    - {answer: C, because: C is third.}
    - {answer: D, because: D is fourth., right: true}
"""

EXERCISES = """
## Exercises

::::{exercise} ★ By hand
:label: ex-01-hand
Think.
::::

````{exercise-start} ★★ Write code
:label: ex-01-write
````
Write `dropout_forward(x, u, p)`, checked as `"dropout-forward"`, and more. Check "that" it works.

```python
check("dropout-backward", dropout_backward)
```
````{exercise-end}
````

::::{solution} ex-01-hand
`check("not-an-exercise", f)`
::::
"""


def notebook(*cells: str) -> str:
    """A notebook with markdown cells, and one that has glued a number."""
    glued = {
        "data": {"application/papermill.record/text/plain": "4.25"},
        "output_type": "display_data",
    }
    glued["metadata"] = {
        "scrapbook": {"mime_prefix": "application/papermill.record/", "name": "one-n"}
    }
    code = {
        "cell_type": "code",
        "execution_count": 1,
        "source": 'glue("one-n", 4.25)',
        "outputs": [glued],
    }
    written = [{"cell_type": "markdown", "source": source} for source in cells]
    all_cells = [
        {"id": f"cell-{i}", "metadata": {}} | cell
        for i, cell in enumerate([written[0], code, *written[1:]])
    ]
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": all_cells}
    )


def book(folder: Path, builder: str = "html", quiz: str = QUIZ, asks: str = "01-one") -> str:
    """Build it, anew or what has changed; returns what Sphinx complains about."""
    schema = ROOT / "chapters" / "quizzes" / "schema.json"
    other_quiz = QUIZ.replace("The ", "Chapter two, the ").replace("ex-01-write", "ex-01-hand")
    parts = "The first <01-one>\n02-two\nother\nprogress"
    pages = {
        "quizzes/schema.json": schema.read_text(encoding="utf-8"),
        "quizzes/01-one.yml": quiz,
        "quizzes/02-two.yml": other_quiz,
        "01-one.ipynb": notebook("# One", EXERCISES, f"## Quiz\n\n```{{quiz}} {asks}\n```"),
        "02-two.ipynb": notebook("# Two", "```{quiz} 02-two\n```"),
        "other.md": "# Other\n\nNothing to do.",
        "progress.md": "# Your progress\n\n```{progress}\n```",
        "index.md": f"# Book\n\n```{{toctree}}\n:caption: Part one\n{parts}\n```",
        "_static/style.css": (ROOT / "_static" / "style.css").read_text(encoding="utf-8"),
        "_static/mathjax.js": "",
    }
    app = build(
        folder,
        pages,
        ["myst_nb", "sphinx_exercise", "coursebook.progress"],
        builder,
        strict=False,
        progress_key="dropnorm-progress",
        nb_execution_mode="off",
        myst_enable_extensions=["colon_fence", "dollarmath"],
        html_theme="basic",
        html_static_path=["_static"],
        html_css_files=["style.css"],
        mathjax_path="mathjax.js",
    )
    return complaints(app)
