"""The page of `course report`: one file, no script, every word of a student escaped.

It names somebody only where it is given `People`: without them it has figures, the author's words and examples.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from course_tools.grading import regrades
from course_tools.grading.inside.text import shown
from course_tools.grading.pages import code, prose
from course_tools.grading.pages.page import page
from course_tools.grading.report.examples import Examples
from course_tools.grading.report.figures import FEWEST, LOW, OTHERS, Figures, Regrade, Slip, Tally

LONGEST = 120  # characters of a name
STYLE = """
body{max-width:64rem}
h2{margin-top:2.5rem;border-top:2px solid var(--grid);padding-top:1rem}
h3{margin:1.5rem 0 .2rem}
h3 .count{color:var(--orange);font-variant-numeric:tabular-nums;white-space:nowrap}
caption{text-align:left;color:var(--muted);padding:.3rem 0}
tbody th{font-weight:400}
thead th{vertical-align:bottom}
.muted{color:var(--muted)}
.wide{overflow-x:auto}
.wide td,.wide th{padding:.3rem .5rem}
.bar{display:block;width:6rem;height:.7rem;background:linear-gradient(90deg,var(--green) var(--full),
 var(--orange) var(--full) var(--some),transparent var(--some));border:1px solid var(--muted);
 print-color-adjust:exact;-webkit-print-color-adjust:exact}
ul.people{columns:16rem;padding-left:1.2rem}
@media (max-width:45rem){h1{font-size:1.5rem}.bar{display:none}.wide{font-size:.85rem}
 .wide td,.wide th{padding:.3rem .25rem}}
@media print{body{max-width:none;font-size:11pt}article,tr{break-inside:avoid}h2,h3{break-after:avoid}
 pre{white-space:pre-wrap}.wide{overflow:visible}}
"""
WHY = {
    regrades.EXERCISES: "after a correction of the exercises",
    regrades.SUBMISSION: "of what was handed in anew",
    regrades.BOTH: "of what was handed in anew, after a correction of the exercises",
    regrades.UNKNOWN: "for a reason that was not noted",
}


@dataclass(frozen=True)
class People:
    """Who is behind the figures, by id; `names` has what they are called."""

    names: Mapping[str, str]
    missing: Sequence[str]
    blank: Sequence[str]
    ungraded: Sequence[str]
    changes: Sequence[regrades.Change]
    late: Mapping[str, str]  # how late, in words

    def called(self, student: str) -> str:
        """A student as the page names them, as HTML."""
        name = shown(self.names.get(student, ""))[:LONGEST]
        return escape(f"{name} ({shown(student)})" if name else shown(student))


def render(name: str, figures: Figures, examples: Examples, people: People | None) -> str:
    """The page as HTML text."""
    title = f"{name}: what the class got wrong"
    parts = [
        f"<h1>{escape(title)}</h1>",
        _counted(name, figures),
        _questions(figures.tallies),
        _telling(figures),
        _mistakes(figures, examples, people),
        _nothing(figures, people),
        _late(figures.late, people),
        _regraded(figures.regrades, _titles(figures.tallies), people),
    ]
    return page(title, "\n".join(filter(None, parts)), code.STYLE + STYLE)


def _counted(name: str, figures: Figures) -> str:
    said = f"<p>{_many(figures.counted, 'submission')} with something in {_them(figures.counted)} "
    said += f"{'is' if figures.counted == 1 else 'are'} graded, and counted below."
    if figures.waiting:
        said += f" In {figures.waiting} of them an answer waits for a person, and no mark of it is counted."
    if figures.ungraded:
        many = f"{_many(figures.ungraded, 'more')} {'is' if figures.ungraded == 1 else 'are'}"
        said += f" {many} collected and not graded: run <code>course grade {escape(name)}</code>."
    if figures.outdated:
        said += (
            f" <strong>The marks of {_many(figures.outdated, 'submission')} are older than the last correction of "
            f"the exercises</strong>: run <code>course grade {escape(name)}</code>."
        )
    return f"{said}</p>"


# -- questions -----------------------------------------------------------------------------------------------------


def _questions(tallies: Sequence[Tally]) -> str:
    heads = ("points", "mean share", "full", "partial", "none", "left empty", "lost without a known mistake", "r")
    head = '<th scope="col">question</th><td></td>' + "".join(
        f'<th scope="col" class="number">{text}</th>' for text in heads
    )
    rows = "\n".join(_row(tally) for tally in tallies)
    return f"""<h2>Marks by question</h2>
