"""What `greenlit audit witness` can be told, what it refuses to be told, and how little it loads."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import Result

from service.audit.checking.watch import Answer
from service.audit.formats import notes
from service.audit.formats.notes import read_checkpoint, signing_key_of
from tests.support.ports import free_port
from tests.support.witness_parts import KEY_NAME, TOKEN, LogOnDisk, command, serving_log

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


def test_later_calls_need_neither_key_nor_name(run: Run, folder: Path, url: str, log: LogOnDisk) -> None:
    run("--name", "witness.studio")
    before = read_checkpoint(log.note()).size
    log.grow(2)
    later = command("--folder", str(folder), "--url", url, "--once")
    assert later.exit_code == 0, later.output
    assert later.stdout.endswith(f"witness.studio cosigned 2026-11 at {before + 2} leaves (before: {before})\n")


def test_the_key_is_needed_the_first_time(folder: Path, url: str) -> None:
    result = command("--folder", str(folder), "--url", url, "--once")
    assert result.exit_code == 2
    assert "expected --key the first time" in result.stderr
    assert not folder.exists()


def test_another_key_is_refused_unless_it_comes_beside_the_one_that_is_kept(
    run: Run, folder: Path, url: str, log: LogOnDisk
) -> None:
    run()
    new = signing_key_of(KEY_NAME, OTHER).text()
    alone = command("--folder", str(folder), "--url", url, "--key", new, "--once")
    assert alone.exit_code == 1
    assert "expected the log's key that was handed over before" in alone.stderr
    assert run("--key", new).exit_code == 0
    by_new = notes.sign(read_checkpoint(log.note()), name=KEY_NAME, private=OTHER)
    log.instead["/checkpoint"] = Answer(200, by_new.encode())
    assert command("--folder", str(folder), "--url", url, "--once").exit_code == 0


def test_a_key_that_is_none_is_refused(folder: Path, url: str) -> None:
    result = command("--folder", str(folder), "--url", url, "--key", "greenlit.test/audit", "--once")
    assert result.exit_code == 2
    assert "--key: expected a verifier key as one line" in result.stderr


@pytest.mark.parametrize("name", ["Witness", "-w", "w/1", "w+1", "w 1", "", "w" * 64, "w\n"])
def test_a_name_that_cannot_stand_in_a_signature_is_refused(run: Run, folder: Path, name: str) -> None:
    result = run(f"--name={name}")
    assert result.exit_code == 2
    assert "--name: expected up to 63 small letters, digits, dots and hyphens" in result.stderr
    assert not folder.exists()


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1",
        "file:///etc/passwd",
        "127.0.0.1:8000",
        "http://",
        "http://name:secret@127.0.0.1",
        "http://127.0.0.1/?q=1",
        "http://127.0.0.1/#part",
        "http://[::1",
        "http://127.0.0.1:port",
        "",
    ],
)
def test_only_a_plain_web_address_is_called(folder: Path, log: LogOnDisk, address: str) -> None:
    result = command("--folder", str(folder), "--url", address, "--key", log.key().text(), "--once")
    assert result.exit_code == 2
    assert "--url: expected an address like https://" in result.stderr
    assert "secret" not in result.stderr
    assert not folder.exists()


def test_proxies_of_the_environment_are_not_used(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert run().exit_code == 0


def test_a_token_that_goes_to_another_machine_in_the_clear_is_said(folder: Path, log: LogOnDisk) -> None:
    # Nothing is called: the folder is a file, which is found out first.
    folder.write_text("a file")
    arguments = ("--folder", str(folder), "--key", log.key().text(), "--once")
    clear = command(*arguments, "--url", "http://greenlit.example:8000")
    assert "the token goes to another machine in the clear" in clear.stderr
    for address in ("https://greenlit.example", "http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1"):
        assert "in the clear" not in command(*arguments, "--url", address).stderr
    assert clear.exit_code == 1


def test_the_token_comes_from_the_environment_or_a_file(folder: Path, url: str, log: LogOnDisk, tmp_path: Path) -> None:
    arguments = ("--folder", str(folder), "--url", url, "--key", log.key().text(), "--once")
    path = tmp_path / "token"
    path.write_text(f"{TOKEN}\n")
    path.chmod(0o600)
    assert command(*arguments, "--token-file", str(path), GREENLIT_TOKEN="of somebody else").exit_code == 0
    assert command(*arguments).exit_code == 0
    wrong = command(*arguments, GREENLIT_TOKEN="another")
    assert (wrong.exit_code, "status 401" in wrong.stderr) == (1, True)
    for nothing in ("", " ", "two words", "zwölf", "line\nbreak"):
        refused = command(*arguments, GREENLIT_TOKEN=nothing)
        assert refused.exit_code == 2
        assert "expected a token in GREENLIT_TOKEN, got none" in refused.stderr


def test_a_file_with_the_token_that_everybody_can_read_is_refused(folder: Path, url: str, tmp_path: Path) -> None:
    path = tmp_path / "token"
    arguments = ("--folder", str(folder), "--url", url, "--key", signing_key_of(KEY_NAME, OTHER).text(), "--once")
    missing = command(*arguments, "--token-file", str(path))
    assert (missing.exit_code, "cannot be read (No such file or directory)" in missing.stderr) == (2, True)
    path.write_text(TOKEN)
    path.chmod(0o604)
    exposed = command(*arguments, "--token-file", str(path))
    assert exposed.exit_code == 2
    assert "can be read by everybody" in exposed.stderr.replace("\n", "")
    assert TOKEN not in exposed.output


def test_once_and_every_exclude_each_other(run: Run) -> None:
    result = run("--once", "--every", "5")
    assert result.exit_code == 2
    assert "expected --once or --every, got both" in result.stderr


def test_a_folder_that_cannot_be_used_is_said(folder: Path, url: str, log: LogOnDisk) -> None:
    folder.write_text("a file")
    result = command("--folder", str(folder), "--url", url, "--key", log.key().text(), "--once")
    assert result.exit_code == 1
    assert "cannot be used" in result.stderr


def test_what_it_loads_is_little_and_it_opens_no_file_of_the_service(tmp_path: Path) -> None:
    program = """
import json, os, sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import typer
from service.commands import witness as witness_cli
app = typer.Typer()
app.command()(witness_cli.witness)
quick = sorted({name.partition(".")[0] for name in sys.modules})
try:
    app(sys.argv[1:])
except SystemExit:
    pass
print(json.dumps([quick, sorted({name.partition(".")[0] for name in sys.modules}), opened]))
"""
    state = tmp_path / "state"
    state.mkdir()
    key = signing_key_of(KEY_NAME, OTHER).text()
    arguments = ["--folder", str(tmp_path / "w"), "--key", key, "--url", f"http://127.0.0.1:{free_port()}", "--once"]
    ran = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=tmp_path,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "GREENLIT_TOKEN": TOKEN,
            "GREENLIT_STATE": str(state),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert "does not answer (ConnectError)" in ran.stderr
    quick, loaded, opened = json.loads(ran.stdout.splitlines()[-1])
    heavy = {"torch", "sentence_transformers", "transformers", "faiss", "numpy", "fastapi", "starlette", "uvicorn"}
    heavy |= {"llama_index", "sqlalchemy", "structlog"}
    assert not heavy & set(loaded)
    assert not {"httpx", "cryptography"} & set(quick), "the help of the other commands does not wait for these"
    assert not [name for name in opened if str(state) in name or name.endswith(".env")]
