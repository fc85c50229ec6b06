"""The commands of API keys: they work with and without a running service, and print the secret once."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import greenlit
from tests.support.service_parts import Studio

CREATE = ["keys", "create", "--name", "slack", "--scope", "ask,act-for", "--expires", "2099-11-28"]


def _run(state: Path, *words: str) -> Result:
    return CliRunner().invoke(greenlit.app, list(words), env={"GREENLIT_STATE": str(state)})


def test_a_key_is_printed_once_and_listed_without_its_secret(tmp_path: Path) -> None:
    made = _run(tmp_path, *CREATE, "--groups", "legal, staff")
    assert (made.exit_code, made.stderr) == (0, "")
    assert re.fullmatch(r"glk_[a-z2-7]{10}_[\w-]{43}\n", made.stdout)
    listed = _run(tmp_path, "keys", "list", "--json")
    (key,) = json.loads(listed.stdout)["keys"]
    assert (key["name"], key["scopes"], key["groups"]) == ("slack", ["act-for", "ask"], ["legal", "staff"])
    assert (key["state"], key["made_by"], key["expires"]) == ("live", "cli", "2099-11-28")
    as_table = _run(tmp_path, "keys", "list").stdout
    assert key["id"] in as_table
    assert made.stdout[15:].strip() not in as_table + listed.stdout


def test_a_running_service_takes_it_up_at_the_next_request(studio: Studio) -> None:
    secret = _run(studio.state, *CREATE).stdout.strip()
    client = studio.stranger()
    client.headers["Authorization"] = f"Bearer {secret}"
    assert client.get("/v1/me").json()["name"] == "slack"
    told = _run(studio.state, "keys", "revoke", "slack")
    assert (told.exit_code, told.stdout.startswith("revoked slack (")) == (0, True)
    assert client.get("/v1/me").status_code == 401
    recorded = [leaf["type"] for leaf in studio.all_leaves() if leaf["type"].startswith("api_key.")]
    assert recorded == ["api_key.created", "api_key.revoked"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([*CREATE[:5], "ask,root", *CREATE[6:]], 2, "expected scopes out of ask, act-for"),
        ([*CREATE[:7], "2020-01-01"], 2, "expected a last day that is not over"),
        ([*CREATE[:7], "soon"], 2, "soon"),
        (["keys", "revoke", "slack"], 1, "expected the name or id of a key"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    told = _run(tmp_path, *words)
    assert (told.exit_code, told.stdout) == (code, "")
    assert said in told.stderr


def test_a_store_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "api_keys.sqlite").mkdir()
    for words in (CREATE, ["keys", "list"], ["keys", "revoke", "slack"]):
        told = _run(tmp_path, *words)
        assert told.exit_code == 1
        assert "API keys cannot be read or written" in told.stderr
