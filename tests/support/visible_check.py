"""The visible check of one exercise, run in this process as in a student's notebook, with what it bans."""

import contextlib
import io
from typing import Any
from unittest.mock import MagicMock

import pytest
from IPython.core.inputtransformer2 import TransformerManager

from course_tools.grading.judging.master import Master, grade_id, is_answer
from course_utils.check import CheckFailed, banned
from course_utils.check.bans import guard


def said(
    master: Master, exercise: str, answer: str, patch: pytest.MonkeyPatch, early: str = "", check: str = ""
) -> str:
    """What the check says, "" when it holds. `early`: a cell before the answer; `check`: its own cell, if edited."""
    patch.setattr(guard, "banning", guard.banning)  # put back, should an answer replace it
    given = [c.source for c in master.notebook.cells if c.cell_type == "code" and grade_id(c) and not is_answer(c)]
    tests = {cell.source for cell in master.notebook.cells if grade_id(cell) in master.tests}
    cells = [source for source in given if source not in tests]
    cells += [*filter(None, [early]), answer, check or master.tests[f"test_{exercise}"].visible]
    ran: list[str] = []
    patch.setattr(banned, "_ran", lambda: ran)
    names: dict[str, Any] = {"__name__": "__main__", "get_ipython": MagicMock()}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in cells:
            ran.append(cell)
            try:
                exec(TransformerManager().transform_cell(cell), names)
            except CheckFailed as failed:
                return str(failed)
    return ""
