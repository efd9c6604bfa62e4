"""Wrong answers for which a check has no hint yet, the most plausible first, ready to be put into slips.py."""

import json
from collections import Counter
from collections.abc import Iterator

from course_tools.authoring.mutants.report import Report, Tried
from course_tools.authoring.recording import Failed
from course_tools.mutation.kinds import LEAD

MOST_PLAUSIBLE = ("axis", "reduction", "term", "sign", "index", "transpose", "keepdim", "factor")
MOST = 10  # proposals for an exercise


def proposals(report: Report, source: str) -> list[str]:
    """A line `change(cell, "...", old, new)` for each wrong value without a hint; `source` is the solution cell."""
    groups: dict[bytes, list[Tried]] = {}
    for tried in _without_hint(report):
        if tried.verdict.failed and source.count(tried.mutant.before) == 1:
            groups.setdefault(tried.verdict.failed.key, []).append(tried)
    ranked = sorted((sorted(group, key=_rank) for group in groups.values()), key=lambda group: _rank(group[0]))
    return [_line(report.exercise, group) for group in _kinds_in_turn(ranked)[:MOST]]


def _kinds_in_turn(ranked: list[list[Tried]]) -> list[list[Tried]]:
    """The first of each kind, then the second of each: no kind fills the list alone."""
    count: Counter[str] = Counter()
    turns = []
    for group in ranked:
        kind = group[0].mutant.kind
        turns.append((count[kind], group))
        count[kind] += 1
    return [group for _, group in sorted(turns, key=lambda turn: turn[0])]


def _without_hint(report: Report) -> Iterator[Tried]:
    for tried in report.tried:
        if tried.verdict.failed and not _has_slips_hint(tried.verdict.failed):
            yield tried


def _has_slips_hint(failed: Failed) -> bool:
    """Whether a slip has this value; what is said of a kind of mutant is no hint of an author's."""
    return any(not hint.startswith(LEAD) for hint in failed.hints)


def _rank(tried: Tried) -> int:
    """The place of its operator among those that students make most often."""
    kind = tried.mutant.kind
    return MOST_PLAUSIBLE.index(kind) if kind in MOST_PLAUSIBLE else len(MOST_PLAUSIBLE)


def _line(exercise: str, group: list[Tried]) -> str:
    mutant = group[0].mutant
    texts = ", ".join(json.dumps(text, ensure_ascii=False) for text in (exercise, "...", mutant.before, mutant.after))
    kinds = ", ".join(dict.fromkeys(tried.mutant.kind for tried in group))
    return f"change({texts})  # {len(group)} with this value: {kinds}"
