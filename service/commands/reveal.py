"""The commands of a reveal: `greenlit audit reveal open`, `confirm` and `list`.

They act as the one person of this machine, so they open a reveal, and list what waits; the second person, who confirms
it, comes over HTTP in a session of their own. `confirm` is for where the first came over HTTP. Exit codes: 0 done,
1 refused, 2 used wrongly.
"""

from typing import Annotated

import typer

from indexes.console import out
from service.commands.audit import AsJson, log_client

app = typer.Typer(help="Whose question it was: open, confirm, list. It takes two people, each in their own session.")


@app.command("open")
def open_(
    seq: Annotated[int, typer.Argument(min=0, help="the number of either record of the question")],
    case: Annotated[str, typer.Option(help="the number of the case")],
    reason: Annotated[str, typer.Option(help="why; kept sealed beside the record of this")],
    as_json: AsJson = False,
) -> None:
    """Ask whose question it was; nobody is told before another auditor confirms it over HTTP, within a day."""
    with log_client() as client:
        result = client.post("/reveals", {"seq": seq, "case": case, "reason": reason})
    if as_json:
        out.json(result)
        return
    confirm = f"POST /v1/audit/reveals/{result['id']}/confirm"
    out.line(f"opened reveal {result['id']}: another auditor confirms it by {result['expires']}, in their own session:")
    out.line(f"  {confirm}")


@app.command()
def confirm(
    id: Annotated[int, typer.Argument(min=0, help="the id that opening it gave")],  # noqa: A002  (as it is shown)
    as_json: AsJson = False,
) -> None:
    """Confirm what another auditor opened, and say whose question it was. On a machine of one person it is refused."""
    with log_client() as client:
        result = client.post(f"/reveals/{id}/confirm", {})
    if as_json:
        out.json(result)
    else:
        out.line(f"{result['actor']} is {result['identity']}")


@app.command("list")
def list_reveals(as_json: AsJson = False) -> None:
    """List the reveals that wait for a second person. That they were listed is a record too."""
    with log_client() as client:
        result = client.get("/reveals")
    if as_json:
        out.json(result)
        return
    for one in result["reveals"]:
        whose = "  (yours: somebody else confirms)" if one["own"] else ""
        out.line(f"{one['id']:>7}  {one['opened']}  question {one['seq']}  until {one['expires']}{whose}")
        out.text(f"case {one['case']}")
