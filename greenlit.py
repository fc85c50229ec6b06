"""The one command line, composed of each package's `cli.py`.

`approve`, `revoke`, `reject`, `register` and `ingest` write (`ingest.cli`); `ask`, `search`, `serve` and `doctor` read
(`service.cli`); `run` does both; `eval` measures (`eval.cli`). Follow a document's way in from `ingest/pipeline.py`, a
question's way through from `service/answering/pipeline.py`.
"""

import typer

import eval.cli
import ingest.cli
import service.cli

app = typer.Typer(
    help="Knowledge search that answers only from documents your organisation has approved.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # a traceback must never print a question
)


@app.command()
def run() -> None:
    """Ingest what is approved, then serve: the libraries behind both are loaded once.

    Problems that ingesting names are printed, and what could be published is served.
    """
    ingest.cli.ingest_here()
    service.cli.serve()


app.add_typer(ingest.cli.app)
app.add_typer(service.cli.app)
app.add_typer(eval.cli.app, name="eval")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
