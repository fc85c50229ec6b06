"""`greenlit audit witness`: what it says, how it ends, and that it goes nowhere but to the address it was given."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import Result

from service.audit.checking.watch import Answer
from service.audit.formats import notes
from service.audit.formats.notes import read_checkpoint
from service.commands import witness as witness_cli
from tests.support.ports import free_port
from tests.support.witness_parts import LogOnDisk, command, kept_files, serving_log

ROOT = Path(__file__).parents[4]
LOUD = "THIS LOG CANNOT BE TRUSTED AS IT IS NOW"
OTHER = Ed25519PrivateKey.from_private_bytes(b"\x07" * 32)
Run = Callable[..., Result]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[LogOnDisk]:
    with closing(LogOnDisk(tmp_path / "log")) as opened:
        opened.grow(3)
        yield opened


@pytest.fixture
def url(log: LogOnDisk) -> Iterator[str]:
    with serving_log(log) as address:
        yield address


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "witness"


@pytest.fixture
def run(url: str, folder: Path, log: LogOnDisk) -> Run:
    """Look at the log with what a witness needs."""

    def run_it(*arguments: str) -> Result:
        more = arguments if {"--every", "--once"} & set(arguments) else (*arguments, "--once")
        return command("--folder", str(folder), "--url", url, "--key", log.key().text(), *more)

    return run_it


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> "list[Callable[[], object]]":
    """What happens in each pause of the command; when nothing is left, it is interrupted as from a keyboard."""
    left: list[Callable[[], object]] = []

    def pause(_seconds: int) -> None:
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    monkeypatch.setattr(witness_cli, "_pause", pause)
    return left


def test_the_first_round_says_who_it_is_and_what_it_cosigned(run: Run, folder: Path, log: LogOnDisk) -> None:
    result = run("--name", "witness.studio")
    assert result.exit_code == 0, result.output
    first, second = result.stdout.splitlines()
    assert first == f"this witness's key, for auditors: {(folder / 'witness.pub').read_text().strip()}"
    size = read_checkpoint(log.note()).size
    assert second.endswith(f"Z witness.studio cosigned 2026-11 at {size} leaves")
    assert not result.stderr


def test_what_it_keeps_verifies_with_the_keys_that_were_published(run: Run, folder: Path, log: LogOnDisk) -> None:
    run()
    kept = (folder / "2026-11.note").read_text()
    published = notes.read_verifier_key((folder / "witness.pub").read_text().strip())
    assert notes.verified(kept, [log.key(), published]) == read_checkpoint(log.note())
    assert notes.cosigned_at(kept, published)


def test_a_round_that_changed_nothing_says_nothing(run: Run, folder: Path) -> None:
    run()
    before = kept_files(folder)
    again = run()
    assert (again.exit_code, again.output) == (0, "")
    assert kept_files(folder) == before


def test_misbehaviour_is_said_loudly_and_ends_it(run: Run, folder: Path, log: LogOnDisk, tmp_path: Path) -> None:
    log.copy_to(tmp_path / "copy")
    log.grow(2)
    run()
    kept = kept_files(folder)
    log.put_back(tmp_path / "copy")
    result = run()
    assert result.exit_code == 1
    assert LOUD in result.stderr
    assert "the log was rolled back" in result.stderr
    (evidence,) = folder.glob("2026-11.refused-*.note")
    assert evidence.name in result.stderr.replace("\n", "")
    assert evidence.read_text() == log.note()
    assert kept_files(folder) == {**kept, evidence.name: evidence.read_bytes()}


def test_it_does_not_go_on_as_if_nothing_had_happened(
    run: Run, folder: Path, log: LogOnDisk, pauses: list[Callable[[], object]]
) -> None:
    def forge() -> None:
        log.instead["/checkpoint"] = Answer(200, b"forged")

    pauses += [forge, lambda: pytest.fail("it went on")]
    result = run("--every", "1")
    assert result.exit_code == 1
    assert LOUD in result.stderr
    log.instead.clear()
    again = run()
    assert again.exit_code == 0
    assert "this log did not fit before: 1 answer was put aside, the last in 2026-11.refused-" in again.stderr
    assert list(folder.glob("*.refused-*"))


def test_it_looks_again_and_again(run: Run, log: LogOnDisk, pauses: list[Callable[[], object]]) -> None:
    size = read_checkpoint(log.note()).size
    pauses += [lambda: log.grow(1), lambda: None, lambda: log.grow(2)]
    result = run("--every", "1")
    assert result.exit_code != 1
    told = [line.partition(" cosigned ")[2] for line in result.stdout.splitlines()[1:4]]
    assert told == [
        f"2026-11 at {size} leaves",
        f"2026-11 at {size + 1} leaves (before: {size})",
        f"2026-11 at {size + 3} leaves (before: {size + 1})",
    ]


def test_a_service_that_is_not_there_is_an_error_when_it_looks_once(folder: Path, log: LogOnDisk) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    result = command("--folder", str(folder), "--url", url, "--key", log.key().text(), "--once")
    assert result.exit_code == 1
    assert f"the service at {url} does not answer (ConnectError)" in result.stderr
    assert LOUD not in result.stderr
    assert not list(folder.glob("*.refused-*"))


def test_a_service_that_is_not_there_is_said_once_and_tried_again(
    run: Run, log: LogOnDisk, pauses: list[Callable[[], object]]
) -> None:
    log.instead["/shards"] = Answer(503, b"{}")
    pauses += [lambda: None, lambda: None, log.instead.clear, lambda: log.instead.update({"/shards": Answer(503, b"")})]
    result = run("--every", "1")
    assert result.exit_code != 1
    assert result.stderr.count("cannot answer now (status 503); trying again every 1 s") == 2, (
        "once each time it is gone"
    )
    assert [line.partition("Z ")[2] for line in result.stdout.splitlines()[1:3]] == [
        "the service answers again",
        f"witness.local cosigned 2026-11 at {read_checkpoint(log.note()).size} leaves",
    ]


def test_what_was_cosigned_before_the_service_went_away_is_told(run: Run, log: LogOnDisk) -> None:
    run()
    log.turn_to(2026, 12)
    log.grow()
    november = read_checkpoint(log.note()).size
    good = log.get

    def get(route: str, **params: str | int) -> Answer:
        gone = route == "/checkpoint" and str(params["origin"]).endswith("2026-12")
        return Answer(500, b"") if gone else good(route, **params)

    log.get = get  # type: ignore[method-assign]
    result = run()
    assert result.exit_code == 1
    assert "cannot answer now (status 500)" in result.stderr
    assert f" cosigned 2026-11 at {november} leaves (before: {november - 1})\n" in result.stdout


def test_an_answer_that_breaks_off_is_no_answer(run: Run, folder: Path, log: LogOnDisk) -> None:
    log.instead["/shards"] = ConnectionAbortedError()
    result = run()
    assert result.exit_code == 1
    assert "does not answer (RemoteProtocolError)" in result.stderr
    assert not list(folder.glob("*.refused-*"))


@pytest.mark.parametrize("status", [401, 403, 302, 400, 418])
def test_a_service_that_gives_no_answer_to_this_witness_ends_it_without_blame(
    run: Run, folder: Path, log: LogOnDisk, status: int, pauses: list[Callable[[], object]]
) -> None:
    log.instead["/shards"] = Answer(status, b"{}")
    result = run("--every", "1")
    assert result.exit_code == 1
    assert f"gives this witness no answer (status {status})" in result.stderr
    assert LOUD not in result.stderr
    assert not list(folder.glob("*.refused-*"))
    assert not pauses


def test_an_address_without_these_routes_is_no_misbehaviour(run: Run, folder: Path, log: LogOnDisk) -> None:
    log.instead["/shards"] = Answer(404, b"nothing here")
    result = run()
    assert (result.exit_code, LOUD in result.stderr) == (1, False)
    assert not list(folder.glob("*.refused-*"))


def test_a_redirect_is_not_followed(run: Run, log: LogOnDisk) -> None:
    log.instead["/shards"] = Answer(307, b"")
    run()
    assert log.asked == ["/shards"]


def test_an_endless_answer_is_not_read_to_its_end(run: Run, log: LogOnDisk) -> None:
    log.instead["/shards"] = Answer(200, b" " * (2 << 20))
    result = run()
    assert result.exit_code == 1
    assert "expected an answer of at most 1048576 bytes, got more" in result.stderr
