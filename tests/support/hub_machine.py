"""The computer on which the tests start a JupyterHub: this one, with users, homes and an exchange of its own.

As root it has real users: the hub and all that it starts see copies of /etc, /home and /srv, in which docs/hub.md's
own commands are run, and nothing of it is left on the computer. Else everybody is the user who runs the tests.
"""

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

from course_tools.paths import ROOT

GUIDE = ROOT / "docs" / "hub.md"
# All processes live in a space of their own and end with the first one, whatever happens.
SPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount", "--mount-proc"]
ALONE = ["bwrap", "--dev-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "--die-with-parent"]
NOBODY = "setpriv --reuid 65534 --regid 65534 --clear-groups"


def commands(section: str) -> str:
    """The shell commands of a section of docs/hub.md, for the course that lies here."""
    text = GUIDE.read_text(encoding="utf-8")
    found = re.search(rf"^## [0-9.]+ {section}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, section
    code = re.findall(r"(?:^    .*\n|^\n(?=    ))+", found[1], re.MULTILINE)
    assert code, section
    return textwrap.dedent("".join(code)).replace("/opt/course/.venv", sys.prefix).replace("/opt/course", str(ROOT))


class Machine:
    """`folder` is where /home and /srv lie; `real`: these are their names for the hub, and it has real users."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("home", "srv", "here"):
            (folder / name).mkdir(mode=0o755)
        self.real = os.geteuid() == 0 and self._can_have_users()

    def see(self, path: str) -> Path:
        """Where a file of the hub's machine lies for the tests."""
        return self.folder / path.removeprefix("/")

    def say(self, path: str) -> str:
        """What the hub's processes call such a file."""
        return path if self.real else str(self.see(path))

    def start(self, script: str, log: Path) -> subprocess.Popen[str]:
        """Run a shell script there, in the folder `here`. To kill what this returns ends all that it started."""
        space = [*SPACE, "sh", "-ec", self._own_folders() + script] if self.real else [*ALONE, "sh", "-ec", script]
        with log.open("w") as file:
            return subprocess.Popen(space, cwd=self.folder / "here", text=True, stdout=file, stderr=file)

    def _can_have_users(self) -> bool:
        shutil.copytree("/etc", self.folder / "etc", symlinks=True, ignore_dangling_symlinks=True)
        script = f"{self._own_folders()}exec {NOBODY} {sys.executable} -c 'import nbgrader'"
        return subprocess.run([*SPACE, "sh", "-ec", script], cwd=self.folder, capture_output=True).returncode == 0

    def _own_folders(self) -> str:
        """The lines that put own folders in the places of the computer's, and let everybody reach the programs."""
        lines = [f"mount --bind {self.folder / name} /{name}" for name in ("etc", "home", "srv")]
        lines += ["mount -t tmpfs tmpfs /var/mail", "mount -t tmpfs tmpfs /var/log"]  # useradd writes there
        node = Path(shutil.which("node") or sys.executable)
        needed = {Path(p).resolve() for p in (ROOT, sys.prefix, sys.base_prefix, node.parent)}
        hidden = {path: self.folder / "held" / str(i) for i, path in enumerate(sorted(needed)) if closed(path)}
        lines += [f"mkdir -p {held}; mount --rbind {path} {held}" for path, held in hidden.items()]
        lines += [f"mount -t tmpfs -o mode=755 tmpfs {top}" for top in sorted({str(closed(path)) for path in hidden})]
        lines += [f"mkdir -p {path}; mount --rbind {held} {path}" for path, held in hidden.items()]
        return "\n".join(lines) + "\n"


def closed(path: Path) -> Path | None:
    """The folder on the way to `path` that only its owner may pass, such as /root."""
    return next((folder for folder in reversed(path.parents) if not folder.stat().st_mode & 0o001), None)
