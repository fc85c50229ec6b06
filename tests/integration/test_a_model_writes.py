"""A scripted model over real HTTP, through the client, the prompt and the checks: what of it is released.

Every script of the scripted model is here: a good draft is released sentence by sentence, a half-true one trimmed, and
nothing at all of a false one.
"""

from collections.abc import Iterator

import pytest

from service.answering.supported.support import support
from service.answering.writing.judge import judge
from service.answering.writing.records import Became
from service.answering.writing.write import write
from tests.support.model_calls import PATIENT, QUICK, model_of
from tests.support.model_server import SCRIPTS, ModelServer
from tests.support.written_answers import Released, given, never

QUESTION = "How long are invoices and contracts kept?"
FIRST, SECOND = "Invoices are kept for ten years.", "Contracts are kept for 5 years after they end."
BOTH, ONE, NOTHING = [FIRST, SECOND], [FIRST], list[str]()
OF_WHAT_IT_SAYS: dict[str, tuple[Became, list[str]]] = {
    "good": (Became.WRITTEN, BOTH),
    "uncited": (Became.WRITTEN, BOTH),
    "unknown_ids": (Became.WRITTEN, BOTH),
    "obeys": (Became.WRITTEN, BOTH),  # there is nothing to obey; for the rest see the tests of planted instructions
    "judges_none": (Became.WRITTEN, BOTH),
    "judges_chattily": (Became.WRITTEN, BOTH),
    **{script: (Became.WRITTEN, BOTH) for script in SCRIPTS if script.startswith("rewrites_")},  # nothing to rewrite
    "says_alone": (Became.WRITTEN, BOTH),
    "half_true": (Became.TRIMMED, ONE),
    "repeats": (Became.TRIMMED, ONE),
    "cuts_off": (Became.TRIMMED, ONE),
    "declines": (Became.DECLINED, NOTHING),
    "general_knowledge": (Became.UNSUPPORTED, NOTHING),
    "invented_quotes": (Became.UNSUPPORTED, NOTHING),
    "digit_changed": (Became.UNSUPPORTED, NOTHING),
    "not_dropped": (Became.UNSUPPORTED, NOTHING),
    "merged": (Became.UNSUPPORTED, NOTHING),
    "leaks_prompt": (Became.UNSUPPORTED, NOTHING),
    "other_language": (Became.UNSUPPORTED, NOTHING),
}


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer() as opened:
        yield opened


@pytest.mark.parametrize("script", SCRIPTS)
def test_only_what_the_passages_say_is_released(
    server: ModelServer, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.models.calls.PAUSE_S", 0.0)
    server.plays(script)
    released = Released()
    became, texts = OF_WHAT_IT_SAYS.get(script, (Became.FAILED, NOTHING))
    model = model_of(server, QUICK if became is Became.FAILED else PATIENT)  # what is not about time has enough of it
    answer = write(QUESTION, given(), model=model, supports=support, stopped=never, release=released)
    assert (answer.became, released.texts) == (became, texts)


@pytest.mark.parametrize(
    ("script", "answering"),
    [
        ("good", ("p0000000b", "p0000000c")),
        ("judges_none", ()),
        ("judges_chattily", None),
        ("html_page", None),
        ("silent", None),
    ],
)
def test_a_judgement_is_one_only_where_it_is_ids_or_none(
    server: ModelServer, script: str, answering: tuple[str, ...] | None
) -> None:
    server.plays(script)
    model = model_of(server, QUICK if script == "silent" else PATIENT)
    assert judge(QUESTION, given(), model=model, stopped=never).answering == answering
