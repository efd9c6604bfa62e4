"""The states of widgets in a saved notebook: kept while the notebook shows the widgets, and no longer."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jupyter_server.services.contents.largefilemanager import LargeFileManager

from course_tools.authoring.parts import WIDGET_STATE as KIND
from course_tools.authoring.parts import WIDGET_VIEW as VIEW
from course_tools.lab import widget_states
from course_tools.lab.widget_states import keep

LAYOUT: dict[str, Any] = {"state": {}}
PICTURE = {"state": {"x": 2, "layout": "IPY_MODEL_b"}}


def notebook(shown: list[str], states: dict[str, Any] | None) -> dict[str, Any]:
    outputs = [{"data": {VIEW: {"model_id": name}}} for name in shown]
    metadata = {} if states is None else {"widgets": {KIND: {"state": states}}}
    return {"cells": [{"source": ""}, {"outputs": [*outputs, {"text": ""}]}], "metadata": metadata}


def saved(folder: Path, content: Any) -> dict[str, Any]:
    """The states that are saved over the file."""
    keep({"type": "notebook", "content": content}, "/x.ipynb", contents_manager=SimpleNamespace(root_dir=str(folder)))
    states: dict[str, Any] = content["metadata"].get("widgets", {}).get(KIND, {}).get("state", {})
    return states


@pytest.mark.parametrize("now", [{}, None])
def test_what_no_kernel_knows_is_kept_while_it_is_shown(tmp_path: Path, now: dict[str, Any] | None) -> None:
    (tmp_path / "x.ipynb").write_text(json.dumps(notebook(["a"], {"a": PICTURE, "b": LAYOUT, "old": PICTURE})))
    assert saved(tmp_path, notebook(["a"], now)) == {"a": PICTURE, "b": LAYOUT}
    assert saved(tmp_path, notebook(["c"], {"c": LAYOUT})) == {"c": LAYOUT}  # its cell ran again
    moved = {"a": {"state": {"x": 3}}}
    assert saved(tmp_path, notebook(["a"], dict(moved))) == moved


@pytest.mark.parametrize("there", [None, "", "[]", '{"metadata": 3}', "\x00"])
def test_no_file_keeps_a_notebook_from_being_saved(tmp_path: Path, there: str | None) -> None:
    if there is not None:
        (tmp_path / "x.ipynb").write_text(there)
    assert saved(tmp_path, notebook(["a"], {})) == {}


def test_jupyters_server_asks_before_it_saves(tmp_path: Path) -> None:
    manager = LargeFileManager(root_dir=str(tmp_path))
    widget_states._load_jupyter_server_extension(SimpleNamespace(contents_manager=manager))
    for states in ({"a": LAYOUT}, {}):
        content = {"cells": [], "nbformat": 4, "nbformat_minor": 5} | notebook([], states)
        content["cells"] = [
            {"cell_type": "code", "id": "one", "execution_count": 1, "metadata": {}, "source": "", "outputs": [
                {"output_type": "display_data", "metadata": {}, "data": {VIEW: {"model_id": "a"}}}]}
        ]  # fmt: skip
        manager.save({"type": "notebook", "content": content}, "x.ipynb")
    assert json.loads((tmp_path / "x.ipynb").read_text())["metadata"]["widgets"][KIND]["state"] == {"a": LAYOUT}
