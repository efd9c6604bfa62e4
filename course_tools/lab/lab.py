"""`course lab`: JupyterLab on the student's own copies, with nothing to click away."""

import json
import os
import socket
import sysconfig
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from course_tools.authoring.chapters import CHAPTERS, Chapter
from course_tools.lab import copies, hand_in, hub, progress, widget_states
from course_tools.paths import ROOT
from course_utils.errors import CourseError

START_PAGE = "start.md"
LABEXTENSIONS = Path(__file__).parent / "labextensions"  # the course's style sheet for JupyterLab
HAND_IN = (
    "To hand in exercises, open them and press **Hand in** above the notebook. It saves them, runs the checks once "
    "more, says how each answer stands, and makes one file to upload. `course submit 3` in a terminal does so with "
    "what is saved."
)
HAND_IN_HUB = (
    "The exercises are in the menu *Nbgrader*, *Assignment List*: fetch them there, and submit them there when you "
    "have saved them. Your copy is then in the folder `assignments`."
)

# JupyterLab's settings for this course. They lie in a folder of their own, so that the user's stay as they are,
# and are written once, so that what is changed in JupyterLab's menus lasts.
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/apputils-extension/themes": {"adaptive-theme": True},
    "@jupyterlab/docmanager-extension/plugin": {"defaultViewers": {"markdown": "Markdown Preview"}},
    "@jupyter-widgets/jupyterlab-manager/plugin": {"saveState": True},
}
# Above each notebook of a student's, a button that leads back to the start page.
BACK = {
    "@jupyterlab/notebook-extension/panel": {
        "toolbar": [
            {
                "name": "start-page",
                "label": "Start page",
                "caption": "All chapters and exercises",
                "command": "docmanager:open",
                "args": {"path": START_PAGE, "factory": "Markdown Preview"},
                "rank": 0,
            }
        ]
    }
}

# What a student has no use for: pairing with sources, and the instructor's side of nbgrader.
NOT_FOR_STUDENTS = ("jupyterlab-jupytext", "@jupyter/nbgrader:create-assignment", "@jupyter/nbgrader:formgrader")
# What is of no use without an exchange that everybody can reach (COURSE_EXCHANGE): fetching, handing in, their menu.
OF_THE_EXCHANGE = ("@jupyter/nbgrader:assignment-list", "@jupyter/nbgrader:course-list", "@jupyter/nbgrader:menu")


def run(arguments: list[str], edit: bool = False, root: Path = ROOT) -> None:
    """Hand out the copies and start JupyterLab on them, or with `edit` on the sources; return when it ends.

    `arguments` are JupyterLab's own and win over ours. Raises CourseError when the port asked for is taken.
    """
    if hub.here() and not edit:
        root = hub.folder(root, Path.home())
    require_free(requested_port(arguments))
    settings = root / "work" / ".course" / "lab"
    options = ["--Application.log_level=ERROR", f"--LabApp.extra_labextensions_path={LABEXTENSIONS}"]
    options += ["--allow-root"] if os.name == "posix" and os.geteuid() == 0 else []  # as in most containers
    options += author_options(root, settings) if edit else student_options(root, settings)
    os.chdir(root)
    add_config_path(root)  # nbgrader's assignment list looks for nbgrader_config.py from folders below
    options += terminal_options()
    shorten_waiting()
    _start([*options, *arguments])


def student_options(root: Path, settings: Path) -> list[str]:
    """Hand out the copies, say what is new, and write the start page; the options that open it."""
    outcome = copies.hand_out(root, date.today())
    (root / "work" / START_PAGE).write_text(start_page(outcome, root), encoding="utf-8")
    for sentence in outcome.news:
        print(sentence)
    print("The course opens in your browser; your copies are in work/. Ctrl-C here ends it.", flush=True)
    hide_from_students(settings / "config")
    write_settings(settings / "settings", SETTINGS | BACK)
    own = not hub.here()  # there nbgrader's exchange takes what is handed in, and needs no button
    extensions = {"jupyterlab_jupytext": False, widget_states.MODULE: True} | ({hand_in.MODULE: True} if own else {})
    return [
        f"--LabApp.user_settings_dir={settings / 'settings'}",
        f"--ServerApp.root_dir={root / 'work'}",
        f"--LabApp.default_url=/lab/tree/{START_PAGE}",
        f"--LabApp.workspaces_dir={settings / 'workspaces'}",
        f"--ServerApp.jpserver_extensions={extensions}",
        *(hand_in.options() if own else []),
    ]


def author_options(root: Path, settings: Path) -> list[str]:
    """The options that open the repository itself; jupytext keeps each notebook and its source together."""
    print("The sources open in your browser. After a change: course build. Ctrl-C here ends it.", flush=True)
    write_settings(settings / "settings-of-sources", SETTINGS)
    return [
        f"--LabApp.user_settings_dir={settings / 'settings-of-sources'}",
        f"--ServerApp.root_dir={root}",
        f"--LabApp.workspaces_dir={settings / 'workspaces-of-sources'}",
    ]


