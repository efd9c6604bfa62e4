"""What a saved notebook knows of its widgets lasts until their cells run again.

JupyterLab saves the state of those widgets alone that a kernel knows. After a restart, or in a notebook that was
opened again, the pictures are there, but the next save would drop their states, and they would be "model not found"
when the notebook is opened once more. This extension of Jupyter's server, on the student's own machine, keeps them.
"""

import json
from pathlib import Path
from typing import Any

from course_tools.authoring.parts import WIDGET_STATE, whole, widgets_in

MODULE = __name__


def keep(model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
    """Before a notebook is saved: take over from its file the states of widgets that it shows and does not hold."""
    try:
        notebook = model["content"] if model["type"] == "notebook" else {}
        missing = set(widgets_in(notebook.get("cells", []))) - _states(notebook).keys()
        if missing:
            file = Path(contents_manager.root_dir, path.strip("/"))
            saved = whole(missing, _states(json.loads(file.read_text(encoding="utf-8"))))
            if saved:
                widgets = notebook["metadata"].setdefault("widgets", {})
                all_of_them = widgets.setdefault(WIDGET_STATE, {"version_major": 2, "version_minor": 0})
                all_of_them["state"] = {**saved, **_states(notebook)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # no file yet, or another shape than JupyterLab's: it is saved as it came


def _states(notebook: dict[str, Any]) -> dict[str, Any]:
    states: dict[str, Any] = notebook.get("metadata", {}).get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    return states


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": MODULE}]


def _load_jupyter_server_extension(app: Any) -> None:
    app.contents_manager.register_pre_save_hook(keep)
