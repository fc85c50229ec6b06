"""An answer of the past comes back whole, sentence by sentence, or not at all; and nothing that may not be read now."""

from collections.abc import Iterator, Sequence

import pytest

from indexes.events import TYPED
from indexes.renaming import plan_renaming, rename
from indexes.terms import Terms
from service.answering.answers import Answer, ByModel, Sentence, one_text
from service.answering.past.past_models import by_model
from service.audit.reading.past_turns import Turn, WrittenSentence
from service.audit.storage.store import Receipt
from tests.support.fakes import TinyLibrary
from tests.support.service_parts import TRAVEL, Studio, open_studio, with_rules

LINES = "legal/red-lines.md"
LEAD_IN, CLONE, SWAP, SIGN = "Never do this:", "Clone a voice.", "Swap a face.", "Sign for others."
ASK, THEY = "Ask legal first.", "They answer within a day."
TEXT = f"# Red lines\n\n{LEAD_IN}\n\n- {CLONE}\n- {SWAP}\n- {SIGN}\n\n{ASK} {THEY}\n"


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    library = TinyLibrary(tmp_path_factory.mktemp("past") / "studio")
    library.add(LINES, TEXT)
    with open_studio(with_rules(library)) as opened:
        yield opened


def _again(
    studio: Studio,
    answer: str,
    quotes: Sequence[str],
    written: Sequence[WrittenSentence] = (),
    asked: str = "What are the red lines in Norway?",
) -> Answer | None:
    """Show an answer again that is on record with these quotes; the rules on travel were found besides.

    With sentences that were `written`, it is a language model's.
    """
    past = studio.service.past_answers
    build = past.live_build.get()
    by_document = {passage.document: passage for passage in build.passages.passages(range(3))}
    hits = [
        {
            "rank": rank,
            "passage_id": passage.passage_id,
            "document": passage.document,
            "sha256": passage.sha256,
            "passage_hash": passage.text_hash(),
        }
        for rank, passage in enumerate((by_document[LINES], by_document[TRAVEL]), start=1)
    ]
    stored = build.passages.text(LINES) or ""
    spans = [[stored.index(quote), stored.index(quote) + len(quote)] for quote in quotes]
    cited = [{"n": n, "passage_id": hits[0]["passage_id"], "span": span} for n, span in enumerate(spans, start=1)]
    params = {"model": "writer", "wrote": True, "judged": False, "rewrote": False, "left_out": 1} if written else {}
    finished = {"outcome": "answered", "hits": hits, "citations": cited, "answerer": {"params": params}}
    turn = Turn("r-1", "2026-11-20", asked, finished, None, answer, Receipt("o", 7, "f"), tuple(written))
    return past.again(studio.service.owner, turn)


@pytest.mark.parametrize(
    ("sentences", "quotes"),
    [
        ([Sentence(CLONE, (1,)), Sentence(SIGN, (2,))], [CLONE, SIGN]),
        ([Sentence(f"{LEAD_IN}\n{CLONE}\n{SWAP}", (1, 2, 3), 1), Sentence(SIGN, (4,))], [LEAD_IN, CLONE, SWAP, SIGN]),
        ([Sentence(SIGN, (1,)), Sentence(f"{LEAD_IN}\n{CLONE}", (2, 3), 388)], [SIGN, LEAD_IN, CLONE]),
        ([Sentence(f"{LEAD_IN}\n{CLONE}", (1, 2)), Sentence(f"{SWAP}\n{SIGN}", (3, 4))], [LEAD_IN, CLONE, SWAP, SIGN]),
        ([Sentence(f"{LEAD_IN}\n- {CLONE}\n- {SWAP}", (1,), 1)], [f"{LEAD_IN}\n\n- {CLONE}\n- {SWAP}"]),
        ([Sentence(f"{LEAD_IN}\n\n- {CLONE}", (1,)), Sentence(SIGN, (2,))], [f"{LEAD_IN}\n\n- {CLONE}", SIGN]),
        ([Sentence(f"{LEAD_IN} … {SIGN}", (1, 2)), Sentence(SWAP, (3,))], [LEAD_IN, SIGN, SWAP]),
        ([Sentence(f"{LEAD_IN}\n{CLONE}\n… {SIGN}", (1, 2, 3), 1)], [LEAD_IN, CLONE, SIGN]),
        ([Sentence(CLONE, (1,), 2)], [CLONE]),
        ([Sentence(f"{ASK} {THEY}", (1, 2)), Sentence(SIGN, (3,))], [ASK, THEY, SIGN]),
        ([Sentence(THEY, (1,)), Sentence(ASK, (2,))], [THEY, ASK]),
        ([Sentence(SIGN, (1,)), Sentence(THEY, (2,))], [SIGN, THEY]),
    ],
)
def test_sentences_come_back_as_they_were(studio: Studio, sentences: list[Sentence], quotes: list[str]) -> None:
    shown = _again(studio, one_text(sentences), quotes)
    assert shown is not None
    assert list(shown.sentences) == sentences
    assert shown.text == one_text(sentences)


