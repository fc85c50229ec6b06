"""An answer as Slack shows it: nothing is read as markup, everything leads to its place, and it always fits."""

import json
from typing import Any

from service.answering.answers import Reason
from service.slack_bot.answers import pieces
from service.slack_bot.answers.answer_blocks import Offered, answer_message, shared_message
from service.slack_bot.answers.pieces import Message
from tests.support.listed_answers import (
    BEHIND,
    ITEMS,
    LEAD_IN,
    MODEL,
    MORE,
    SAYS_LEFT,
    WORDS,
    listed_answer,
    refused_by_model,
    written_answer,
)
from tests.support.slack_parts import PAGES
from tests.support.slack_server.block_kit import TOTAL_CHARACTERS, complaints

REQUEST = "0199d1f0-7c1e-7aa0-8c55-3b1f0a4d2e61"
EVIL = "<!channel> <@U1> *bold* ~no~ `x` :lock: <http://evil.example|your bank> & <b>"


def _citation(n: int, **more: Any) -> dict[str, Any]:
    url = f"/documents/legal/{n}.pdf?version=abc&from=1&to=2#quote"
    return {
        "n": n,
        "document": f"legal/{n}.pdf",
        "title": f"Policy {n}",
        "sha256": "0" * 64,
        "locator": {"kind": "page", "page": n},
        "url": url,
        "approved_by": "general-counsel",
        "expires": "2036-12-31",
        **more,
    }


def _answer(*sentences: str, **more: Any) -> dict[str, Any]:
    numbered = list(enumerate(sentences, start=1))
    return {
        "request_id": REQUEST,
        "outcome": "answered",
        "searched_for": None,
        "sentences": [{"text": sentence, "citations": [n]} for n, sentence in numbered],
        "citations": [_citation(n) for n, _ in numbered],
        "refusal": None,
        "receipt": {"origin": "o", "seq": 42, "leaf_hash": "f"},
        **more,
    }


def _shown(answer: dict[str, Any], **offered: Any) -> Message:
    return answer_message(answer, public_url=PAGES, offered=Offered(**offered))


