"""The button *Hand in* above an exercise in JupyterLab: it saves the notebook and shows what `course submit` says.

`labextension/` is the button: one module without a build step, for JupyterLab takes any script that answers as its
bundler's would. This is what the button asks: an extension of Jupyter's server, on the student's own machine.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web

from course_tools.paths import ROOT

MODULE = __name__
LABEXTENSIONS = Path(__file__).parent / "labextension"
SECONDS = 600  # `course submit` bounds itself; this is for a machine that hangs
SECONDS_TO_STOP = 30
ONE = asyncio.Lock()  # a second click, in another tab say, waits for the first: both would write one file
EXERCISE = re.compile(r"assignments/([0-9]{2}_\w+)/\1\.ipynb")


def options() -> list[str]:
    """What `course lab` hands to JupyterLab, so that a student has the button."""
    return [f"--LabApp.extra_labextensions_path={LABEXTENSIONS}"]


def submit(path: str) -> dict[str, str]:
    """Run `course submit` for the notebook at `path`, as JupyterLab knows it: what it says, and where the file lies.

    Raises ValueError when the path is not an exercise's.
    """
    found = EXERCISE.fullmatch(path)
    if not found:
        raise ValueError(f"{path} is not a notebook of exercises")
    ran = subprocess.Popen(
        [sys.executable, "-m", "course_tools.cli", "submit", found[1]],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    try:
        said, _ = ran.communicate(timeout=SECONDS)
    except subprocess.TimeoutExpired:
        said = _stopped(ran)
    return {"said": said, "file": f"handin/{found[1]}.zip" if ran.returncode == 0 else ""}


def _stopped(ran: subprocess.Popen[str]) -> str:
    """What it says after Ctrl-C, at which it ends its kernel, whatever runs there, and packs the notebook.

    Raises TimeoutExpired where it does not end at that either.
    """
    if os.name == "posix":  # elsewhere the kernel ends with the process that began it
        ran.send_signal(signal.SIGINT)
    try:
        return ran.communicate(timeout=SECONDS_TO_STOP)[0]
    except subprocess.TimeoutExpired:
        ran.kill()
        ran.communicate()
        raise


class HandIn(APIHandler):
    """POST {"path": ...}: what `submit` gives, as JSON."""

    @web.authenticated
    async def post(self) -> None:
        try:
            path = str((self.get_json_body() or {}).get("path"))
            async with ONE:
                told = await asyncio.to_thread(submit, path)
            self.finish(json.dumps(told))
        except (ValueError, AttributeError) as e:
            raise web.HTTPError(400, str(e)) from e
        except subprocess.TimeoutExpired as e:
            raise web.HTTPError(504, "course submit did not come to an end") from e


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": MODULE}]


def _load_jupyter_server_extension(app: Any) -> None:
    where = url_path_join(app.web_app.settings["base_url"], "course", "hand-in")
    app.web_app.add_handlers(".*$", [(where, HandIn)])
