"""The one command line.

`read`, `approve`, `rename`, `revoke`, `reject`, `register`, `ingest` and `builds` are the writer's (`ingest.commands`);
`ask`, `search`, `serve`, `mcp`, `open`, `doctor`, `backup`, `restore`, `audit` and `keys` are the reader's
(`service.commands`); `run` is both, and `builds remove` is given what puts it on record; `eval` measures (`eval.cli`).
A name in the environment that looks like a setting and is none stops what serves or publishes by its settings; any
other command says so. Follow a document's way in from `ingest/pipeline.py`, a question's way through from
`service/answering/pipeline.py`.
"""

import platform
from typing import Annotated

import typer

import eval.cli
from indexes.console import err, fail, out
from indexes.life import VERSION
from ingest.commands.approve import approve
from ingest.commands.builds import builds_app
from ingest.commands.ingest import ingest, ingest_here
from ingest.commands.read import read
from ingest.commands.register import app as register_app
from ingest.commands.rename import rename
from ingest.commands.watch import worker_here
from ingest.commands.withdraw import reject, revoke
from ingest.loading.drawing import ChildDrawer
from service.commands.ask import ask, search
from service.commands.audit import app as audit_app
from service.commands.backup import backup, restore
from service.commands.database import move, prepare
from service.commands.doctor import doctor
from service.commands.keys import app as keys_app
from service.commands.mcp import mcp
from service.commands.open import open_
from service.commands.removing import questions_asked, record_removal
from service.commands.reveal import app as reveal_app
from service.commands.serve import serving
from service.commands.shrink import shrink
from service.commands.slack import slack
from service.commands.verify import verify
from service.commands.witness import witness
from service.settings import unknown_settings

_STOPPED_BY_SLIPS = frozenset({"serve", "run", "ingest", "slack"})  # what runs on, or publishes, by its settings

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a traceback must never print a question
)


def _version(wanted: bool) -> None:  # noqa: FBT001  (Typer's)
    if wanted:
        out.line(f"greenlit {VERSION}, Python {platform.python_version()}")
        raise typer.Exit


@app.callback()
def greenlit(
    context: typer.Context,
    version: Annotated[  # noqa: FBT002  (Typer's)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version, and Python's")
    ] = False,
) -> None:
    """Knowledge search that answers only from documents your organisation has approved."""
    del version
    if context.invoked_subcommand == "doctor":
        return  # it says so itself
    for slip in unknown_settings():
        if context.invoked_subcommand in _STOPPED_BY_SLIPS:
            raise fail(slip.words, 2)
        err.line(("warning:", "yellow"), f" {slip.words}")


serve = serving(ChildDrawer)  # the one place that knows who shows documents and who may parse them


@app.command()
def run() -> None:
    """Ingest what is approved, then serve, with a worker beside: it makes a new build whenever one is called for.

    Problems that ingesting names are printed, and what could be published is served. The worker is a process of its own
    (`ingest --watch`) and ends with the service.
    """
    ingest_here()
    with worker_here():
        serve()


app.command()(read)
app.command()(approve)
app.command()(revoke)
app.command()(reject)
app.add_typer(register_app, name="register")
app.command()(rename)
app.command()(ingest)
app.add_typer(builds_app(asked=questions_asked, record=record_removal), name="builds")
app.command()(ask)
app.command()(search)
app.command()(serve)
app.command()(mcp)
app.command()(slack)
app.command()(doctor)
app.command("open")(open_)
app.command()(backup)
app.command()(restore)
audit_app.command()(verify)
audit_app.command()(witness)
audit_app.command()(shrink)
audit_app.command()(prepare)
audit_app.command()(move)
audit_app.add_typer(reveal_app, name="reveal")
app.add_typer(audit_app, name="audit")
app.add_typer(keys_app, name="keys")
app.add_typer(eval.cli.app, name="eval")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