def start_page(outcome: copies.Outcome, root: Path) -> str:
    """The first page (Markdown): every chapter and every exercise one click away, and how far the student is."""
    rows = "\n".join(_row(chapter, outcome, root) for chapter in CHAPTERS)
    news = "".join(f"> **New.** {sentence}\n\n" for sentence in outcome.news)
    glossary = _links("glossary", outcome.copies.get("chapters/glossary.md", []))
    terms = f" Every term that a chapter defines stands in the {glossary}." if glossary else ""
    return f"""# Deep Learning by Hand

Read a chapter from the top and run each cell with **Shift + Enter**. Change things: these are your own copies, and
a newer version of the course never overwrites what you wrote. When a chapter makes sense, do its exercises.{terms}

{HAND_IN_HUB if hub.here() else HAND_IN}

{news}| | Chapter | You build | Exercises | So far |
|--:|---|---|---|---|
{rows}

*So far* is how it stood when the course was opened; `course progress` in a terminal counts anew. {progress.MEANING}
"""


def _row(chapter: Chapter, outcome: copies.Outcome, root: Path) -> str:
    notebook, exercises = (
        outcome.copies.get(key, [])
        for key in (f"chapters/{chapter.name}.ipynb", f"assignments/{chapter.name}/{chapter.name}.ipynb")
    )
    title = _links(chapter.title, notebook) or f"*{chapter.title} (planned)*"
    links = _links(f"exercises {chapter.number}", exercises)
    so_far = "<br>".join([*progress.of(chapter.name, root), *progress.words(chapter.name, root)])
    return f"| {chapter.number} | {title} | {chapter.builds} | {links} | {so_far} |"


def _links(text: str, paths: list[str]) -> str:
    """A link to the first copy and, where newer ones lie beside it, to each of them."""
    names = [text, *(path[path.rindex("(") + 1 : path.rindex(")")] for path in paths[1:])]
    return ", ".join(f"[{name}]({quote(path)})" for name, path in zip(names, paths, strict=False))


def write_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write each of JupyterLab's settings files that is not there."""
    for name, values in settings.items():
        path = folder / f"{name}.jupyterlab-settings"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values, indent=2), encoding="utf-8")


def hide_from_students(folder: Path) -> None:
    """Switch off, for this process alone, the parts of JupyterLab for which a student has no use."""
    hidden = [*NOT_FOR_STUDENTS, *(OF_THE_EXCHANGE if not os.environ.get("COURSE_EXCHANGE") else ())]
    path = folder / "labconfig" / "page_config.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"disabledExtensions": dict.fromkeys(hidden, True)}), encoding="utf-8")
    add_config_path(folder)


def add_config_path(folder: Path) -> None:
    """Let this process and its children look for Jupyter's settings in `folder` too."""
    others = os.environ.get("JUPYTER_CONFIG_PATH")
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, [str(folder), others]))


def terminal_options() -> list[str]:
    """Put this environment's commands, `course` among them, first on PATH; the option by which terminals keep it.

    Without a named shell JupyterLab starts a login shell where it has no terminal itself, and that sets PATH anew.
    """
    os.environ["PATH"] = os.pathsep.join(filter(None, [sysconfig.get_path("scripts"), os.environ.get("PATH")]))
    if os.name != "posix":
        return []
    return [f"--ServerApp.terminado_settings={{'shell_command': [{os.environ.get('SHELL', 'sh')!r}]}}"]


def shorten_waiting() -> None:
    """Let torch's threads spin for a short while only while they wait, in the kernels that this process starts.

    Their default spins for milliseconds: on processors that other programs use as well, a small network then trains
    at a fraction of its speed. Not to spin at all costs more on a quiet machine (`make bench ARGS=threads`). What
    the user chose stays. Only GNU's OpenMP, which torch uses on Linux, reads this variable.
    """
    if not os.environ.keys() & {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}:
        os.environ["GOMP_SPINCOUNT"] = "1000"


def requested_port(arguments: list[str]) -> int | None:
    """The port named in JupyterLab's arguments: --port 9999, --port=9999 or --ServerApp.port=9999."""
    for option, value in zip(arguments, [*arguments[1:], ""], strict=True):
        name, _, own = option.partition("=")
        if name in ("--port", "--ServerApp.port"):
            number = own or value
            if not number.isdigit() or not 0 <= int(number) <= 65535:
                raise CourseError(f"{number!r} is not a port. Name one between 1024 and 65535: --port 9999")
            return int(number)
    return None


def require_free(port: int | None) -> None:
    """Raise CourseError when somebody listens on `port`. (Without a port, JupyterLab finds a free one itself.)"""
    if port is None:
        return
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            raise CourseError(
                f"Port {port} is in use, perhaps by a JupyterLab that still runs. "
                "Name another, or leave --port out and a free one is found."
            )


def _start(arguments: list[str]) -> None:
    if hub.here():
        return hub.start(arguments)
    from jupyterlab.labapp import LabApp

    LabApp.launch_instance(arguments)
