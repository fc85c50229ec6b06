"""The commands `greenlit eval grounded` and `greenlit eval fit-support`: does a written sentence hold up, and why.

Exit codes: 0 measured or fitted, whatever came out; 2 used wrongly.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexes import console

if TYPE_CHECKING:
    from eval.quality.grounded_sets import Claim

Data = Annotated[
    Path | None, typer.Option(envvar="GREENLIT_EVAL_DATA", help="the folder of public documents and question sets")
]
Work = Annotated[Path | None, typer.Option(help="a folder that keeps the sample library's build for the next time")]


def grounded(data: Data = None, work: Work = None) -> None:
    """Measure what is released of false sentences and withheld of true ones, of public and of shipped ones."""
    from eval.quality.grounded import grounded_text, judge
    from eval.quality.grounded_sets import read_public

    if data is None:
        console.err.line("GREENLIT_EVAL_DATA is not set, so only the shipped sentences are judged")
    with told():
        public = read_public(data) if data else []
        with _altered(work) as altered:
            console.out.text(grounded_text(judge(public), judge(altered)))


def fit_support(data: Data = None, work: Work = None) -> None:
    """Fit how a sentence's words are weighed and write support.json; for developers."""
    from eval.fitting.fit_support import fit_support as fit
    from eval.quality.grounded_sets import read_public

    if data is None or not data.is_dir():
        raise console.fail(
            "this needs the public sentences: expected GREENLIT_EVAL_DATA = the folder of public sets "
            f"(EVALUATION.md says where they come from), got {data or 'nothing'}",
            2,
        )
    with told(), _altered(work) as altered:
        console.out.json(fit(read_public(data), altered))


@contextlib.contextmanager
def _altered(work: Path | None) -> Iterator[list["Claim"]]:
    """Read the shipped sentences over a build of the sample library, made where it is missing."""
    from eval.quality.grounded_sets import read_altered
    from eval.quality.measure import NORTHLIGHT, kept, prepare
    from indexes.encoder import DEFAULT_ENCODER, load_encoder

    with kept(work) as folder:
        place = prepare(NORTHLIGHT, data=None, work=folder, encoder=load_encoder(DEFAULT_ENCODER)).place
        with contextlib.closing(place.build.passages):
            yield read_altered(place)


@contextlib.contextmanager
def told() -> Iterator[None]:
    """Turn what a person can mend into a message and exit code 2."""
    from eval.quality.question_sets import QuestionSetError
    from indexes.errors import IndexesError
    from ingest.errors import IngestError
    from service.answering.errors import AnsweringError

    try:
        yield
    except (QuestionSetError, IndexesError, IngestError, AnsweringError, OSError) as error:
        raise console.fail(error, 2) from error
