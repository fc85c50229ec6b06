"""The command `greenlit eval grounded`: how often false sentences are released and true ones withheld.

Exit codes: 0 measured, whatever came out; 2 used wrongly.
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


def grounded(
    data: Data = None,
    work: Work = None,
    entailment: Annotated[
        Path | None, typer.Option(help="the folder of an entailment model that what holds up is held to besides")
    ] = None,
    least: Annotated[float, typer.Option(min=0, max=1, help="the least share of entailment")] = 0.5,
) -> None:
    """Measure what is released of false sentences and withheld of true ones, of public and of shipped ones."""
    from eval.quality.grounded import grounded_text, judge
    from eval.quality.grounded_sets import read_public
    from service.answering.supported.entailment_model import EntailmentModel

    if data is None:
        console.err.line("GREENLIT_EVAL_DATA is not set, so only the shipped sentences are judged")
    with told():
        entails = EntailmentModel(entailment, least=least) if entailment else None
        public = read_public(data) if data else []
        with altered_claims(work) as (altered, further):
            ours = {"altered": judge(altered, entails), "further": judge(further, entails)}
            console.out.text(grounded_text(judge(public, entails), ours))


@contextlib.contextmanager
def altered_claims(work: Path | None) -> Iterator[tuple[list["Claim"], list["Claim"]]]:
    """Read both sets of shipped sentences over a build of the sample library, made where it is missing."""
    from eval.quality.grounded_sets import ALTERED, FURTHER, read_altered
    from eval.quality.measure import NORTHLIGHT, kept, prepare
    from indexes.encoder import DEFAULT_ENCODER, load_encoder

    with kept(work) as folder:
        place = prepare(NORTHLIGHT, data=None, work=folder, encoder=load_encoder(DEFAULT_ENCODER)).place
        with contextlib.closing(place.build.passages):
            yield read_altered(place, ALTERED), read_altered(place, FURTHER)


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
