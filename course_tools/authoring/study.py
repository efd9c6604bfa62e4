"""How long a chapter takes to study: what its head says, held to an estimate from what there is to read.

The head ends with

    > **Study time** About 160 minutes. The core path, 85 minutes, is sections 5.1 to 5.4 and 5.6; sections marked
    > *going further* can wait.

and a section outside the core path begins with a line `*Going further.*`.
"""

import re

from nbformat import NotebookNode

from course_tools.authoring.sections import Section, sections

LONGEST_CORE = 90  # minutes: one sitting
WORDS, LINES = 130, 8  # that a reader takes in a minute, of prose and of code
PICTURE, QUESTION = 1.5, 2.0  # minutes for a figure or a widget, and for a question to check oneself by
TOLERANCE = 5  # minutes between what is stated and the estimate
TURN = "Your turn"  # the section that ends what there is to study
FURTHER = "*Going further.*"
STATED = re.compile(
    r"^> \*\*Study time\*\* About (\d{1,3}) minutes\. The core path, (\d{1,3}) minutes, is (sections? [^;]+); "
    r"sections marked \*going further\* can wait\.",
    re.MULTILINE,
)


def problems(notebook: NotebookNode) -> list[str]:
    """What is wrong with the study time that a chapter states, and with the path that it marks."""
    found = sections(notebook)
    taught = _taught(found)
    stated = STATED.search("\n".join(found[0].texts))
    whole = _rounded(sum(map(minutes, [found[0], *taught])))
    if not stated:
        return [f"its head states no study time ({whole:.0f} minutes by the estimate; see authoring/study.py)"]
    core = _core(stated[3], taught)
    path = _rounded(sum(map(minutes, [found[0], *core])))
    wrong = []
    if not core or path > LONGEST_CORE + TOLERANCE:
        wrong.append(f"the core path, of {len(core)} sections, takes {path} minutes; {LONGEST_CORE} at most")
    for what, given, estimated in (("it", int(stated[1]), whole), ("its core path", int(stated[2]), path)):
        if abs(given - estimated) > TOLERANCE:
            wrong.append(f"{what} is said to take {given} minutes; the estimate is {estimated}")
    for section in taught:
        if (section in core) == _is_further(section):
            wrong.append(f"{section.number}: {FURTHER} stands under its heading, or it is on the core path")
    return wrong


def minutes(section: Section) -> float:
    """How long a section takes to read, run and answer."""
    text = "\n".join(section.texts)
    visible = [cell.source for cell in section.code if "hide-input" not in cell.metadata.get("tags", [])]
    code = "\n".join(cell.source for cell in section.code)
    questions = len(re.findall(r"\bwidgets\.(?:predict|choose|arrange)\(", code))
    pictures = len(re.findall(r"\bplots\.(?:show|pictures)\(|\bwidgets\.(?:[A-Z]|explore\()", code))
    lines = sum(len([line for line in source.splitlines() if line.strip()]) for source in visible)
    return len(text.split()) / WORDS + lines / LINES + PICTURE * pictures + QUESTION * questions


def _taught(found: list[Section]) -> list[Section]:
    """The numbered sections before the exercises."""
    numbered = [section for section in found if section.number]
    turn = next((i for i, section in enumerate(numbered) if TURN in section.title), len(numbered))
    return numbered[:turn]


def _core(words: str, taught: list[Section]) -> list[Section]:
    """The sections that "sections 5.1 to 5.4 and 5.6" names."""
    order = [section.number for section in taught]
    named: set[str] = set()
    for first, last in re.findall(r"(\d+\.\d+)(?: to (\d+\.\d+))?", words):
        if first in order and (last or first) in order:
            named |= set(order[order.index(first) : order.index(last or first) + 1])
    return [section for section in taught if section.number in named]


def _is_further(section: Section) -> bool:
    return section.texts[0].lstrip().startswith(FURTHER)


def _rounded(minutes: float) -> int:
    return 5 * round(minutes / 5)
