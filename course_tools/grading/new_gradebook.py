"""A new gradebook without a process of its own for one number."""

from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR


def version() -> str:
    """The version of the tables that nbgrader makes, by which it knows later whether they have to be brought up."""
    [head] = ScriptDirectory(ALEMBIC_DIR).get_heads()
    return head


def make_it_here() -> None:
    """Let nbgrader ask `version` when it makes a gradebook: its own way starts Python anew, for 3 s."""
    api.get_alembic_version = version
