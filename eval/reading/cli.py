"""The command `greenlit eval reading`: how far stored texts are from what documents say, measured and printed.

Exit codes: 0 measured, whatever came out; 2 used wrongly. It judges no build and changes nothing outside `--work`.
"""

from pathlib import Path
from typing import Annotated

import typer

from indexes import console


def reading(
    data: Annotated[
        Path | None,
        typer.Option(envvar="GREENLIT_EVAL_DATA", help="the folder of public documents and question sets"),
    ] = None,
    work: Annotated[Path | None, typer.Option(help="a folder that keeps the cases' library for the next time")] = None,
    libraries: Annotated[
        bool, typer.Option("--libraries", help="other libraries too, those that are installed")
    ] = False,
    only: Annotated[str, typer.Option(help="parts with commas, of peers, cases, real")] = "peers,cases,real",
    as_json: Annotated[bool, typer.Option("--json", help="for a program")] = False,
) -> None:
    """Measure how whole and true documents are read: beside peers, case by case, and on real libraries both ways."""
    from eval.quality.question_sets import QuestionSetError
    from eval.reading.measured import PARTS, measured
    from eval.reading.tables import reading_text
    from indexes.errors import IndexesError
    from ingest.errors import IngestError
    from service.answering.errors import AnsweringError

    parts = [part.strip() for part in only.split(",")]
    if not set(parts) <= set(PARTS):
        raise console.fail(f"expected --only = parts of {', '.join(PARTS)}, got '{only}'", 2)
    if data is None or not data.is_dir():
        raise console.fail(
            "this needs the public documents: expected GREENLIT_EVAL_DATA = their folder "
            f"(EVALUATION.md says where they come from), got {data or 'nothing'}",
            2,
        )
    try:
        found = measured(data, work, parts=parts, libraries=libraries, tell=console.err.line)
    except (QuestionSetError, IndexesError, IngestError, AnsweringError, OSError) as error:
        raise console.fail(error, 2) from error
    if as_json:
        console.out.json(found.as_json())
    else:
        console.out.text(reading_text(found))
