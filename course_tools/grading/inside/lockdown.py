"""The system calls that shut a process in: namespaces, Landlock, limits. Linux only.

Who runs this: the warm process (`own_namespaces`, once) and each forked child (`shut_in`) before any line of a
student's code. Each step raises OSError when the kernel refuses it: no child runs half shut in.
"""

import ctypes
import os
import resource
import struct
from collections.abc import Iterable, Mapping
from pathlib import Path

from course_tools.grading.inside.syscalls import refuse_the_rest

_libc = ctypes.CDLL(None, use_errno=True)

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 0x1000, 0x4000, 1 << 18
PR_SET_NO_NEW_PRIVS, CAPABILITY_VERSION_3 = 38, 0x20080522
LANDLOCK_CREATE, LANDLOCK_ADD_RULE, LANDLOCK_RESTRICT = 444, 445, 446

# Landlock's rights: execute, read a file, read a folder; all that an ABI knows; what a single file can have.
READ = 1 << 0 | 1 << 2 | 1 << 3
FILE_RIGHTS = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15
EVERY_RIGHT = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}

SCRATCH = "/tmp"
SCRATCH_BYTES = 256 << 20
LIMITS = {
    "DATA": 4 << 30,  # bytes of private memory in one process
    "CPU": 300,  # seconds in one process
    "NPROC": 48,  # processes and threads of one submission
    "FSIZE": 128 << 20,  # bytes in one file
    "NOFILE": 256,
    "MEMLOCK": 1 << 20,
    "CORE": 0,
}
READABLE = ("/usr", "/lib", "/lib64", "/bin", "/etc", "/sys/devices/system/cpu", "/sys/fs/cgroup")
READABLE_PROC = ("self", "cpuinfo", "meminfo", "stat", "filesystems", "version", "sys")
WRITABLE = (SCRATCH, "/dev/shm", "/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random")


def own_namespaces(flags: int) -> None:
    """Move this process into new namespaces; with NEWUSER it keeps its own user and group ids and no others."""
    uid, gid = os.getuid(), os.getgid()
    _call(_libc.unshare(flags))
    if flags & NEWUSER:
        for name, line in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
            Path(f"/proc/self/{name}").write_text(line, encoding="ascii")


def next_child_gets_own_pids() -> None:
    """The next fork is process 1 of a new PID namespace: when it is killed, all that it started dies with it."""
    _call(_libc.unshare(NEWPID))


def following_children_share_pids(own_pids: int) -> None:
    """Undo `next_child_gets_own_pids`; `own_pids` is an open /proc/self/ns/pid of this process."""
    _call(_libc.setns(own_pids, NEWPID))


def shut_in(readable: Iterable[str]) -> None:
    """Shut the calling, freshly forked process in for good. `readable`: Python's and the package's folders."""
    readable = list(readable)
    own_namespaces(NEWUSER | NEWNS | NEWIPC | NEWNET)
    _call(_libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
    hidden = {path: os.open(path, os.O_PATH) for path in readable if path.startswith(f"{SCRATCH}/")}
    for folder in (SCRATCH, "/dev/shm"):
        options = f"size={SCRATCH_BYTES},mode=1777".encode()
        _call(_libc.mount(b"tmpfs", folder.encode(), b"tmpfs", MS_NOSUID | MS_NODEV, options))
    _bring_back(hidden)
    first_to_die_for_memory()
    limit()
    _drop_capabilities()
    _landlock([*READABLE, *readable, *(f"/proc/{name}" for name in READABLE_PROC)], WRITABLE)
    refuse_the_rest()


def _bring_back(hidden: Mapping[str, int]) -> None:
    """Show again the folders that the empty /tmp hides, each open under a descriptor: a course may lie below /tmp."""
    for path, descriptor in hidden.items():
        os.makedirs(path, exist_ok=True)
        _call(_libc.mount(f"/proc/self/fd/{descriptor}".encode(), path.encode(), None, MS_BIND | MS_REC, None))
        read_only = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
        _call(_libc.mount(None, path.encode(), None, read_only, None))
        os.close(descriptor)


def limit() -> None:
    """Set the resource limits, or keep stricter ones."""
    for name, value in LIMITS.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def first_to_die_for_memory() -> None:
    """When the machine runs out of memory the kernel ends this process before any other."""
    Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def landlock_version() -> int:
    """The kernel's Landlock ABI, 0 when it has none."""
    return max(0, int(_libc.syscall(LANDLOCK_CREATE, None, 0, 1)))


def close_files_except(keep: int) -> None:
    """Close every descriptor but `keep`; 0, 1 and 2 become /dev/null."""
    os.closerange(3, keep)
    os.closerange(keep + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    if null > 2:
        os.close(null)


def _call(result: int) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _drop_capabilities() -> None:
    _call(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    _call(_libc.capset(struct.pack("Ii", CAPABILITY_VERSION_3, 0), bytes(24)))


def _landlock(read: Iterable[str], write: Iterable[str]) -> None:
    """Allow reading below `read` and everything below `write`; no TCP, no outside sockets or signals, no ptrace."""
    abi = landlock_version()
    rights = EVERY_RIGHT.get(abi, (1 << 16) - 1)
    attributes = struct.pack("QQQ", rights, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    rules = _call(_libc.syscall(LANDLOCK_CREATE, attributes, 24 if abi >= 6 else 16 if abi >= 4 else 8, 0))
    for paths, allowed in ((read, READ), (write, rights)):
        for path in filter(os.path.exists, paths):
            _allow(rules, path, allowed if os.path.isdir(path) else allowed & FILE_RIGHTS & rights)
    _call(_libc.syscall(LANDLOCK_RESTRICT, rules, 0))
    os.close(rules)


def _allow(rules: int, path: str, rights: int) -> None:
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    _call(_libc.syscall(LANDLOCK_ADD_RULE, rules, 1, struct.pack("=Qi", rights, opened), 0))
    os.close(opened)