<div class="wide" tabindex="0" role="region" aria-label="Marks by question"><table>
<caption>How many had full, partial and no marks; “left empty” is part of “none”; r is explained below.</caption>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody></table></div>"""


def _row(tally: Tally) -> str:
    share = "–" if tally.share is None else f"{100 * tally.share:.0f} %"
    waiting = f' <span class="muted">({_waiting(tally.waiting)})</span>' if tally.waiting else ""
    unexplained = tally.unexplained if tally.question.has_hints else "–"
    tells = "–" if tally.tells is None else f"{tally.tells:.2f}".replace("-", "−")
    cells = (f"{tally.question.points:g}", share, tally.full, tally.some, tally.none, tally.empty, unexplained, tells)
    return (
        f'<tr><th scope="row">{_title(tally)}{waiting}</th><td>{_bar(tally)}</td>'
        + "".join(f'<td class="number">{cell}</td>' for cell in cells)
        + "</tr>"
    )


def _waiting(count: int) -> str:
    return f"{count} wait{'s' if count == 1 else ''} for a person"


def _title(tally: Tally) -> str:
    return f'{prose.line(tally.question.title)} <code class="muted">{escape(tally.question.name)}</code>'


def _bar(tally: Tally) -> str:
    """Full and partial marks as a bar; its numbers stand beside it."""
    marked = max(1, tally.full + tally.some + tally.none)
    full, some = 100 * tally.full / marked, 100 * (tally.full + tally.some) / marked
    return f'<span class="bar" aria-hidden="true" style="--full:{full:.0f}%;--some:{some:.0f}%"></span>'


def _telling(figures: Figures) -> str:
    """Which questions do not tell strong from weak, and what that rests on."""
    alike = [tally for tally in figures.tallies if tally.alike]
    weak = [tally for tally in figures.tallies if tally.tells is not None and tally.tells < LOW]
    said = []
    if figures.counted < FEWEST:
        said.append(
            f"Which questions do not tell strong from weak cannot be said of {_many(figures.counted, 'submission')}: "
            f"it needs {FEWEST}. With {FEWEST} a question that tells them well (r = 0.4) comes out below {LOW:g} by "
            "chance less than once in twenty times; with fewer, good questions would be blamed more often."
        )
    else:
        said.append(
            f"<strong>{_list(weak)} {'does' if len(weak) == 1 else 'do'} not tell strong from weak</strong>: those "
            "who did well in the rest did hardly better here. Look at what is asked, and at its check."
            if weak
            else "No question was found that does not tell strong from weak."
        )
        if alike:
            said.append(
                f"Nearly everybody has the same mark for {_list(alike)} (fewer than {OTHERS} have another), which "
                "tells nobody apart and may be meant."
            )
        said.append(
            "r is the correlation of the mark with the rest of the mark (item-rest; point-biserial where a question "
            f"is all or nothing), and a question is named below {LOW:g}. Of {figures.counted} submissions it is "
            f"uncertain by about ±{2 / (figures.counted - 3) ** 0.5:.1f}. A question with answers that wait for a "
            "person has none."
        )
    return "<h2>Strong and weak</h2>" + "".join(f"<p>{sentence}</p>" for sentence in said)


def _list(tallies: Iterable[Tally]) -> str:
    return ", ".join(_title(tally) for tally in tallies)


# -- mistakes ------------------------------------------------------------------------------------------------------


def _mistakes(figures: Figures, examples: Examples, people: People | None) -> str:
    if not figures.slips:
        return "<h2>Mistakes</h2><p>No mistake was recognised.</p>"
    articles = "\n".join(_mistake(slip, figures, examples, people) for slip in figures.slips)
    return f"<h2>Mistakes, the commonest first</h2>\n{articles}"


def _mistake(slip: Slip, figures: Figures, examples: Examples, people: People | None) -> str:
    question, example = slip.question, examples.get((slip.question.name, slip.hint))
    where = f"{prose.line(question.title)} <code>{escape(question.name)}</code>"
    said = ""
    if example:
        by = f"{people.called(example.student)} wrote:" if people and example.student else "In code, for example:"
        said = f'<p class="muted">{by}</p>{code.html(example.text)}'
    count = f'<span class="count">{slip.count} of {figures.counted}:</span>'
    return f'<article><h3>{count} {escape(slip.hint)}</h3><p class="muted">{where}</p>{said}</article>'


# -- people --------------------------------------------------------------------------------------------------------


def _nothing(figures: Figures, people: People | None) -> str:
    said = [
        f"{_many(figures.missing, 'student')} of {figures.listed} in the class list handed in nothing"
        + _named(people.missing if people else (), people),
        f"{_many(figures.blank, 'submission')} had nothing in {_them(figures.blank)}, or could not be read"
        + _named(people.blank if people else (), people),
    ]
    if figures.ungraded and people:
        said.append(f"Collected and not graded{_named(people.ungraded, people)}")
    return "<h2>Handed in nothing</h2>\n" + "\n".join(f"<div>{sentence}</div>" for sentence in said)


def _late(count: int, people: People | None) -> str:
    if not count:
        return ""
    said = f"{_many(count, 'student')} handed in late"
    if not people:
        return f"<h2>Handed in late</h2><p>{said}.</p>"
    items = "".join(
        f"<li>{people.called(student)}: {escape(how)}</li>" for student, how in sorted(people.late.items())
    )
    return f'<h2>Handed in late</h2><div>{said}:<ul class="people">{items}</ul></div>'


def _named(students: Sequence[str], people: People | None) -> str:
    """The end of a sentence: those whom it is about, where there are any to be named."""
    if not students or not people:
        return "."
    items = "".join(f"<li>{people.called(student)}</li>" for student in students)
    return f':<ul class="people">{items}</ul>'


def _titles(tallies: Iterable[Tally]) -> dict[str, str]:
    return {tally.question.name: _title(tally) for tally in tallies}


def _regraded(found: Sequence[Regrade], titles: Mapping[str, str], people: People | None) -> str:
    if not found:
        return "<h2>Graded again</h2><p>No mark has changed by grading again.</p>"
    parts = ["<h2>Graded again</h2>", "<p>Marks that a person gave stay, and are not counted here.</p>"]
    for batch in found:
        parts.append(_batch(batch, titles))
        if people:
            parts.append(_whom(batch, titles, people))
    return "\n".join(parts)


def _batch(batch: Regrade, titles: Mapping[str, str]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{titles.get(question) or escape(question)}</th><td class="number">{gained}</td>'
        f'<td class="number">{lost}</td><td class="number">{_signed(points)}</td></tr>'
        for question, gained, lost, points in batch.rows
    )
    head = '<th scope="col">question</th>' + "".join(
        f'<th scope="col" class="number">{text}</th>' for text in ("gained", "lost", "points in all")
    )
    return f"""<h3>{escape(batch.at)} UTC, {WHY.get(batch.why, WHY[regrades.UNKNOWN])}</h3>
<table><caption>Marks of {_many(batch.students, "student")} changed.</caption>
<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"""


def _whom(batch: Regrade, titles: Mapping[str, str], people: People) -> str:
    changes = [change for change in people.changes if (change.at, change.why) == (batch.at, batch.why)]
    rows = "".join(
        f'<tr><th scope="row">{people.called(change.student)}</th>'
        f"<td>{titles.get(change.question) or escape(change.question)}</td>"
        f'<td class="number">{change.earlier:.4g}</td><td class="number">{change.later:.4g}</td></tr>'
        for change in changes
    )
    head = '<th scope="col">student</th><th scope="col">question</th>' + "".join(
        f'<th scope="col" class="number">{text}</th>' for text in ("before", "now")
    )
    return f"""<table><caption>Whose marks changed.</caption>
<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"""


def _many(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 or what == "more" else "s")


def _them(count: int) -> str:
    return "it" if count == 1 else "them"


def _signed(points: float) -> str:
    return f"{points:+.4g}".replace("-", "−")