def _texts(shown: Message, kind: str = "text") -> list[str]:
    """Return what stands in the elements of a kind, of all blocks."""

    def found(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [str(value["text"])] if value.get("type") == kind and isinstance(value.get("text"), str) else []
            return own + [text for held in value.values() for text in found(held)]
        return [text for held in value for text in found(held)] if isinstance(value, list | tuple) else []

    return found(shown.blocks)


def _links(shown: Message) -> list[tuple[str, str]]:
    def found(value: object) -> list[tuple[str, str]]:
        if isinstance(value, dict):
            own = [(str(value["text"]), str(value["url"]))] if value.get("type") == "link" else []
            return own + [one for held in value.values() for one in found(held)]
        return [one for held in value for one in found(held)] if isinstance(value, list | tuple) else []

    return found(shown.blocks)


def test_a_sentence_is_a_quote_with_numbers_that_lead_to_their_places() -> None:
    answer = _answer("Editors must not upload footage.", "Stills are the same.")
    quoted = _shown(answer).blocks[0]
    assert [element["type"] for element in quoted["elements"]] == ["rich_text_quote"] * 2
    first = quoted["elements"][0]["elements"]
    assert first[0] == {"type": "text", "text": "Editors must not upload footage.", "style": {"bold": True}}
    assert "style" not in quoted["elements"][1]["elements"][0], "what answers best alone is bold"
    assert "style" not in _shown(_answer("One.")).blocks[0]["elements"][0]["elements"][0]
    assert first[2] == {"type": "link", "text": "[1]", "url": f"{PAGES}{_citation(1)['url']}"}
    told = "".join(_texts(_shown(answer)))
    assert "page 1 · approved by general-counsel · until 31 Dec 2036" in told
    assert "Record 42." in "".join(_texts(_shown(answer), "plain_text"))


def test_a_list_is_shown_line_by_line_with_how_much_was_left_out() -> None:
    shown = _shown(listed_answer().as_json())
    first, second = ("".join(part["text"] for part in quote["elements"]) for quote in shown.blocks[0]["elements"])
    assert first == f"{LEAD_IN} [1]\n• {ITEMS[0]} [2]\n• {ITEMS[1]} [3]\nand {MORE} more: read on in the source"
    assert second == "Contracts are kept … for ten years. [4] [5]"
    places = dict(_links(shown))
    assert places["read on in the source"] == places["[3]"]
    steps = _answer("Do this:\n2. Call us.\n3. Write.")
    assert "".join(_texts(_shown(steps))).startswith("Do this:\n2. Call us.\n3. Write.")


def test_what_nobody_mentions_stands_under_the_answer_and_further_passages_behind_the_record() -> None:
    told = _shown(listed_answer().as_json())
    texts = _texts(told)
    missing = texts.index("The sources do not mention New York or trainees.")
    left = texts.index(SAYS_LEFT)
    assert texts.index("Contracts are kept … for ten years.") < missing < left < texts.index("Also on this:\n")
    assert ("Guide 1", f"{PAGES}{listed_answer().passages[0].url}") in _links(told)
    assert " · page 1\n" in texts
    kinds = [block["type"] for block in told.blocks]
    assert kinds[-2:] == ["rich_text", "context_actions"]
    assert complaints(told.blocks)[0] == []


def test_to_others_no_further_passage_is_named() -> None:
    """Law 2: whether everybody in a channel may read it was looked up of what is cited alone."""
    shared = shared_message(listed_answer().as_json(), by="U1", public_url=PAGES)
    assert not {"Guide 1", "Guide 2"} & {text for text, _ in _links(shared)}
    assert "Also on this" not in json.dumps(shared.blocks)
    assert {"The sources do not mention New York or trainees.", SAYS_LEFT} <= set(_texts(shared))


def test_further_passages_are_left_out_before_any_sentence() -> None:
    further = [one.as_json() for one in listed_answer().passages]
    tight = _answer("word " * 780, "word " * 780, passages=further)
    long = [{**one, "url": "/documents/" + "x" * 900} for one in further]
    for passages, is_shown in ((further, True), (long, False)):
        shown = _shown({**tight, "passages": passages})
        assert ("Also on this:\n" in _texts(shown), len(shown.blocks[0]["elements"])) == (is_shown, 2)
        assert pieces.fits(shown)


def test_quotes_of_one_place_share_a_line_and_each_number_leads_to_its_own() -> None:
    answer = _answer("One.", "Two.", "Three.")
    answer["citations"] = [
        _citation(1),
        _citation(2, title="Policy 1", locator={"kind": "page", "page": 1}),
        _citation(3),
    ]
    links = {(text, url) for text, url in _links(_shown(answer))}
    assert [text for text, _ in _links(_shown(answer))].count("Policy 1") == 1
    assert {(f"[{n}]", f"{PAGES}{_citation(n)['url']}") for n in (1, 2, 3)} <= links


def test_what_was_not_read_of_what_is_cited_is_said_before_the_sources() -> None:
    note = "pages 2, 3 and 4 of this document could not be read"
    for shown in (
        _shown(_answer("It was signed.", notes=[note])),
        shared_message(_answer("It was signed.", notes=[note]), by="U1", public_url=PAGES),
    ):
        texts = _texts(shown)
        assert (
            texts.index("It was signed.")
            < texts.index(f"Note: {note}.\n")
            < texts.index(" · page 1 · approved by general-counsel · until 31 Dec 2036\n")
        )
    assert not any("Note:" in text for text in _texts(_shown(_answer("It was signed."))))
    many = _shown(_answer("It was signed.", notes=[f"{EVIL} {number} " + "x" * 5_000 for number in range(50)]))
    assert complaints(many.blocks)[0] == []
    assert pieces.fits(many)


def test_a_page_is_named_as_it_is_printed_and_as_the_file_counts_it() -> None:
    answer = _answer("It was signed.")
    answer["citations"] = [_citation(1, locator={"kind": "page", "page": 4, "label": "ii"})]
    assert any("page ii (page 4 of the file)" in text for text in _texts(_shown(answer)))
    answer["citations"] = [_citation(1, locator={"kind": "time", "at": "00:12:31"})]
    assert any(" · at 00:12:31 · " in text for text in _texts(_shown(answer)))


def test_blocks_are_of_a_form_that_slack_takes() -> None:
    refusal = {"reason": "no_evidence", "message": "Not enough evidence."}
    for shown in (
        _shown(_answer(EVIL, "Two.", searched_for=EVIL), share=True, thread="1.2"),
        _shown(_answer(*["word " * 300] * 30)),
        _shown(_answer(outcome="refused", refusal=refusal)),
        shared_message(_answer("One.", question=EVIL), by="U1", public_url=PAGES),
    ):
        found, characters = complaints(json.loads(json.dumps(shown.blocks)))
        assert (found, characters < TOTAL_CHARACTERS) == ([], True)


def test_nothing_of_a_document_a_question_or_a_name_is_read_as_markup() -> None:
    further = [{**one.as_json(), "title": EVIL} for one in listed_answer().passages]
    answer = _answer(EVIL, searched_for=EVIL, question=EVIL, not_mentioned=[EVIL, "x" * 5_000] * 20, passages=further)
    answer["not_looked_up"] = [EVIL * 100] * 20
    heading = {"kind": "heading", "path": [EVIL]}
    answer["citations"] = [_citation(1, title=EVIL, approved_by=EVIL, locator=heading)]
    for shown in (_shown(answer, share=True), shared_message(answer, by="U1", public_url=PAGES)):
        whole = json.dumps(shown.blocks)
        assert "mrkdwn" not in whole
        assert '"broadcast"' not in whole
        assert EVIL in _texts(shown)
        assert not set("<>&*") & set(shown.text)
    assert EVIL not in "".join(_texts(_shown(answer), "plain_text"))  # where ":lock:" would become a picture


def test_what_notifications_show_holds_nothing_of_the_answer() -> None:
    shown = _shown(_answer("Editors must not upload footage.", searched_for="what about footage"))
    assert shown.text == "There is an answer: 1 quoted sentence from 1 approved document."


def test_a_refusal_reads_as_one_and_says_what_to_do() -> None:
    refusal = {"reason": "no_evidence", "message": "The approved documents do not hold enough evidence."}
    shown = _shown(_answer(outcome="refused", refusal=refusal), share=True)
    assert shown.blocks[0]["text"]["text"] == "No answer"
    assert any("do not hold enough evidence" in text for text in _texts(shown))
    buttons = [
        element["action_id"]
        for block in shown.blocks
        for element in block.get("elements", [])
        if "action_id" in element
    ]
    assert buttons == ["greenlit_wish", "greenlit_feedback"]  # nothing to share


def test_sharing_is_offered_with_the_question_and_the_thread_and_nothing_else() -> None:
    shown = _shown(_answer("One."), share=True, thread="1764428400.000100")
    (row,) = [block for block in shown.blocks if block["type"] == "actions"]
    assert row["block_id"] == "greenlit_share|1764428400.000100"
    assert [(button["action_id"], button["value"]) for button in row["elements"]] == [("greenlit_share", REQUEST)]
    assert not [block for block in _shown(_answer("One.")).blocks if block["type"] == "actions"]


def test_what_is_shared_names_who_shared_it_and_what_they_asked_and_offers_nothing() -> None:
    shown = shared_message(_answer("One.", question="Who may upload?"), by="U7", public_url=PAGES)
    said = shown.blocks[0]["elements"][0]["elements"]
    assert (said[0]["text"], said[1]) == ("Shared by ", {"type": "user", "user_id": "U7"})
    assert "Who may upload?" in _texts(shown)
    assert not [block for block in shown.blocks if block["type"] in ("actions", "context_actions")]


def test_what_is_too_long_is_left_out_by_whole_sentences_and_the_page_is_named() -> None:
    long = [f"{n} " + "word " * 700 for n in range(1, 6)]
    shown = _shown(_answer(*long))
    kept = [text for text in _texts(shown) if text in long]
    assert kept == long[:2]
    assert "3 more sentences are too long for Slack: " in _texts(shown)
    assert f"{PAGES}/answers/{REQUEST}" in json.dumps(shown.blocks)
    assert pieces.fits(shown)
    for answer in (_answer("x" * 50_000), _answer(*["s"] * 400)):
        assert pieces.fits(_shown(answer))


def test_addresses_and_names_of_any_length_fit() -> None:
    answer = _answer("One.", "Two.")
    far = [_citation(n, url="/documents/" + "%E4" * 1500, title="t" * 5000, approved_by="b" * 5000) for n in (1, 2)]
    shown = _shown({**answer, "citations": far})
    assert pieces.fits(shown)
    assert {"One.", "Two."} <= set(_texts(shown))


def test_what_a_model_wrote_is_no_quote_and_says_so_above_it() -> None:
    shown = _shown(written_answer().as_json())
    model, first, second = shown.blocks[:3]
    (said,) = (element["text"] for element in model["elements"])
    assert said.startswith(f"Written by {MODEL} from the passages below; each sentence was checked against them. 2 ")
    assert "rich_text_quote" not in json.dumps(shown.blocks)
    texts = ["".join(part["text"] for part in one["elements"][0]["elements"]) for one in (first, second)]
    assert texts == [f"{WORDS[0]} [1]", f"{WORDS[1]} [2] [3]"]
    told = _texts(shown)
    assert [f"“{quote}”\n" in told for quote in BEHIND] == [True] * 3, "the words behind the words"
    small = "".join(_texts(shown, "plain_text"))
    assert "Each sentence was checked against the quotes of its sources. Record 7." in small
    assert "Quoted word for word" not in small
    assert shown.text == "There is an answer: 2 checked sentences from 3 approved documents."
    assert complaints(shown.blocks)[0] == []


def test_a_quoted_answer_says_who_chose_its_passages_and_nothing_where_nobody_did() -> None:
    judged = {"name": MODEL, "wrote": False, "judged": True, "rewrote": False, "left_out": 0}
    shown = _shown(_answer("One.", model=judged))
    assert _texts(shown, "plain_text")[0] == f"{MODEL} chose the passages."
    assert [one["type"] for one in shown.blocks[1]["elements"]] == ["rich_text_quote"]
    assert _shown(_answer("One.", model=None)) == _shown(_answer("One."))


def test_a_refusal_says_what_the_model_found() -> None:
    for reason, wrote, said in (
        (Reason.NO_EVIDENCE, False, f"{MODEL} found no passage that answers this."),
        (Reason.UNSUPPORTED_DRAFT, True, f"{MODEL} wrote an answer, and no sentence of it held up."),
    ):
        shown = _shown(refused_by_model(reason, wrote=wrote).as_json())
        assert said in _texts(shown, "plain_text")
        assert SAYS_LEFT in _texts(shown)


def test_a_long_written_answer_fits_with_its_quotes() -> None:
    answer = written_answer("word " * 600).as_json()
    shown = _shown(answer)
    assert pieces.fits(shown)
    assert "too long for Slack: " in "".join(_texts(shown))
