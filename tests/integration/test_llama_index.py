"""The retrievers inside a query engine of LlamaIndex, whose model is scripted: boundary, record, identity, errors."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from llama_index.core import get_response_synthesizer
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback
from llama_index.core.query_engine import RetrieverQueryEngine

from service.access.errors import NotAllowedError
from service.access.principals import Principal, Role
from service.answering.errors import QuestionError
from service.clients.calls import Service
from service.clients.errors import RefusedCallError, UnreachableError
from service.clients.llama_index import GreenlitRetriever
from service.retriever import InProcessRetriever
from tests.support.callers import BOARD_PLAN, KEYS, Office, open_office
from tests.support.fakes import TinyLibrary
from tests.support.ports import free_port
from tests.support.service_parts import POLICY, TOKEN, TRAVEL_QUESTION, VENDOR_QUESTION, Studio, serving

PLAN_QUESTION = "When does the board sell the old studio building?"


class Scripted(CustomLLM):
    """Says always the same, and remembers what it was asked."""

    prompts: list[str]

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted")

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:  # noqa: FBT001, FBT002
        del formatted
        self.prompts.append(prompt)
        return CompletionResponse(text="The security team.")

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:  # noqa: FBT001, FBT002
        raise NotImplementedError


def _engine(retriever: BaseRetriever, model: Scripted) -> RetrieverQueryEngine:
    return RetrieverQueryEngine(retriever, get_response_synthesizer(llm=model))


@pytest.fixture(scope="module")
def served(shared_studio: Studio) -> Iterator[tuple[Studio, Service]]:
    with serving(shared_studio.app) as address:
        yield shared_studio, Service(address, TOKEN)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    library = TinyLibrary(tmp_path_factory.mktemp("retrieving") / "studio")
    with open_office(library) as opened, serving(opened.studio.app) as address:
        yield opened, address


def _over_http(served: tuple[Studio, Service]) -> BaseRetriever:
    return GreenlitRetriever(served[1], limit=3)


def _in_process(served: tuple[Studio, Service]) -> BaseRetriever:
    service = served[0].service
    return InProcessRetriever(service.answering, service.owner, limit=3, root=served[1].url)


@pytest.mark.parametrize("make", [_over_http, _in_process])
def test_a_query_engine_answers_from_what_was_found_and_it_is_on_record(
    served: tuple[Studio, Service], make: Any
) -> None:
    studio, service = served
    before, model = len(studio.leaves()), Scripted(prompts=[])
    response = _engine(make(served), model).query(VENDOR_QUESTION)
    assert str(response) == "The security team."
    (prompt,) = model.prompts
    assert "reviews every new AI vendor within ten working days" in prompt
    assert "AI use policy" in prompt, "a model may say where it stands"
    assert not any(noise in prompt for noise in ("leaf_hash", "ann@x.example", service.url))
    source = response.source_nodes[0]
    assert source.metadata["document"] == POLICY
    assert source.metadata["url"].startswith(f"{service.url}/documents/{POLICY}?version=")
    received, finished = studio.leaves()[before:]
    receipt = source.metadata["receipt"]
    assert receipt["seq"] == studio.store.of_request(finished["request_id"])[1].seq
    assert source.metadata["request_id"] == received["request_id"]
    hits = {hit["passage_id"] for hit in finished["hits"]}
    assert {node.node.node_id for node in response.source_nodes} == hits


@pytest.mark.parametrize("make", [_over_http, _in_process])
def test_it_does_the_same_in_an_event_loop(served: tuple[Studio, Service], make: Any) -> None:
    retriever = make(served)
    nodes = retriever.retrieve(TRAVEL_QUESTION)
    later = asyncio.run(retriever.aretrieve(TRAVEL_QUESTION))
    assert nodes
    own = ("request_id", "receipt")
    assert [_told(node, own) for node in later] == [_told(node, own) for node in nodes]


def _told(node: Any, but: tuple[str, ...]) -> tuple[Any, ...]:
    return node.text, node.score, {name: value for name, value in node.metadata.items() if name not in but}


def test_whoever_a_key_acts_for_finds_what_they_may_read_and_no_more(office: tuple[Office, str]) -> None:
    opened, address = office
    key = next(who for who in KEYS if who.name == "key-for-uma")
    service = Service(address, opened.headers(key)["Authorization"].removeprefix("Bearer "))
    for name, sees in (("uma", False), ("theo", True)):
        retriever = GreenlitRetriever(service, on_behalf_of=f"{name}@northlight.example")
        for nodes in (retriever.retrieve(PLAN_QUESTION), asyncio.run(retriever.aretrieve(PLAN_QUESTION))):
            assert (BOARD_PLAN in [node.metadata["document"] for node in nodes]) is sees, name
        retriever.close()
    with pytest.raises(RefusedCallError, match="expected an identity") as caught:
        GreenlitRetriever(service, on_behalf_of="jon@northlight.example").retrieve(PLAN_QUESTION)
    assert caught.value.status == 401


def test_in_process_the_principal_decides(office: tuple[Office, str]) -> None:
    answering = office[0].studio.service.answering
    staff = Principal("uma-1", frozenset({"staff"}), frozenset({Role.STAFF}), "test")
    nodes = InProcessRetriever(answering, staff).retrieve(PLAN_QUESTION)
    assert BOARD_PLAN not in [node.metadata["document"] for node in nodes]
    auditor = Principal("ben-1", frozenset({"staff"}), frozenset({Role.AUDITOR}), "test")
    with pytest.raises(NotAllowedError):
        InProcessRetriever(answering, auditor)


def test_what_cannot_be_found_out_is_an_error_and_not_an_empty_list(served: tuple[Studio, Service]) -> None:
    studio, service = served
    before = len(studio.leaves())
    with pytest.raises(RefusedCallError, match="expected a question"):
        _over_http(served).retrieve("   ")
    with pytest.raises(QuestionError):
        _in_process(served).retrieve("a" * 2001)
    with pytest.raises(RefusedCallError) as caught:
        GreenlitRetriever(Service(service.url, "nobody")).retrieve(VENDOR_QUESTION)
    assert caught.value.kind == "not-signed-in"
    with pytest.raises(UnreachableError):
        GreenlitRetriever(Service(f"http://127.0.0.1:{free_port()}", TOKEN)).retrieve(VENDOR_QUESTION)
    assert len(studio.leaves()) == before
