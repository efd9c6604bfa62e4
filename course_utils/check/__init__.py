"""Checks that teach: they say which result differs, where, by how much and, if they can, why.

A check that passes prints one line. A check that fails raises `CheckFailed`, which a notebook shows as a short
message instead of a traceback.
"""

from course_utils.check.answers import chosen, close, predicted, raises
from course_utils.check.banned import held  # noqa: F401  (lets these four look first what an exercise bans)
from course_utils.check.bounds import reaches, seed
from course_utils.check.bugs import catches
from course_utils.check.failure import CheckFailed
from course_utils.check.options import options
from course_utils.check.own import own, own_seed, student

__all__ = [
    "CheckFailed",
    "catches",
    "chosen",
    "close",
    "options",
    "own",
    "own_seed",
    "predicted",
    "raises",
    "reaches",
    "seed",
    "student",
]
