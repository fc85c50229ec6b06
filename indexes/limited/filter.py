"""The filter that stands between a limited child and the kernel (seccomp): a list of the few calls that it may make.

`program` writes the filter for a kind of processor, `install` puts it before all threads of this process, for good.
Four answers: a call is let through; it is refused with the error that libraries live with (a file that may not be
written, a thread that cannot be started now); it is unknown, as on an older kernel; or the process is stopped, where
only hostile code would ask. The filter sees numbers, never what a pointer points to: calls that hide their wish
behind one (`clone3`, `openat2`) are unknown, and libraries then use the older call.
"""

import ctypes
import errno
import os
import platform
import struct
import sys

from indexes.limited.syscalls import ALLOWED, BY_ARGUMENT, MACHINES, REFUSED, STOPPED, Machine

Instruction = tuple[int, int, int, int]  # code, jump if true, jump if false, operand
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, STOP, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_NUMBER, _AUDIT, _FIRST_ARGUMENT = 0, 4, 16  # where they stand in what the filter is shown
_X32 = 0x40000000  # a second set of numbers on x86_64
_TMPFILE = 0o20000000
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | _TMPFILE
_THREAD = 0x00010000
_FCNTL = (0, 1, 2, 3, 1030)  # duplicate, read or set whether a program that is started inherits, read the flags
_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1
_ERRORS = {"creat": errno.EACCES, "ioctl": errno.ENOTTY, "socket": errno.EACCES, "socketpair": errno.EACCES}


class NoFilterError(Exception):
    """The kernel, or this kind of processor, has no such filter; the message says why."""


def refusal(number: int) -> int:
    """Return the filter's answer that a call fails with this error."""
    return _ERRNO | number


def program(machine: Machine, pid: int) -> list[Instruction]:
    """Return the filter.

    Args:
        machine: the kind of processor.
        pid: of the process, which may send signals to itself alone.
    """
    steps: list[Instruction] = [
        (LOAD, 0, 0, _AUDIT),
        *_answer_if(JUMP_EQUAL, machine.audit, unless=True, answer=STOP),
        (LOAD, 0, 0, _NUMBER),
    ]
    if machine.name == "x86_64":
        steps += _answer_if(JUMP_AT_LEAST, _X32, answer=STOP)
    for names, answer in ((ALLOWED, ALLOW), (STOPPED, STOP)):
        for numbers in names.values():
            if (number := numbers[machine.column]) is not None:
                steps += _answer_if(JUMP_EQUAL, number, answer=answer)
    for name, numbers in REFUSED.items():
        if (number := numbers[machine.column]) is not None:
            steps += _answer_if(JUMP_EQUAL, number, answer=refusal(_ERRORS.get(name, errno.EPERM)))
    for name, numbers in BY_ARGUMENT.items():
        if (number := numbers[machine.column]) is not None:
            judged = _judged(name, pid)
            steps += [(JUMP_EQUAL, 0, len(judged), number), *judged]
    return [*steps, (RETURN, 0, 0, refusal(errno.ENOSYS))]


def _judged(name: str, pid: int) -> list[Instruction]:
    """Return the steps that judge a call by its arguments; they always come to an answer."""
    no, yes = (RETURN, 0, 0, refusal(errno.EPERM)), (RETURN, 0, 0, ALLOW)
    if name in {"open", "openat"}:
        flags = 1 if name == "open" else 2
        return [_argument(flags), *_answer_if(JUMP_ANY_BIT, _WRITING, answer=refusal(errno.EACCES)), yes]
    if name == "fcntl":
        allowed = [step for command in _FCNTL for step in _answer_if(JUMP_EQUAL, command, answer=ALLOW)]
        return [_argument(1), *allowed, no]
    if name == "tgkill":  # how a process aborts
        return [_argument(0), *_answer_if(JUMP_EQUAL, pid, answer=ALLOW), (RETURN, 0, 0, STOP)]
    if name == "prlimit64":  # reading limits: no new ones are given
        low, high = _argument(2), _argument(2, high=True)
        return [
            low,
            *_answer_if(JUMP_ANY_BIT, 0xFFFFFFFF, answer=no[3]),
            high,
            (JUMP_ANY_BIT, 0, 1, 0xFFFFFFFF),
            no,
            yes,
        ]
    # clone: a thread cannot be started now; a process never
    return [_argument(0), *_answer_if(JUMP_ANY_BIT, _THREAD, answer=refusal(errno.EAGAIN)), (RETURN, 0, 0, STOP)]


def _answer_if(test: int, operand: int, *, answer: int, unless: bool = False) -> list[Instruction]:
    return [(test, 1, 0, operand) if unless else (test, 0, 1, operand), (RETURN, 0, 0, answer)]


def _argument(number: int, *, high: bool = False) -> Instruction:
    return (LOAD, 0, 0, _FIRST_ARGUMENT + 8 * number + (4 if high else 0))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def install() -> None:
    """Put the filter before every thread of this process; nothing takes it away again.

    Raises:
        NoFilterError: it cannot be had here.
    """
    machine = MACHINES.get(platform.machine())
    if sys.platform != "linux":
        raise NoFilterError("no filter for system calls: this is not Linux")
    if machine is None or sys.maxsize < 1 << 32:
        raise NoFilterError(f"no filter for system calls: none is written for {platform.machine()}")
    steps = program(machine, os.getpid())
    packed = b"".join(struct.pack("=HBBI", *step) for step in steps)
    held = ctypes.create_string_buffer(packed, len(packed))
    whole = _Program(len(steps), ctypes.cast(held, ctypes.c_void_p).value)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    libc.prctl(_NO_NEW_PRIVILEGES, *(ctypes.c_ulong(value) for value in (1, 0, 0, 0)))
    arguments = (machine.seccomp, _SET_FILTER, _ALL_THREADS)
    if libc.syscall(*(ctypes.c_long(value) for value in arguments), ctypes.byref(whole)):
        raise NoFilterError(f"no filter for system calls: the kernel says {os.strerror(ctypes.get_errno())}")
