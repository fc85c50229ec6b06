"""The filter of system calls, read as the kernel reads it, for both kinds of processor."""

import errno
import os

import pytest

from indexes.limited import filter as call_filter
from indexes.limited.filter import ALLOW, STOP, Instruction, program, refusal
from indexes.limited.syscalls import ALLOWED, BY_ARGUMENT, MACHINES, REFUSED, STOPPED

PID = 4321
UNKNOWN = refusal(errno.ENOSYS)
NUMBERS = ALLOWED | STOPPED | REFUSED | BY_ARGUMENT


def _run(steps: list[Instruction], audit: int, number: int, *arguments: int) -> int:
    """Run a filter as the kernel does: 64 bytes of what is asked, in words of four bytes."""
    shown = b"".join(value.to_bytes(4, "little") for value in (number, audit)) + bytes(8)
    shown += b"".join(value.to_bytes(8, "little") for value in (*arguments, *[0] * (6 - len(arguments))))
    at, held = 0, 0
    while True:
        code, jump_true, jump_false, operand = steps[at]
        at += 1
        if code == call_filter.LOAD:
            held = int.from_bytes(shown[operand : operand + 4], "little")
        elif code == call_filter.RETURN:
            return operand
        else:
            tests = {
                call_filter.JUMP_EQUAL: held == operand,
                call_filter.JUMP_AT_LEAST: held >= operand,
                call_filter.JUMP_ANY_BIT: bool(held & operand),
            }
            at += jump_true if tests[code] else jump_false


@pytest.fixture(params=sorted(MACHINES))
def asked(request: pytest.FixtureRequest) -> "Asked":
    return Asked(request.param)


class Asked:
    """Asks the filter of one kind of processor, by the names of calls."""

    def __init__(self, name: str) -> None:
        self.machine = MACHINES[name]
        self.steps = program(self.machine, PID)

    def __call__(self, name: str, *arguments: int) -> int | None:
        """Return the answer; None where this processor has no such call."""
        number = NUMBERS[name][self.machine.column]
        return None if number is None else _run(self.steps, self.machine.audit, number, *arguments)


def test_each_call_of_the_lists_is_answered_as_its_list_says(asked: Asked) -> None:
    for names, answer in ((ALLOWED, ALLOW), (STOPPED, STOP)):
        assert {name for name in names if asked(name) not in {answer, None}} == set()
    assert {name for name in REFUSED if (asked(name) or refusal(errno.EPERM)) & 0xFFFF0000 != refusal(0)} == set()
    assert len(NUMBERS) == len(ALLOWED) + len(STOPPED) + len(REFUSED) + len(BY_ARGUMENT), "no call is in two lists"


def test_whatever_is_in_no_list_is_as_on_an_older_kernel(asked: Asked) -> None:
    listed = {numbers[asked.machine.column] for numbers in NUMBERS.values()}
    answers = {_run(asked.steps, asked.machine.audit, number) for number in range(600) if number not in listed}
    assert answers == {UNKNOWN}
    for clone3, openat2, memfd_create in {"x86_64": [(435, 437, 319)], "aarch64": [(435, 437, 279)]}[
        asked.machine.name
    ]:
        assert not {clone3, openat2, memfd_create} & listed


def test_numbers_of_another_processor_stop_the_child(asked: Asked) -> None:
    read = ALLOWED["read"][asked.machine.column]
    assert read is not None
    assert _run(asked.steps, 0x40000003, read) == STOP, "the 32-bit calls of the same processor"
    if asked.machine.name == "x86_64":
        assert _run(asked.steps, asked.machine.audit, 0x40000000 + read) == STOP


@pytest.mark.parametrize("flag", ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"])
def test_a_file_is_opened_for_reading_alone(asked: Asked, flag: str) -> None:
    for name, before in (("open", (1,)), ("openat", (0xFFFFFF9C, 1))):
        assert asked(name, *before, os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY) in {ALLOW, None}
        assert asked(name, *before, os.O_CLOEXEC | getattr(os, flag)) in {refusal(errno.EACCES), None}


def test_no_file_without_a_name_is_made(asked: Asked) -> None:
    assert asked("openat", 0, 1, 0o20000000) == refusal(errno.EACCES)


def test_a_thread_is_refused_and_a_process_stopped(asked: Asked) -> None:
    assert asked("clone", 0x10000 | 0xF00) == refusal(errno.EAGAIN)
    assert asked("clone", 17) == STOP, "as fork asks"
    assert asked("clone", 0x4111) == STOP, "as vfork asks"


def test_a_signal_goes_to_the_child_itself_alone(asked: Asked) -> None:
    assert asked("tgkill", PID, PID, 6) == ALLOW
    assert asked("tgkill", PID + 1, PID + 1, 9) == STOP
    assert asked("fcntl", 5, 8, PID + 1) == refusal(errno.EPERM), "F_SETOWN: a file that sends signals"
    assert asked("fcntl", 5, 1030) == ALLOW


def test_limits_are_read_and_not_set(asked: Asked) -> None:
    assert asked("prlimit64", 0, 9, 0, 0x7FFF12345678) == ALLOW
    assert asked("prlimit64", 0, 9, 0x7FFF00000000) == refusal(errno.EPERM)
    assert asked("prlimit64", 0, 9, 0x12345678) == refusal(errno.EPERM)
