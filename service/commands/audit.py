"""The auditors' commands: `greenlit audit …`.

While a service runs they go through it; with none running they open the log here (`audit_client`). `verify` only reads
files, and `witness` only talks to the service it watches. Exit codes: 0 done or fine, 1 refused or found wrong, 2 used
wrongly.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indexes.console import fail, out, problem
from indexes.counting import counted
from indexes.errors import IndexesError, SettingsError
from service.access.errors import AccessError
from service.answering.errors import AnsweringError
from service.audit.errors import AuditError, FilterError
from service.commands.lines import own_lines, record_line
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from service.audit.desk import Replaying
    from service.audit.opening import OpenLog
    from service.commands.client import AuditClient

app = typer.Typer(help="The record of questions: list, show, verify, export, replay, erase, reveal, witness.")

AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]
_WHAT_IS_LOST = {  # by the purpose of the key
    "payload": "the texts that it sealed cannot be opened any more",
    "identity": "who asked the questions that it sealed cannot be revealed any more",
    "actor": "its pseudonyms stand for nobody any more, and everybody has another one from now on",
}
_NO_PURPOSE = "no purpose was given"  # what somebody reads whose question was looked at without a word why
SeqArgument = Annotated[int, typer.Argument(min=0, help="the number of the record")]
Purpose = Annotated[str, typer.Option(help="what for; kept sealed beside the record of this")]
From = Annotated[str | None, typer.Option("--from", help="a number, a day or a time (UTC): from here on")]
To = Annotated[
    str | None, typer.Option("--to", help="a number, or a day or time (UTC) that is itself left out: up to here")
]


def settings_or_exit() -> Settings:
    """Return the settings, or end the command."""
    try:
        return read_settings()
    except SettingsError as error:
        raise fail(error, 2) from error


@contextlib.contextmanager
def log_client() -> Iterator["AuditClient"]:
    """Lend a client of the log to a command; whatever is refused ends the command with one line."""
    from service.commands.client import AuditCallError, audit_client

    settings = settings_or_exit()
    try:
        with audit_client(settings, replayer=lambda opened: _replay(settings, opened), notice=problem) as client:
            yield client
    except AuditCallError as error:
        raise fail(error, 2 if error.used_wrongly else 1) from error
    except (AuditError, AccessError, IndexesError, AnsweringError) as error:
        raise fail(error, 2 if isinstance(error, FilterError) else 1) from error


@contextlib.contextmanager
def _replay(settings: Settings, opened: "OpenLog") -> Iterator["Replaying"]:
    """Lend what replays, over a log that was opened here; loads the encoder."""
    from indexes.encoder import load_encoder
    from service.parts import open_service

    encoder = load_encoder(settings.encoder, copies=1)  # one question is replayed
    with open_service(settings, opened=opened, encoder=encoder, notice=problem) as service:
        yield service.replay


@app.command("list")
def list_records(
    since: From = None,
    until: To = None,
    kind: Annotated[str | None, typer.Option("--type", help="only this type, such as query.finished")] = None,
    outcome: Annotated[str | None, typer.Option(help="answered, refused, failed or aborted")] = None,
    reason: Annotated[str | None, typer.Option(help="only this reason, such as no_evidence")] = None,
    document: Annotated[str | None, typer.Option(help="only where this document was found or cited")] = None,
    channel: Annotated[str | None, typer.Option(help="api, cli, web, slack, mcp or openai")] = None,
    request_id: Annotated[str | None, typer.Option(help="only this question")] = None,
    after: Annotated[int, typer.Option(min=-1, help="only numbers above this: the `next` of the page before")] = -1,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="at most this many")] = 100,
    as_json: AsJson = False,
) -> None:
    """List records without their texts. That they were listed is a record too."""
    wanted: dict[str, Any] = {
        "type": kind,
        "outcome": outcome,
        "reason": reason,
        "document": document,
        "channel": channel,
        "request_id": request_id,
        "limit": limit,
        "after": after,
    }
    last = _bounds(wanted, since, until)
    with log_client() as client:
        page = client.get("/records", {name: value for name, value in wanted.items() if value is not None})
    if last is not None:
        within = [record for record in page["records"] if record["seq"] <= last]
        is_more = page["next"] is not None and page["next"] < last
        page = {"records": within, "next": page["next"] if is_more else None}
    if as_json:
        out.json(page)
        return
    for record in page["records"]:
        out.line(record_line(record))
    if page["next"] is not None:
        out.line((f"more: --after {page['next']}", "dim"))


def _bounds(wanted: dict[str, Any], since: str | None, until: str | None) -> int | None:
    """Put numbers and times where the route expects them; return the last number, where one was given."""
    if since is not None and since.isdecimal():
        wanted["after"] = max(int(since) - 1, wanted["after"])
    else:
        wanted["since"] = since
    if until is not None and until.isdecimal():
        most = int(until) - wanted["after"]  # so that what lies beyond is not even looked at
        wanted["limit"] = max(1, min(wanted["limit"], most))
        return int(until)
    wanted["until"] = until
    return None


@app.command()
def show(
    seq: SeqArgument,
    payload: Annotated[bool, typer.Option("--payload", help="open its texts: a second, recorded step")] = False,
    purpose: Purpose = "",
    as_json: AsJson = False,
) -> None:
    """Show one record: its leaf, and with --payload its texts."""
    with log_client() as client:
        record = client.get(f"/records/{seq}")
        if payload:
            record |= client.post(f"/records/{seq}/payload", {"purpose": purpose.strip() or _NO_PURPOSE})
    if as_json:
        out.json(record)
        return
    out.line(record_line(record))
    out.line(f"leaf hash  {record['leaf_hash']}")
    out.json(record["leaf"])
    for field, text in record.get("texts", {}).items():
        out.line((field, "cyan"))
        out.text(text)
    if erased := record["erased"]:
        out.line((f"erased {erased['time']} ({erased['ground']}, record {erased['seq']})", "yellow"))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="a new or empty folder")],
    since: From = None,
    until: To = None,
    payloads: Annotated[bool, typer.Option("--payloads", help="with the texts of questions and answers")] = False,
    purpose: Purpose = "",
) -> None:
    """Export records with checkpoints and proofs, to be verified anywhere. That they were exported is a record too."""
    from service.audit.reading.export_files import write_export

    body: dict[str, Any] = {"payloads": payloads, "purpose": purpose.strip() or _NO_PURPOSE}
    for name, time_name, value in (("from", "since", since), ("to", "until", until)):
        if value is not None:
            body[name if value.isdecimal() else time_name] = int(value) if value.isdecimal() else value
    with log_client() as client:
        write_export(client.export(body), folder)
    out.line(f"exported to {folder}; check it with greenlit audit verify {folder}")


@app.command()
def replay(seq: SeqArgument, as_json: AsJson = False) -> None:
    """Make a past answer again on the build that gave it, and say `identical` or what differs."""
    with log_client() as client:
        result = client.post("/replay", {"seq": seq})
    if as_json:
        out.json(result)
    else:
        out.line(f"{result['verdict']}: {counted(result['passages'], 'passage')}, build {result['build']}")
        for line in (*result["differences"], *result["notes"]):
            out.line(f"  {line}")
    if result["verdict"] != "identical":
        raise typer.Exit(1)


@app.command()
def erase(
    request_id: Annotated[str | None, typer.Option(help="the question whose texts go")] = None,
    before: Annotated[str | None, typer.Option(help="a day or a time (UTC): ask that texts older than this go")] = None,
    confirm: Annotated[int | None, typer.Option(metavar="ID", min=0, help="what another person asked for")] = None,
    ground: Annotated[str, typer.Option(help="the legal ground, as a code")] = "asker_request",
    purpose: Purpose = "",
    as_json: AsJson = False,
) -> None:
    """Erase the texts of a question, or all older than a time. The leaves stay, so every proof still verifies.

    By age it takes two people: --before opens it, another confirms it over HTTP in their own session, within a day.
    """
    if [request_id, before, confirm].count(None) != 2:  # noqa: PLR2004  (one of the three is given)
        raise fail("expected either --request-id or --before or --confirm", 2)
    body: dict[str, Any] = {"ground": ground, "purpose": purpose}
    with log_client() as client:
        if request_id is not None:
            result = client.post("/erase", {"request_id": request_id, **body})
        elif before is not None:
            result = client.post("/erasures", {"before": before, **body})
        else:
            result = client.post(f"/erasures/{confirm}/confirm", {})
    if as_json:
        out.json(result)
    elif before is not None:
        out.line(
            f"opened erasure {result['id']}: another person confirms it by {result['expires']}, in their own session:"
        )
        out.line(f"  POST /v1/audit/erasures/{result['id']}/confirm")
    else:
        out.line(f"erased the texts of {counted(result['erased'], 'record')}")


@app.command()
def proof(seq: SeqArgument) -> None:
    """Print the proof that a record is in the log, as JSON; `verify --proof` checks it anywhere."""
    with log_client() as client:
        out.json(client.get("/proof", {"seq": seq}))


@app.command()
def key() -> None:
    """Print the key that verifies the log's checkpoints: hand it to auditors in person."""
    with log_client() as client:
        out.line(client.get("/key").strip())


