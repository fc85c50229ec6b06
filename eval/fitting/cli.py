"""The command `greenlit eval fit-support`: how the words of a written sentence are weighed against what it cites.

Exit codes: 0 fitted, and support.json written; 2 used wrongly.
"""

from eval.quality.cli import Data, Work, altered_claims, told
from indexes import console


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
    with told(), altered_claims(work) as (altered, _):
        console.out.json(fit(read_public(data), altered))
