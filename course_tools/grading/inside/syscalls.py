"""The system calls that no exercise needs, refused by a seccomp filter.

Who runs this: each forked child, last of all before a student's code. Namespaces and Landlock say what a process may
reach; the filter keeps it from making new namespaces, loading things into the kernel, using the keyrings that
children share, and opening kinds of sockets (vsock, netlink, packet) that the empty network does not cover.
"""

import ctypes
import errno
import os
import platform
import struct
from collections.abc import Iterable

PR_SET_SECCOMP, FILTER = 22, 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
NEW_NAMESPACES = 0x7E020000 | 0x80  # CLONE_NEWNS ... CLONE_NEWNET, CLONE_NEWTIME
UNIX, INET, INET6 = 1, 2, 10

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
COLUMN = {"x86_64": 0, "aarch64": 1}
CLONE, SOCKET, CLONE3 = (56, 220), (41, 198), 435
REFUSED = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
}
REFUSED_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 438, 440, 442)  # io_uring, new mounts, other processes


def refuse_the_rest() -> None:
    """Install the filter for this process and all that it starts. Raises OSError when the kernel refuses it."""
    machine = platform.machine()
    if machine not in AUDIT:
        raise OSError(errno.ENOSYS, f"no list of system calls for {machine}")
    program = b"".join(struct.pack("HBBI", *step) for step in _filter(AUDIT[machine], COLUMN[machine]))
    buffer = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, FILTER, header, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


Step = tuple[int, int, int, int]  # code, steps to skip when true, when false, value


def _filter(audit: int, column: int) -> list[Step]:
    """The program: another architecture's calls, new namespaces and odd sockets are refused, then the list."""
    steps: list[Step] = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, audit), _refuse(errno.EPERM)]
    steps += [(LOAD, 0, 0, NUMBER), (AT_LEAST, 0, 1, 0x40000000), _refuse(errno.EPERM)]
    steps += [(EQUAL, 0, 1, CLONE3), _refuse(errno.ENOSYS)]  # glibc then uses clone, whose flags can be seen
    numbers = [pair[column] for pair in REFUSED.values()]
    for number in (*numbers, *REFUSED_EVERYWHERE):
        steps += [(EQUAL, 0, 1, number), _refuse(errno.EPERM)]
    namespaces = [(ANY_BIT, 0, 1, NEW_NAMESPACES), _refuse(errno.EPERM), (RETURN, 0, 0, ALLOW)]
    steps += _when(CLONE[column], namespaces)
    sockets = [(EQUAL, 3, 0, UNIX), (EQUAL, 2, 0, INET), (EQUAL, 1, 0, INET6), _refuse(errno.EAFNOSUPPORT)]
    steps += _when(SOCKET[column], [*sockets, (RETURN, 0, 0, ALLOW)])
    return [*steps, (RETURN, 0, 0, ALLOW)]


def _refuse(number: int) -> Step:
    return (RETURN, 0, 0, REFUSE | number)


def _when(number: int, steps: Iterable[Step]) -> list[Step]:
    """`steps`, which all end in a return, on the first argument of the system call `number`."""
    steps = [(LOAD, 0, 0, FIRST_ARGUMENT), *steps]
    return [(EQUAL, 0, len(steps), number), *steps]
