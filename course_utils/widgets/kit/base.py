"""What every widget of the course shares: its folder's files, the bounds of its traits, and clear errors."""

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

from course_utils import theme

WIDGETS = Path(__file__).resolve().parent.parent
PACKAGE = __name__.removesuffix("kit.base")  # the widgets' own modules begin with it
_IMPORT = re.compile(r'^import\s[^;]*?from "(\.[\w./]+\.js)";\n', re.MULTILINE)


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


@cache
def style(folder: str) -> str:
    """The course's colours, the kit's style, and what the widget's own style.css adds to them."""
    paths = [WIDGETS / "kit" / "kit.css", WIDGETS / folder / "style.css"]
    return theme.css() + "".join(path.read_text(encoding="utf-8") for path in paths if path.exists())


class CourseWidget(anywidget.AnyWidget):
    """A widget with a `title` and a `hint` (what to try, in one line). All else happens in its folder's widget.js.

    `bounds` hands the module what the traits allow, so that each limit stands once, in the trait; see `bounds_of`.
    """

    title = t.Unicode("Widget").tag(sync=True)
    hint = t.Unicode("").tag(sync=True)
    bounds = t.Dict(read_only=True).tag(sync=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        derived = cls.__base__ is not None and cls.__module__ == cls.__base__.__module__  # traitlets, for each object
        if cls.__module__.startswith(PACKAGE) and not derived:
            folder = cls.__module__.removeprefix(PACKAGE).split(".")[0]
            cls._esm = bundle(f"{folder}/widget")
            cls._css = style(folder)
        super().__init_subclass__(**kwargs)

    @t.default("bounds")
    def _bounds(self) -> dict[str, dict[str, Any]]:
        limits = {name: bounds_of(trait) for name, trait in self.traits(sync=True).items()}
        return {name: limit for name, limit in limits.items() if limit and not name.startswith("_")}

    def __repr__(self) -> str:
        """What is shown where no widget can run (on GitHub, for example)."""
        return f"{self.title} (an interactive picture: open the notebook or the course's page to use it)"


def bounds_of(trait: t.TraitType[Any, Any]) -> dict[str, Any]:
    """What a trait allows: `values` of an Enum; `min` and `max` of a number, of a list's numbers, or of its tag.

    A trait with checks of its own says by ``.tag(max=12)`` what they allow at most. A bound that is missing is None
    in traitlets and left out here.
    """
    if isinstance(trait, t.Enum):
        return {"values": list(trait.values or ())}
    inner = trait._trait if isinstance(trait, t.List) else trait  # traitlets has no public name for it
    limits = {name: trait.metadata.get(name, getattr(inner, name, None)) for name in ("min", "max")}
    return {name: limit for name, limit in limits.items() if limit is not None and math.isfinite(limit)}


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
