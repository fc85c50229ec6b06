"""The metronome speaks the protocol over real HTTP and remembers when it wrote what. Its pace is not tested."""

import http.client
import json
from collections.abc import Iterator
from typing import Any

import pytest

from eval.written.metronome import HOST, MOST_SENTENCES, Metronome, lines_of
from service.answering.writing.prompt import to_judge, to_write
from service.models.port import Message
from tests.support.model_texts import A, B
from tests.support.written_answers import given

RULES = "Invoices are kept for ten years. They go to the archive then."


@pytest.fixture
def metronome() -> Iterator[Metronome]:
    with Metronome(tokens_per_s=2000) as one:
        yield one


def said(metronome: Metronome, body: Any) -> tuple[int, str, list[str | None]]:
    """Return the status, the text, and the reasons why it ended."""
    connection = http.client.HTTPConnection(HOST, int(metronome.url.rpartition(":")[2].split("/")[0]), timeout=10)
    try:
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        lines = response.read().decode().splitlines() if response.status == http.client.OK else []
    finally:
        connection.close()
    events = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]
    if lines:
        assert lines[-2] == "data: [DONE]"
    choices = [event["choices"][0] for event in events]
    text = "".join(choice["delta"].get("content", "") for choice in choices)
    return response.status, text, [choice["finish_reason"] for choice in choices if choice["finish_reason"]]


def body(messages: tuple[Message, ...]) -> dict[str, Any]:
    return {"messages": [{"role": one.role, "content": one.text} for one in messages], "stream": True}


def test_it_writes_a_cited_sentence_of_each_passage_and_keeps_when(metronome: Metronome) -> None:
    wrote = said(metronome, body(to_write("How long?", given(RULES, "Contracts end after five years."))))
    lines = [f"Invoices are kept for ten years. [{A}]\n", f"Contracts end after five years. [{B}]\n"]
    assert wrote == (200, "".join(lines), ["stop"])
    assert [beat.sentence for beat in metronome.beats] == [line.partition(" [")[0] for line in lines]
    assert metronome.beats[0].at_s < metronome.beats[1].at_s


def test_it_judges_that_everything_answers(metronome: Metronome) -> None:
    assert said(metronome, body(to_judge("How long?", given(RULES)))) == (200, A, ["stop"])


def test_what_is_no_call_is_refused_and_it_goes_on(metronome: Metronome) -> None:
    assert said(metronome, {"prompt": "?"})[0] == 400
    assert said(metronome, body(to_write("How long?", given(RULES))))[0] == 200


def test_it_writes_no_more_than_an_answer_has() -> None:
    passages = {f"p{at}": f"This is the rule number {at}." for at in range(20)}
    assert len(list(lines_of(passages))) == MOST_SENTENCES
