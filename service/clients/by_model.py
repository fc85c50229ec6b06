"""The part that a language model had in an answer, in words: the same at every door.

Made of what the API gives as `model`. An answer is shown with these lines above it, and with its sources below. Nothing
is said where no model had a part in it, so a quoted answer looks as it always does. Does not say why a model that was
to write did not: that is one of the answer's notes.
"""

from collections.abc import Mapping
from typing import Any

HOW = (
    "Every number, date and name of a sentence, and whether it allows or forbids, has to stand in the passages that it "
    "cites, and one of them has to say what it says. A sentence that does not hold up is left out."
)
_NO_EVIDENCE, _UNSUPPORTED = "no_evidence", "unsupported_draft"  # reasons of a refusal


def wrote(model: Mapping[str, Any] | None) -> bool:
    """Tell whether the sentences are a model's words, each checked; quotes otherwise."""
    return bool(model and model["wrote"])


def by_model(model: Mapping[str, Any] | None, reason: str | None = None) -> tuple[str, ...]:
    """Return what a model did, a sentence each; none where it did nothing that can be told.

    Args:
        model: `{"name", "wrote", "judged", "rewrote", "left_out"}`, as the API gives it; `None` where none had a part.
        reason: why there is no answer, as a code; `None` where there is one.
    """
    if model is None:
        return ()
    name = " ".join(str(model["name"]).split())
    lines = [f"{name} rewrote the question so that it stands alone."] if model["rewrote"] else []
    if reason is not None:
        return (*lines, *_of_refusal(model, name, reason))
    if model["wrote"]:
        lines.append(f"Written by {name} from the passages below; each sentence was checked against them.")
    if model["judged"]:
        lines.append(f"{name} {'also ' if model['wrote'] else ''}chose the passages.")
    if model["left_out"]:
        lines.append(_left_out(model["left_out"], "" if model["wrote"] else f" that {name} wrote"))
    return tuple(lines)


def _of_refusal(model: Mapping[str, Any], name: str, reason: str) -> tuple[str, ...]:
    if reason == _UNSUPPORTED and (model["wrote"] or model["left_out"]):
        return (f"{name} wrote an answer, and no sentence of it held up.",)
    if reason == _NO_EVIDENCE and (model["wrote"] or model["judged"]):
        return (f"{name} found no passage that answers this.",)
    return ()


def _left_out(count: int, whose: str) -> str:
    if count == 1:
        return f"1 sentence{whose} was left out because the passages do not say it."
    return f"{count} sentences{whose} were left out because the passages do not say them."
