"""The page of the similarity report: one file, no scripts, every word of a student escaped."""

from collections.abc import Sequence
from html import escape

from course_tools.grading.pages.page import page
from course_tools.grading.similarity.compare import Answer, Class, Pair
from course_tools.grading.similarity.known import Equal

NOTE = "A lead for a person, never a verdict."


STYLE = """
section{margin-top:3rem;border-top:2px solid var(--grid)}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
.sides figure{margin:0;min-width:0}
figcaption{font-weight:600}
mark{color:inherit;background:transparent;border-left:.3rem solid var(--orange);font-weight:600}
span.line{border-left:.3rem solid transparent}
mark,span.line{display:block;padding-left:.5rem;white-space:pre;min-height:1.5em}
@media (max-width:45rem){.sides{grid-template-columns:1fr}}
"""


def render(name: str, students: Class, pairs: list[Pair], unread: list[str], known: Sequence[Equal] = ()) -> str:
    """The page as HTML text: the pairs in a table, then each with its answers side by side."""
    sections = "\n".join(_section(i, pair, students) for i, pair in enumerate(pairs, start=1))
    problems = "".join(f"<li>{escape(sentence)}</li>" for sentence in unread)
    title = f"{name}: answers that agree"
    body = f"""<h1>{escape(title)}</h1>
<p class="note"><strong>{NOTE}</strong> People who learn together, follow the same book or asked the same tutor write
alike. Read the two side by side, and talk to them before you think anything.</p>
<p>{len(students)} submissions were compared. What the exercise gives, what the model solution has and what more than
half of the class writes does not count; names, comments and layout do not either. A bold line with a bar at its left
is part of a run of code that both have. Evidence counts rare runs more: one that only these two have says most.</p>
{_table(pairs)}
{_known(known)}
{f"<h2>Not compared</h2><ul>{problems}</ul>" if problems else ""}
{sections}"""
    return page(title, body, STYLE)


def _table(pairs: list[Pair]) -> str:
    if not pairs:
        return "<p>No two submissions agree beyond the exercise.</p>"
    rows = "\n".join(
        f'<tr><td><a href="#pair-{i}">{escape(pair.first)} and {escape(pair.second)}</a></td>'
        f"<td>{escape(', '.join(sorted(pair.shared)))}</td>"
        f'<td class="number">{pair.runs}</td><td class="number">{pair.weight:.0f}</td></tr>'
        for i, pair in enumerate(pairs, start=1)
    )
    headings = (
        '<th scope="col">pair</th><th scope="col">where</th><th scope="col" class="number">shared runs</th>'
        '<th scope="col" class="number">evidence (bits)</th>'
    )
    return f"<table><thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table>"


def _known(known: Sequence[Equal]) -> str:
    if not known:
        return ""
    items = "".join(f"<li>{escape(str(one))}</li>" for one in known)
    return f"""<h2>Known answers</h2><ul>{items}</ul>
<p>Names, comments and layout aside. A few may come to the same answer by themselves; of a long answer many together
mean that it may have been published.</p>"""


def _section(number: int, pair: Pair, students: Class) -> str:
    cells = "\n".join(
        f"<h3>{escape(cell)}</h3><div class='sides'>"
        f"{_side(pair.first, students[pair.first][cell], pair.shared[cell])}"
        f"{_side(pair.second, students[pair.second][cell], pair.shared[cell])}</div>"
        for cell in sorted(pair.shared)
    )
    return f'<section id="pair-{number}"><h2>{escape(pair.first)} and {escape(pair.second)}</h2>{cells}</section>'


def _side(student: str, answer: Answer, shared: set[tuple[str, ...]]) -> str:
    marked = {line for run in shared for line in answer.runs[run]}
    lines = "".join(
        f"<mark>{escape(line)}</mark>" if i in marked else f'<span class="line">{escape(line)}</span>'
        for i, line in enumerate(answer.text.splitlines())
    )
    return f"<figure><figcaption>{escape(student)}</figcaption><pre tabindex=0>{lines}</pre></figure>"