WROTE = "Nobody may clone a voice."
SIGNS = "Nor may anybody sign for others."


def test_what_a_model_wrote_comes_back_as_it_passed(studio: Studio) -> None:
    written = [WrittenSentence(WROTE, (1,), "supported"), WrittenSentence(SIGNS, (2,), "supported")]
    shown = _again(studio, f"{WROTE} {SIGNS}", [CLONE, SIGN], written)
    assert shown is not None
    assert [(one.text, one.citations, one.check) for one in shown.sentences] == [
        (WROTE, (1,), "supported"),
        (SIGNS, (2,), "supported"),
    ]
    assert shown.model == ByModel("writer", wrote=True, judged=False, left_out=1)


@pytest.mark.parametrize(
    ("answer", "written"),
    [
        (f"{WROTE} Always.", [WrittenSentence(WROTE, (1,), "supported")]),
        (WROTE, [WrittenSentence(WROTE, (2,), "supported")]),
        (WROTE, [WrittenSentence(WROTE, (1,), "supported"), WrittenSentence(SIGNS, (2,), "supported")]),
    ],
)
def test_what_says_anything_else_than_a_model_wrote_is_no_answer(
    studio: Studio, answer: str, written: list[WrittenSentence]
) -> None:
    assert _again(studio, answer, [CLONE], written) is None


@pytest.mark.parametrize(
    ("answer", "quotes"),
    [
        (f"{CLONE} Always.", [CLONE]),
        (f"{CLONE} (and more)", [CLONE]),
        (f"{CLONE} (and 0 more)", [CLONE]),
        (f"(and 3 more) {CLONE}", [CLONE]),
        (f"{CLONE} (and 3 more) (and 3 more)", [CLONE]),
        (f"… {CLONE}", [CLONE]),
        (f"{CLONE} …", [CLONE]),
        (f"{CLONE} … … {SIGN}", [CLONE, SIGN]),
        ("Never clone a voice.", [CLONE]),
        ("", [CLONE]),
    ],
)
def test_what_says_anything_else_than_its_quotes_is_no_answer(studio: Studio, answer: str, quotes: list[str]) -> None:
    """Law 3."""
    assert _again(studio, answer, quotes) is None


def test_what_nothing_cited_mentions_is_told_again(studio: Studio) -> None:
    shown = _again(studio, CLONE, [CLONE])
    assert shown is not None
    assert shown.not_mentioned == ("Norway",)


def test_what_was_not_looked_up_is_told_again_with_an_answer_and_with_a_refusal(studio: Studio) -> None:
    asked = "What are the red lines? Who signs for others? Who clones a voice? Who swaps a face? Who asks legal first?"
    shown = _again(studio, CLONE, [CLONE], asked=asked)
    finished = {"outcome": "refused", "reason": "no_evidence", "answerer": {"params": {}}}
    turn = Turn("r-1", "2026-11-20", asked, finished, None, None, Receipt("o", 7, "f"))
    refused = studio.service.past_answers.again(studio.service.owner, turn)
    left = ("Who swaps a face", "Who asks legal first")
    assert [one and one.not_looked_up for one in (shown, refused)] == [left, left]


def test_a_further_passage_that_may_not_be_read_any_more_is_just_not_offered(library: TinyLibrary) -> None:
    library.add(LINES, TEXT)
    with open_studio(with_rules(library)) as studio:
        before = _again(studio, CLONE, [CLONE])
        library.revoke(TRAVEL)
        after = _again(studio, CLONE, [CLONE])
    assert before is not None
    assert after is not None
    assert [further.passage.document for further in before.passages] == [TRAVEL]
    assert (after.passages, after.sentences) == ((), before.sentences)


def test_an_answer_whose_source_may_not_be_read_any_more_is_none(library: TinyLibrary) -> None:
    """Law 2."""
    library.add(LINES, TEXT)
    with open_studio(with_rules(library)) as studio:
        library.revoke(LINES)
        assert _again(studio, CLONE, [CLONE]) is None


def test_an_answer_whose_source_has_another_name_now_is_none_under_the_old_one(library: TinyLibrary) -> None:
    """Law 2: what it cites was revoked, though the same bytes are approved elsewhere."""
    library.add(LINES, TEXT)
    with open_studio(with_rules(library)) as studio:
        moved = "legal/moved.md"
        (library.folder / LINES).rename(library.folder / moved)
        terms = Terms(by="ann@x.example", auth=TYPED)
        plan = plan_renaming(library.approvals, LINES, moved, terms, now=library.clock(), max_file_bytes=1 << 20)
        rename(library.approvals, plan)
        assert _again(studio, CLONE, [CLONE]) is None


def test_a_record_of_before_models_could_rewrite_is_read() -> None:
    params = {"model": "writer", "writes": True, "wrote": True, "judged": False, "left_out": 0}
    assert by_model({"params": params}) == (ByModel("writer", wrote=True, judged=False), None)
