"""What every widget of the course shares: the kit, the colours, and the rule that its module holds all logic."""

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from course_utils import theme

WIDGETS = Path(__file__).resolve().parent.parent
_IMPORT = re.compile(r'^import\s[^;]*?from "(\.\.?/[\w/]+\.js)";\n', re.MULTILINE)


class WidgetError(ValueError):
    """A value that a widget cannot show; the message says which and what to give instead."""


@cache
def bundle(module: str) -> str:
    """A module ("relu_fit/widget", "kit/net": its path below widgets/) with the modules that it imports, as one text.

    anywidget takes one text for each widget and there is no bundler: the imported files are put in front, their
    ``export`` taken away. So a name may be defined only once, and an import may not rename.
    """
    paths: list[Path] = []
    _collect(WIDGETS / f"{module}.js", paths)
    parts = [_IMPORT.sub("", path.read_text(encoding="utf-8")) for path in paths]
    return "\n".join(
        [re.sub(r"^export (?!default)", "", part, flags=re.MULTILINE) for part in parts[:-1]] + parts[-1:]
    )


def _collect(path: Path, paths: list[Path]) -> None:
    """Put `path` after everything that it imports."""
    for imported in _IMPORT.findall(path.read_text(encoding="utf-8")):
        target = (path.parent / imported).resolve()
        if target not in paths:
            _collect(target, paths)
    paths.append(path)


class CourseWidget(anywidget.AnyWidget):
    """A widget with a `title` and a `hint` (what to try, in one line). All else happens in its ES module."""

    title = t.Unicode("Widget").tag(sync=True)
    hint = t.Unicode("").tag(sync=True)

    def __init_subclass__(cls, module: str = "", **kwargs: Any) -> None:
        if module:  # traitlets derives a class of its own for each object: it inherits both
            cls._esm = bundle(f"{module}/widget")
            cls._css = theme.css() + (WIDGETS / "kit" / "kit.css").read_text(encoding="utf-8")
        super().__init_subclass__(**kwargs)

    def __repr__(self) -> str:
        """What is shown where no widget can run (on GitHub, for example)."""
        return f"{self.title} (an interactive picture: open the notebook or the course's page to use it)"


class Number(t.Float[float, float]):
    """A float trait that refuses NaN (a float's bounds let it pass)."""

    def validate(self, obj: Any, value: Any) -> float:
        number = super().validate(obj, value)
        if not math.isfinite(number):
            raise t.TraitError(f"{self.name} is {number}; give a finite number")
        return number


def finite(name: str, value: Any) -> float:
    """`value` as a float. Raises WidgetError when it is no finite number."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise WidgetError(f"{name} is {value!r}; give a number") from None
    if not math.isfinite(number):
        raise WidgetError(f"{name} is {number}; give a finite number")
    return number
