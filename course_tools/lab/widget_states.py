"""What a saved notebook knows of its widgets lasts until their cells run again.

JupyterLab saves the state of those widgets alone that a kernel knows. After a restart, or in a notebook that was
opened again, the pictures are there, but the next save would drop their states, and they would be "model not found"
when the notebook is opened once more. This extension of Jupyter's server, on the student's own machine, keeps them.
"""

import json
import re
from pathlib import Path
from typing import Any

MODULE = __name__
KIND = "application/vnd.jupyter.widget-state+json"
VIEW = "application/vnd.jupyter.widget-view+json"
PART = re.compile(r"IPY_MODEL_(\w+)")  # how the state of a widget names another, such as its layout


def keep(model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
    """Before a notebook is saved: take over from its file the states of widgets that it shows and does not hold."""
    try:
        notebook = model["content"] if model["type"] == "notebook" else {}
        missing = _shown(notebook) - _states(notebook).keys()
        if missing:
            file = Path(contents_manager.root_dir, path.strip("/"))
            _take_over(notebook, _states(json.loads(file.read_text(encoding="utf-8"))), missing)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass  # no file yet, or another shape than JupyterLab's: it is saved as it came


def _shown(notebook: dict[str, Any]) -> set[str]:
    """The ids of the widgets in the outputs."""
    outputs = [output for cell in notebook.get("cells", []) for output in cell.get("outputs", [])]
    return {output["data"][VIEW]["model_id"] for output in outputs if VIEW in output.get("data", {})}


def _states(notebook: dict[str, Any]) -> dict[str, Any]:
    states: dict[str, Any] = notebook.get("metadata", {}).get("widgets", {}).get(KIND, {}).get("state", {})
    return states


def _take_over(notebook: dict[str, Any], saved: dict[str, Any], missing: set[str]) -> None:
    """Copy the states of the `missing` widgets, and of those that they are made of, where they were `saved`."""
    widgets = notebook["metadata"].setdefault("widgets", {})
    states = widgets.setdefault(KIND, {"version_major": 2, "version_minor": 0}).setdefault("state", {})
    todo = list(missing)
    while todo:
        name = todo.pop()
        if name in saved and name not in states:
            states[name] = saved[name]
            todo += PART.findall(json.dumps(saved[name]))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": MODULE}]


def _load_jupyter_server_extension(app: Any) -> None:
    app.contents_manager.register_pre_save_hook(keep)
