"""The outer wall: the command line that starts the warm process inside bubblewrap.

Who runs this: the grader, outside. Inside there is no network, a read-only system, an empty /tmp, a minimal
environment, and of the course only `course_utils` and what runs inside: no solutions, submissions or gradebook.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from course_tools.grading import inside
from course_tools.paths import ROOT, UTILS
from course_utils.errors import CourseError

INSIDE = Path(inside.__file__).resolve().parent
# all of the course that a submission's process can see
SEEN = (UTILS, INSIDE, INSIDE.parent / "author.py")
SYSTEM = (
    "/lib",
    "/lib64",
    "/bin",
    "/etc/ld.so.cache",
    "/etc/alternatives",
    "/etc/passwd",
    "/etc/localtime",
    "/etc/fonts",
)
NOBODY = 65534

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/tmp",
    "PYTHONPATH": str(ROOT),
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "MPLCONFIGDIR": "/tmp/mpl",
    "IPYTHONDIR": "/tmp/ipython",
    "COURSE_QUIET": "1",
    "NBGRADER_EXECUTION": "autograde",
    # one thread: a submission must not take its neighbours' cores, and a fork keeps no threads
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",  # large pages halve the time of a fork
}


def require(unsafe: bool = False) -> None:
    """Raise CourseError, which says what to do, when this machine cannot run submissions, or not shut in."""
    if sys.platform != "linux":
        raise CourseError(
            "Submissions are graded on Linux only. Grade on a Linux machine, in a virtual one, or on Windows in WSL."
        )
    if not unsafe and (problem := missing()):
        raise CourseError(problem)


@cache
def missing() -> str:
    """What keeps a Linux machine from shutting submissions in, and what to do; empty when nothing does."""
    from course_tools.grading.inside import lockdown  # only Linux has what it imports

    way_out = "or grade with --unsafe submissions that you trust as you trust your own files."
    if shutil.which("bwrap") is None:
        return f"The grader's sandbox, bubblewrap, is missing. Install it (apt install bubblewrap), {way_out}"
    if lockdown.landlock_version() == 0:
        return f"This kernel has no Landlock, which the sandbox needs. Use Linux 5.13 or later with it on, {way_out}"
    trial = subprocess.run([*_bubblewrap(), "/usr/bin/true"], capture_output=True, text=True, check=False)
    if trial.returncode:
        reason = (trial.stderr.strip().splitlines() or ["no reason given"])[-1]
        return (
            f"bubblewrap may not make namespaces here ({reason}). "
            f"Allow it as docs/grading.md says (a container needs user namespaces, Ubuntu a profile), {way_out}"
        )
    return ""


def command(program: Sequence[str], unsafe: bool = False) -> list[str]:
    """`program` inside the sandbox, or as it is when `unsafe`."""
    return list(program) if unsafe else [*_bubblewrap(), *program]


def _bubblewrap() -> list[str]:
    """As root, bubblewrap mounts and then becomes nobody (limits do not bind root); else it uses a user namespace."""
    root = os.getuid() == 0
    spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try"]
    line = ["bwrap", "--new-session", "--cap-drop", "ALL"]
    line += [*spaces, "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"] if root else ["--unshare-all"]
    line += [*_mounts(), "--chdir", "/tmp"]
    if root:
        line += ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--bounding-set=-all", "--"]
    return line


def _mounts() -> list[str]:
    line = ["--ro-bind", "/usr", "/usr"]
    for path in SYSTEM:
        if os.path.islink(path):
            line += ["--symlink", os.readlink(path), path]
        elif os.path.exists(path):
            line += ["--ro-bind", path, path]
    line += ["--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp"]
    for folder in dict.fromkeys((sys.prefix, sys.base_prefix, *map(str, SEEN))):
        if not folder.startswith("/usr"):
            for parent in list(reversed(Path(folder).parents))[1:]:
                line += ["--perms", "0755", "--dir", str(parent)]
            line += ["--ro-bind", folder, folder]
    return line
