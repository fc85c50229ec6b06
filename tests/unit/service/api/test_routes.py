"""The routes of the API: each hands over and returns; what they return is held exactly in the integration tests."""

from service.audit.storage.store import Receipt
from tests.support.service_parts import POLICY, VENDOR_QUESTION, Studio, sealed_texts


def test_outer_blanks_of_a_question_are_not_asked(studio: Studio) -> None:
    studio.ask(f"\n  {VENDOR_QUESTION}  ")
    assert sealed_texts(studio.state, "prompt") == [VENDOR_QUESTION]


def test_a_conversation_is_on_record(studio: Studio) -> None:
    studio.ask(VENDOR_QUESTION, conversation_id="c-7")
    studio.ask(VENDOR_QUESTION)
    assert [leaf.get("conversation_id") for leaf in studio.leaves()] == ["c-7", None, None, None]


def test_a_search_gives_as_many_passages_as_asked_for(studio: Studio) -> None:
    assert [len(studio.search(VENDOR_QUESTION, limit)["passages"]) for limit in (1, 2, 50)] == [1, 2, 2]


def test_each_question_has_a_receipt_of_its_own(studio: Studio) -> None:
    receipts = [Receipt(**studio.ask(VENDOR_QUESTION)["receipt"]) for _ in range(2)]
    assert receipts[1].seq == receipts[0].seq + 2
    assert receipts[0].leaf_hash != receipts[1].leaf_hash
    stored = [studio.store.leaf(receipt.seq) for receipt in receipts]
    assert [leaf and (leaf.type, leaf.leaf_hash) for leaf in stored] == [
        ("query.finished", receipt.leaf_hash) for receipt in receipts
    ]


def test_a_document_is_found_by_its_path(studio: Studio) -> None:
    assert studio.api.get(f"/v1/documents/{POLICY}").json()["title"] == "AI use policy"


def test_alive_is_not_ready(studio: Studio) -> None:
    (studio.library.folder / "sources.toml").unlink()
    assert studio.api.get("/healthz").status_code == 200
    response = studio.api.get("/readyz")
    assert response.status_code == 503
    assert response.json()["failing"] == ["library"]
    assert "no sources.toml in" in response.json()["problems"][0]


def test_ready(studio: Studio) -> None:
    told = studio.api.get("/readyz").json()
    report = studio.service.health.report()
    assert (told.pop("problems"), told.pop("remarks")) == (list(report.problems), list(report.remarks))
    assert told == {"status": "ready", "failing": []}
