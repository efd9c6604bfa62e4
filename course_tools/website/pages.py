"""The pages that are made from all chapters together: start, results, errata.

An author writes the errata of a chapter as a table under the heading "What the lecture notes get wrong":

    | where | they say | what is right | source | shown in |

`shown in` names the section that shows it ("section 3.5"); the page of all errata links to it.
"""

import html
import re
from typing import Any

from nbformat import NotebookNode

from course_tools.authoring import parts
from course_tools.authoring.chapters import CHAPTERS, Chapter
from course_tools.authoring.parts import Notebooks
from course_tools.authoring.rules import COLUMNS, bad_errata, errata_rows
from course_tools.authoring.sections import slug
from course_tools.website import links
from course_utils.errors import CourseError


def start(text: str, notebooks: Notebooks, exercises: Notebooks, docs: list[str]) -> str:
    """The start page: `text` with the list of the chapters in the place of ``{{chapters}}``, and so on."""
    items = [f"{c.number}. {_chapter_item(c, notebooks, exercises)}" for c in CHAPTERS]
    entries = "\n".join(f"chapters/{page}" for page in notebooks)
    chapters = "\n".join([":::{container} chapter-list", *items, ":::"])
    return text.replace("{{chapters}}", chapters).replace("{{written}}", entries).replace("{{docs}}", "\n".join(docs))


def _chapter_item(chapter: Chapter, notebooks: Notebooks, exercises: Notebooks) -> str:
    if chapter.name not in notebooks:
        return f"**{chapter.title}** {_builds(chapter.builds)} *planned*"
    time = f"runs in {chapter.seconds} s" if chapter.seconds else "draft"
    further = [_further(page, notebooks[page]) for page in parts.of(chapter.name, notebooks)[1:]]
    if chapter.name in exercises:
        further.append(_exercises(chapter.name, exercises[chapter.name]))
    return f"**[{chapter.title}](chapters/{chapter.name}.ipynb)** {_builds(chapter.builds, *further)} *{time}*"


def _further(name: str, page: NotebookNode) -> str:
    """A link to a chapter's second page, say: its heading without the chapter's number."""
    return f"[{re.sub(r'^[0-9]+ ', '', links.headings(page)[0])}](chapters/{name}.ipynb)"


def _exercises(name: str, assignment: NotebookNode) -> str:
    """A link to the page of the exercises, which says how many they are: each has a heading with its number."""
    count = sum(re.match(r"\d+\.\d+ ", title) is not None for title in links.headings(assignment))
    return f"[{count}\u00a0exercise{'s' * (count != 1)}](exercises/{name}.ipynb)"


def _builds(words: str, *further: str) -> str:
    return f'<span class="builds">{"; ".join([html.escape(words), *further])}</span>'


def results(notebooks: Notebooks) -> str:
    """What each chapter measured when it was run, against the bound that its text promises."""
    stated = {chapter.name: chapter.seconds for chapter in CHAPTERS}  # not what a busy machine needed for this build
    lines = ["# Run times and results", "", RESULTS_INTRODUCTION]
    for name, notebook in notebooks.items():
        rows = notebook.metadata["course"]["results"]
        lines += ["", f"## {links.headings(notebook)[0]}", ""]
        if stated.get(name):
            lines += [f"The chapter runs in {stated[name]} s on two processor cores.", ""]
        if rows:
            lines += ["| result | promised | measured |", "|---|---|---|", *(_result_row(name, row) for row in rows)]
    return "\n".join(lines) + "\n"


RESULTS_INTRODUCTION = (
    "Every trained or measured result in this course has a bound that was set from several seeds. Building these "
    "pages ran each chapter once, from the top, on one processor core; a result outside its bound would have "
    "stopped the build. Each links to the cell that measured it."
)


def _result_row(chapter: str, row: dict[str, Any]) -> str:
    name = html.escape(row["name"]).replace("|", "&#124;")
    if row["cell"]:
        name = f'<a href="chapters/{chapter}.html#cell-{row["cell"]}">{name}</a>'
    bounds = [f"{sign} {row[key]:g}" for sign, key in (("≥", "at_least"), ("≤", "at_most")) if row[key] is not None]
    return f"| {name} | {', '.join(bounds)} | {row['value']:.4g} |"


def errata(notebooks: Notebooks) -> str:
    """The ledger of errata: every row of every chapter, with a link to the section that shows it."""
    lines = ["# Errata of the lecture notes", "", ERRATA_INTRODUCTION]
    titles = {name: links.headings(notebook) for name, notebook in notebooks.items()}
    for name, notebook in notebooks.items():
        if rows := errata_of(name, notebook):
            chapter = parts.chapter_of(name)
            lines += ["", f"## {titles[chapter][0]}", *(_erratum(chapter, row, titles) for row in rows)]
    return "\n".join(lines) + "\n"


ERRATA_INTRODUCTION = (
    "The course follows two sets of lecture notes, of the Università di Bologna and of the Politecnico di Milano. "
    "Here is every place where it departs from them: what they say, what is right, where that was published, and "
    "the section in which you can see it for yourself."
)


def errata_of(name: str, notebook: NotebookNode) -> list[dict[str, str]]:
    """The rows of a chapter's table of errata. Raises CourseError when its columns are not `COLUMNS`."""
    for problem in bad_errata(notebook):
        raise CourseError(f"{name}: {problem}.")
    return [dict(zip(COLUMNS, row, strict=True)) for row in errata_rows(notebook)[2:]]


def _erratum(chapter: str, row: dict[str, str], titles: dict[str, list[str]]) -> str:
    shown = _linked(chapter, row["shown in"], titles)
    facts = {
        "They say": row["they say"],
        "What is right": row["what is right"],
        "Source": row["source"],
        "Shown in": shown,
    }
    lines = [f"{term}\n: {text}\n" for term, text in facts.items()]
    return "\n".join(["", ":::{container} erratum", f"**{row['where']}**", "", *lines, ":::"])


def _linked(chapter: str, shown_in: str, titles: dict[str, list[str]]) -> str:
    """ "section 3.5" as a link to the section whose heading begins with 3.5; other words stay as they are."""
    number = re.search(r"\d+\.\d+", shown_in)
    headings = [title for page in parts.of(chapter, titles) for title in titles[page]]
    title = next((t for t in headings if number and t.startswith(f"{number[0]} ")), None)
    if title is None:
        raise CourseError(f"The errata of {chapter} say {shown_in!r}, and no section has that number.")
    page, anchor = links.place(slug(title), titles, chapter)
    return f"[{title}](chapters/{page}.ipynb#{anchor})"
