"""The child that parses: it is limited, it is replaced when it fails, and it never stays behind."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ingest.errors import LoadError, LoaderStartError
from ingest.loading.process import LoaderProcess
from tests.support.kernel_fences import filters_calls, landlock_version

WORKERS = Path(__file__).parent / "workers"
ROOT = Path(__file__).parents[4]


def _naughty(*, timeout_s: float = 60, recycle_after: int = 200, max_memory_bytes: int = 2 << 30) -> LoaderProcess:
    return LoaderProcess(
        timeout_s=timeout_s,
        recycle_after=recycle_after,
        max_memory_bytes=max_memory_bytes,
        module="naughty_worker",
        import_paths=(WORKERS,),
    )


@pytest.fixture(scope="module")
def naughty() -> Iterator[LoaderProcess]:
    with _naughty() as process:
        yield process


@pytest.fixture(scope="module")
def parsing() -> Iterator[LoaderProcess]:
    with LoaderProcess() as process:
        yield process


def _do(process: LoaderProcess, action: bytes) -> str:
    return process.load("a.txt", action).text


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _wait_until_gone(pid: int) -> bool:
    for _ in range(200):
        if not _is_alive(pid):
            return True
        time.sleep(0.05)
    return False


def test_documents_are_parsed_by_one_child_and_none_stays_behind(
    make_pdf: Callable[..., bytes], write_lines: Callable[..., object]
) -> None:
    with LoaderProcess() as process:
        assert process._process._child is None, "nothing is started before the first document"
        assert process.load("a.md", b"---\ntitle: T\n---\n# A\n\nOne.").title == "T"
        child = process._process._child
        assert child is not None
        document = process.load("b.PDF", make_pdf(write_lines("Masters are kept."), write_lines("Proxies are not.")))
        assert [part.locator.page for part in document.sections] == [1, 2]
        assert process._process._child is child
        pid = child.pid
        assert _is_alive(pid)
    assert not _is_alive(pid)


def test_the_real_parsers_work_within_the_limits(parsing: LoaderProcess, make_docx: Callable[..., bytes]) -> None:
    content = make_docx(lambda document: document.add_paragraph("Some text."))
    assert parsing.load("a.docx", content).text == "Some text."
    assert parsing.load("a.html", b"<table><tr><td>a<td>b").text == "a\n\nb"
    assert parsing.load("a.txt", b"Plain.").text == "Plain."
    with pytest.raises(LoadError, match="got a damaged one"):
        parsing.load("a.pdf", b"%PDF-1.7\n%%EOF")


def test_the_kernel_holds_the_real_child_to_its_limits() -> None:
    """Beneath what Python refuses: a parser in C, or one that broke out of it, gets no further than this."""
    with LoaderProcess(max_memory_bytes=1 << 30) as process:
        process.load("a.txt", b"Text.")
        assert process._process._child is not None
        place = Path(f"/proc/{process._process._child.pid}")
        lines = (place / "limits").read_text(encoding="ascii").splitlines()
        state = (place / "status").read_text(encoding="ascii").splitlines()
    limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
    assert limits["Max address space"] == [str(1 << 30)] * 2
    assert limits["Max cpu time"] == ["1380", "1381"], "eleven times what one document may take, and a minute to start"
    assert limits["Max open files"] == ["32", "32"]
    for nothing in ("Max core file size", "Max file size", "Max processes"):
        assert limits[nothing] == ["0", "0"], nothing
    assert "Threads:\t1" in state, "no library started threads before the fences"
    assert ("Seccomp:\t2" in state) == filters_calls()


def test_nothing_is_parsed_in_less_than_is_required() -> None:
    with LoaderProcess(sandbox="require", module="without_landlock", import_paths=(WORKERS,)) as process:
        with pytest.raises(LoaderStartError, match="documents cannot be parsed: expected a full sandbox"):
            process.load("a.txt", b"Text.")
        assert process._process._child is None


def test_a_reason_of_the_loader_reaches_the_parent_and_the_child_lives_on(naughty: LoaderProcess) -> None:
    pid = _do(naughty, b"pid")
    with pytest.raises(LoadError, match=r"^expected peace, got war$"):
        _do(naughty, b"refuse")
    assert _do(naughty, b"pid") == pid


def test_no_word_of_a_parser_that_breaks_reaches_anybody(capfd: pytest.CaptureFixture[str]) -> None:
    with _naughty() as process, pytest.raises(LoadError, match=r"the parser crashed \(exit status 1\)") as raised:
        _do(process, b"break")
    assert "secret" not in f"{raised.value}{capfd.readouterr()}"


def test_an_unknown_extension_starts_no_child() -> None:
    with LoaderProcess() as process:
        with pytest.raises(LoadError, match=r"expected a document of type .*, got '\.exe'"):
            process.load("a.exe", b"MZ")
        assert process._process._child is None


def test_a_document_that_takes_too_long_is_given_up_and_the_next_one_is_read() -> None:
    with _naughty(timeout_s=2) as process:
        pid = int(_do(process, b"pid"))
        with pytest.raises(LoadError, match=r"took longer than 2 s to parse"):
            _do(process, b"sleep")
        assert not _is_alive(pid)
        assert int(_do(process, b"pid")) != pid


def test_a_reply_that_trickles_in_has_no_more_time_than_any_other() -> None:
    with _naughty(timeout_s=0.5) as process, pytest.raises(LoadError, match=r"took longer than 0\.5 s to parse"):
        _do(process, b"trickle")


def test_a_reply_that_announces_too_much_is_not_waited_for(naughty: LoaderProcess) -> None:
    with pytest.raises(
        LoadError, match=r"cannot be true \(a frame of 1099511627776 bytes, expected at most 67108864\)"
    ):
        _do(naughty, b"boast")


def test_what_the_parent_holds_is_not_held_against_a_child_that_crashes() -> None:
    held = bytearray(b"\1") * (420 << 20)  # the kernel counts it to the child as well
    with _naughty(max_memory_bytes=512 << 20) as process:
        del held
        with pytest.raises(LoadError, match=r"the parser crashed \(killed by SIGABRT\)"):
            _do(process, b"abort")


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (b"abort", r"the parser crashed \(killed by SIGABRT\)"),
        (b"exit", r"the parser crashed \(exit status 3\)"),
        (b"memory", r"the parser ran out of memory \(limit 2048 MiB\)"),
        (b"lie", "the parser gave a reply that cannot be true"),
    ],
)
def test_a_failing_child_costs_one_document(naughty: LoaderProcess, action: bytes, reason: str) -> None:
    before = _do(naughty, b"pid")
    with pytest.raises(LoadError, match=reason):
        _do(naughty, action)
    assert _do(naughty, b"pid") != before


@pytest.mark.parametrize("parent_bytes", [0, 1 << 40], ids=["of_its_own", "under_a_parent_that_holds_much"])
def test_native_code_that_gets_no_more_memory_costs_one_document(
    monkeypatch: pytest.MonkeyPatch, parent_bytes: int
) -> None:
    """The kernel tells of the child no less than its parent held, so under a large one it is looked at meanwhile."""
    held = SimpleNamespace(ru_maxrss=parent_bytes >> 10)
    monkeypatch.setattr("indexes.limited.memory.getrusage", lambda _: held)
    with _naughty(max_memory_bytes=1 << 30) as process:
        before = _do(process, b"pid")
        with pytest.raises(LoadError, match=r"the parser ran out of memory \(limit 1024 MiB\)"):
            _do(process, b"abort for memory")
        assert _do(process, b"pid") != before


def test_a_parser_that_was_stopped_is_told_apart_from_a_damaged_document(naughty: LoaderProcess) -> None:
    before = _do(naughty, b"pid")
    if filters_calls():
        with pytest.raises(LoadError, match=r"^the parser was stopped: it tried what no parser needs; do not trust"):
            _do(naughty, b"pipe")
        assert _do(naughty, b"pid") != before
    else:
        assert _do(naughty, b"pipe") == "refused: PermissionError" or not landlock_version()


@pytest.mark.parametrize("action", b"socket lookup process fork write overwrite read above list delete".split())
def test_a_parser_may_not_reach_out(naughty: LoaderProcess, action: bytes) -> None:
    assert _do(naughty, action) == "refused: RefusedError"
    assert not Path("/tmp/greenlit-naughty").exists()  # noqa: S108 - the file that must not be there


def test_the_child_gets_no_secrets_and_no_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GREENLIT_SECRET", "do not tell")
    read_end, write_end = os.pipe()
    os.set_inheritable(read_end, True)
    try:
        with _naughty() as process:
            environment = json.loads(_do(process, b"environment"))
            assert "GREENLIT_SECRET" not in environment
            assert "HOME" not in environment
            assert _do(process, b"descriptors") == "2", "only the two pipes"
    finally:
        os.close(read_end)
        os.close(write_end)


def test_what_a_parser_prints_does_not_get_between_the_replies(naughty: LoaderProcess) -> None:
    assert _do(naughty, b"noise") == "quiet"
    assert _do(naughty, b"noise") == "quiet"


def test_the_child_is_replaced_after_a_number_of_documents() -> None:
    with _naughty(recycle_after=2) as process:
        pids = [_do(process, b"pid") for _ in range(4)]
    assert pids[0] == pids[1] != pids[2] == pids[3]
    assert not any(_is_alive(int(pid)) for pid in pids)


def test_a_thousand_good_documents_are_read_around_some_that_crash_or_hang() -> None:
    """One that crashes its reader twice, and one that hangs, cost no other."""
    bad = {100: b"abort", 101: b"abort", 350: b"sleep"}
    read, kept_out = 0, []
    with _naughty(timeout_s=2, recycle_after=700) as process:
        for number in range(1000 + len(bad)):
            try:
                read += _do(process, bad.get(number, b"here")) == "here"
            except LoadError as error:
                kept_out.append(str(error).partition(":")[0].partition(" (")[0])
    assert read == 1000
    assert kept_out == [*["the parser crashed"] * 2, "it took longer than 2 s to parse"]


def test_a_large_document_goes_through_the_pipes(parsing: LoaderProcess) -> None:
    content = b"Keep this for ten years. " * 60_000  # some twenty times what a pipe holds
    assert len(parsing.load("a.txt", content).text) == len(content) - 1


def test_a_child_that_does_not_start_is_the_installations_fault() -> None:
    with (
        LoaderProcess(module="stillborn_worker", import_paths=(WORKERS,)) as process,
        pytest.raises(LoaderStartError, match=r"to start, but exit status 9: run '.*stillborn_worker"),
    ):
        process.load("a.txt", b"Text.")


def test_the_child_ends_when_its_parent_is_gone() -> None:
    code = (
        "import os\n"
        "from ingest.loading.process import LoaderProcess\n"
        "process = LoaderProcess()\n"
        "process.load('a.txt', b'Text.')\n"
        "print(process._process._child.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=300
    )
    assert _wait_until_gone(int(result.stdout))
