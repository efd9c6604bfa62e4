"""The widgets of the course: alive with a kernel and without, because each holds all its logic in its ES module.

A new one is a folder here, and nothing else changes:

- ``__init__.py``: a class (traits with their bounds, a docstring that says what it teaches, a title and a hint), and
  in ``__all__`` the names that chapters use: they become names of this module.
- ``widget.js``: takes its parts from kit/ and ends with ``export default widget([traits], build)``; kit.js says how.
- ``style.css``: what only this widget needs, where the kit's style is not enough.
- ``example.py``: how to make it, and what the tests shall press, drag and compare; kit/example.py says how.
"""

import importlib
import pkgutil
from typing import Any

from course_utils.widgets.kit.base import WidgetError

FOLDERS = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name != "kit")
__all__ = ["WidgetError"]

for _folder in FOLDERS:
    _module = importlib.import_module(f"{__name__}.{_folder}")
    globals().update({name: getattr(_module, name) for name in _module.__all__})
    __all__ += _module.__all__


def __getattr__(name: str) -> Any:
    """For a name that no folder brings; and it tells type checkers that the folders bring names."""
    raise AttributeError(f"There is no widget {name!r}. There are: {', '.join(sorted(__all__))}.")