@app.command()
def rotate(
    purpose: Annotated[
        str, typer.Argument(metavar="PURPOSE", help="payload or signing; with --lost payload, identity, actor or all")
    ],
    lost: Annotated[bool, typer.Option("--lost", help="the key is gone for good: go on with another")] = False,
    reason: Annotated[str, typer.Option(help="how it was lost; kept sealed beside the record")] = "",
    as_json: AsJson = False,
) -> None:
    """Change the key that seals texts, or the key that signs checkpoints. The change is on record.

    With --lost, say which keys are gone: of texts (payload), of who asked (identity), of pseudonyms (actor), or all.
    """
    expected = ("payload", "identity", "actor", "all") if lost else ("payload", "signing")
    if purpose not in expected and not (lost and purpose == "signing"):
        raise fail(f"expected {' or '.join(expected)}, got '{purpose}'", 2)
    if lost and not reason.strip():
        raise fail("expected --reason TEXT: how the key was lost", 2)
    with log_client() as client:
        result = client.post("/rotate", {"purpose": purpose} | ({"lost": True, "reason": reason} if lost else {}))
    if as_json:
        out.json(result)
        return
    for key_id in result.get("lost", ()):
        out.line((f"on record as lost: {key_id}; {_WHAT_IS_LOST[key_id.partition('-')[0]]}", "yellow"))
    for key_id in result.get("in_use", ()):
        out.line(f"in use now: {key_id}")
    if "key_id" in result:
        out.line(f"new {purpose} key {result['key_id']}")
    if "vkey" in result:
        out.line(f"hand this to auditors: {result['vkey']}")


@app.command()
def own(
    limit: Annotated[int, typer.Option(min=1, max=200, help="at most this many questions")] = 50,
    before: Annotated[int | None, typer.Option(min=0, help="only older ones: the `next` of the page before")] = None,
    as_json: AsJson = False,
) -> None:
    """List what the log holds about your own questions, and who looked at it."""
    with log_client() as client:
        result = client.get("/own", {"limit": limit} | ({} if before is None else {"before": before}))
    if as_json:
        out.json(result)
        return
    for line in own_lines(result["questions"]):
        out.line(line)
    if result["next"] is not None:
        out.line((f"more: --before {result['next']}", "dim"))
