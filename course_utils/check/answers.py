"""The checks of an answer: its values, the error that it should raise, the form of what is sealed."""

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from course_utils.check.differences import Difference, agreement, difference
from course_utils.check.exceptions import explained
from course_utils.check.failure import CheckFailed, failure
from course_utils.check.hints import opened
from course_utils.check.inputs import changed, copied, inputs, sizes
from course_utils.check.values import kind, short

Slips = Mapping[str, Any]
NOTED = "noted. Whether it is right is told after handing in."
KEEP = "What a function is given belongs to the caller: work on a copy, such as x.clone(), or make a new tensor."


def close(
    name: str,
    actual: Any,
    expected: Any,
    *,
    rtol: float | None = None,
    atol: float | None = None,
    slips: Slips | None = None,
) -> None:
    """Compare type, shape, dtype and values of `actual` with `expected`, in that order.

    `actual` is a value, or a function without arguments that gives it: then an error in it is explained, and the
    tensors, arrays and lists that it uses must be left as they were. Values are close when
    |actual - expected| <= atol + rtol * |expected|; the tolerances default to torch.testing's for the dtype. NaN
    equals only NaN. Tensors, arrays, numbers, strings, and lists, tuples and dicts of these can be compared.
    `slips` maps a sentence to the value that a known mistake gives: if `actual` is that value, it is shown.

    Raises CheckFailed, or ValueError when a slip cannot be told from the expected value.
    """
    _require_telling(name, expected, slips or {}, rtol, atol)
    value, found = outcome(actual, expected, rtol=rtol, atol=atol)
    if found is None:
        print(f"✓ {name}: {agreement(value, expected)}")
        return
    known = of_slips(value, slips or {}, rtol, atol) or opened(name, value)
    relation = "" if known and "?" in found.relation else found.relation  # a hint knows better than a question
    said = [*filter(None, [" ".join(filter(None, [relation, found.right]))]), *known]
    # where all differs and a sentence says how, tables say no more
    arrays = None if found.arrays and said and found.arrays[2].all() else found.arrays
    raise failure(name, found.problem, said, arrays)


def outcome(
    actual: Any, expected: Any, *, rtol: float | None = None, atol: float | None = None
) -> tuple[Any, Difference | None]:
    """What `actual`, a value or a function that gives one, comes to, and how that differs from `expected`.

    The first is what hints go by: the answer, the exception that came in its place, or "changes x".
    """
    given = inputs(actual) if is_call(actual) else {}
    before = {name: copied(x) for name, x in given.items()}
    try:
        value = actual() if is_call(actual) else actual
    except CheckFailed:
        raise
    except Exception as e:
        return e, Difference(explained(e, actual))
    if found := difference(value, expected, rtol, atol, sizes(given)):
        return value, found
    if names := " and ".join(changed(before, given)):
        return f"changes {names}", Difference(f"is right, but the call changes {names}", lambda: KEEP)
    return value, None


def raises(name: str, error: type[Exception], call: Callable[[], Any], *, slips: Slips | None = None) -> None:
    """Hold that `call()` raises `error`. If it returns a value that a slip gives, the slip is named.

    Raises CheckFailed when it returns, or raises another error.
    """
    try:
        value = call()
    except error as e:
        print(f"✓ {name}: raises {type(e).__name__}")
        return
    except Exception as e:
        raise failure(name, f"raises {type(e).__name__}: {e}; it should raise {error.__name__}") from None
    hint = of_slips(value, slips or {}, None, None) or opened(name, value)
    raise failure(name, f"returns {short(value)}; it should raise {error.__name__}", hint)


def chosen(name: str, answer: Any, options: Collection[str], *, count: int = 1) -> None:
    """Hold that `answer` is `count` of the `options`, in any order: a text, or a list or tuple of texts.

    `answer` may be a function that gives it, as in `close`. Whether they are the right ones is sealed, and not said.
    Raises CheckFailed.
    """
    answer = _given(name, answer)
    texts = [answer] if isinstance(answer, str) else list(answer) if isinstance(answer, list | tuple) else None
    wanted = f"choose {count} of {', '.join(options)}"
    if texts is None or any(not isinstance(x, str) for x in texts):
        raise failure(name, f"is {short(answer)}; {wanted}: texts in quotes, several in a list")
    if unknown := [x for x in texts if x not in options]:
        raise failure(name, f"holds {short(unknown[0])}, which is none of the options; {wanted}")
    if len(set(texts)) != count or len(texts) != count:
        raise failure(name, f"holds {len(set(texts))} different ones; {wanted}")
    print(f"✓ {name}: {NOTED}")


def predicted(name: str, answer: Any, *, count: int) -> None:
    """Hold that `answer`, or what it gives, is a list or tuple of `count` finite numbers, or one number for 1.

    Whether they are right is sealed, and not said. Raises CheckFailed.
    """
    answer = _given(name, answer)
    numbers = list(answer) if isinstance(answer, list | tuple) else [answer]
    if len(numbers) != count or any(kind(x) != "a number" or not np.isfinite(x) for x in numbers):
        what, form = short(answer), ""
        if kind(answer) in ("a tensor", "an array"):  # of the right numbers, perhaps
            what, form = kind(answer), " in a list" if count > 1 else " alone"
        raise failure(name, f"is {what}; write {count} number{'s' * (count > 1)}{form}")
    print(f"✓ {name}: {NOTED}")


def _given(name: str, answer: Any) -> Any:
    """What a function gives, its errors explained; any other answer as it is."""
    try:
        return answer() if is_call(answer) else answer
    except Exception as e:
        raise failure(name, explained(e, answer)) from None


def is_call(x: Any) -> bool:
    """Whether it is a function written for a check, such as a lambda, and not a value."""
    return callable(x) and hasattr(x, "__code__")


def of_slips(value: Any, slips: Slips, rtol: float | None, atol: float | None) -> list[str]:
    """The sentence of the slip that gives this value, in a list; an empty list when none does."""
    return [sentence for sentence, wrong in slips.items() if not difference(value, wrong, rtol, atol)][:1]


def _require_telling(name: str, expected: Any, slips: Slips, rtol: float | None, atol: float | None) -> None:
    """An author's slip must differ from what is expected. A reader who changes the inputs is not troubled by it."""
    if not os.environ.get("COURSE_AUTHOR"):
        return
    for sentence, wrong in slips.items():
        if not difference(wrong, expected, rtol, atol):
            raise ValueError(f"check {name!r}: the slip {sentence!r} equals the expected value; change the inputs")
