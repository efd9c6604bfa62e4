"""`course lab` on a JupyterHub (docs/hub.md): one course for everybody, and copies in each student's home.

The hub starts `course lab` for each user. A student gets a folder with links to the course in it, so that everything
else is as on a machine of one's own.
"""

import os
from pathlib import Path

FOLDER = "deep-learning"
LENT = ("chapters", "nbgrader_config.py")  # not the exercises: these are fetched from nbgrader's exchange


def here() -> bool:
    """Whether a JupyterHub started this process."""
    return "JUPYTERHUB_API_TOKEN" in os.environ


def folder(course: Path, home: Path) -> Path:
    """A user's folder, made when there is none; the links in it lead into `course`, wherever that lies now."""
    own = home / FOLDER
    own.mkdir(exist_ok=True)
    for link, target in [(own / name, course / name) for name in LENT]:
        if link.is_symlink() and link.readlink() != target:
            link.unlink()
        if not os.path.lexists(link):
            link.symlink_to(target)
    return own


def start(arguments: list[str]) -> None:
    """JupyterLab with these arguments, on the port that the hub chose and for the user whom it let in."""
    from jupyterhub.singleuser import main

    main(arguments)
