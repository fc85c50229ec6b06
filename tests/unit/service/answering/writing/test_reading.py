"""A model's text read while it comes: sentences, what they cite and stand under, and what is none."""

import pytest
from hypothesis import given as with_any
from hypothesis import settings
from hypothesis import strategies as st

from service.answering.writing.claims import Claim, Flaw
from service.answering.writing.reading import (
    MOST_CHARS,
    MOST_CLAIMS,
    MOST_LINES,
    MOST_REPEATS,
    MOST_SENTENCE,
    Ended,
    Reader,
)
from service.answering.writing.telling import Known
from tests.support.examples import examples
from tests.support.model_texts import A, B, read


def sound(text: str) -> list[str]:
    """The texts of the claims without a flaw."""
    return [claim.text for claim in read(text) if claim.flaw is None]


def flaws(text: str) -> list[str]:
    return [claim.flaw.value for claim in read(text) if claim.flaw]


# Sentences and their citations


@pytest.mark.parametrize(
    "text",
    [
        f"Invoices are kept for ten years. [{A}] Contracts end. [{B}]",
        f"Invoices are kept for ten years [{A}]. Contracts end [{B}].",
        f"Invoices are kept for ten years. [{A}]\nContracts end. [{B}]\n",
        f"Invoices are kept for ten years.[{A}] Contracts end.[{B}]",
        f"Invoices are kept for ten years [{A}]\nContracts end [{B}]",
        f"- Invoices are kept for ten years. [{A}]\n- Contracts end. [{B}]",
        f"1. **Invoices** are kept for *ten years*. `[{A}]`\n2. Contracts end. ({B})",
        f"<p>Invoices are kept for <b>ten years</b>. [{A}]</p><p>Contracts end. [{B}]</p>",
        f"Invoices are kept for ten years. 【{A}】\r\nContracts end. [passage {B}]",
        f"Invoices are kept\nfor ten years. [{A}]\n\nContracts end. [id: {B}]",
        f'"Invoices are kept for ten years." [{A}] “Contracts end.” [{B}]',
        f"Invoices are \u200bkept for ten years. [{A}](https://evil.example) \x07Contracts end. [[{B}]]",
    ],
)
def test_a_sentence_is_read_with_what_it_cites_however_it_is_set(text: str) -> None:
    assert read(text) == [Claim("Invoices are kept for ten years.", (A,)), Claim("Contracts end.", (B,))]


def test_several_ids_are_read_and_those_that_were_not_offered_are_counted() -> None:
    assert read(f"Contracts end. [{A}, {B}; p99999999][12]") == [Claim("Contracts end.", (A, B), 2)]
    assert read("Contracts end. [1] [Source 2]") == [Claim("Contracts end.", (), 2)]


@pytest.mark.parametrize(
    "sentence",
    [
        "See No. 5 of the rules.",
        "A file has at most 1.5 GB.",
        "Large files, e.g. films, are kept.",
        "Ask Dr. Smith or Ms. Lee at 5 p.m. on weekdays.",
        "It applies (see cl. 7.3) to all.",
        "Use tool v2.1.3 or newer.",
        "Visit archive.example to book.",
        "Das gilt z. B. für Nr. 3.",
        "Keep it for 10 to 12 months [sic] (and no longer).",
    ],
)
def test_a_stop_that_ends_no_sentence_parts_none(sentence: str) -> None:
    assert sound(f"{sentence} [{A}] Contracts end.") == [sentence, "Contracts end."]


def test_what_stands_in_brackets_and_is_no_citation_stays() -> None:
    assert sound("Rule 5 (b) holds since May (2024). [Note] It ends.") == [
        "Rule 5 (b) holds since May (2024).",
        "[Note] It ends.",
    ]


def test_a_link_leads_nowhere_and_a_picture_is_gone() -> None:
    assert sound("See [the form](https://evil.example/?q=secret). ![](https://evil.example/x.png) Sign it.") == [
        "See the form.",
        "Sign it.",
    ]


def test_entities_are_read_as_characters() -> None:
    assert sound("R&amp;D keeps files &lt; 5 MB.") == ["R&D keeps files < 5 MB."]


def test_a_line_without_a_stop_goes_on_in_the_next_if_that_begins_small() -> None:
    assert read(f"You may upload scripts [{A}]\nonly after their release [{B}].") == [
        Claim("You may upload scripts only after their release.", (A, B))
    ]
    assert sound("Keep invoices\n\nfor ten years.") == ["Keep invoices.", "for ten years."]


# What stands above


def test_an_item_is_said_with_what_it_stands_under() -> None:
    assert sound(f"You must not:\n- upload scripts [{A}]\n- share passwords. Not even once. [{B}]\n\nAsk first.") == [
        "You must not: upload scripts.",
        "You must not: share passwords.",
        "You must not: Not even once.",
        "Ask first.",
    ]


@pytest.mark.parametrize(
    "above", ["## Not allowed\n", "**Not allowed**\n", "**Not allowed:**\n\n", "<h2>Not allowed</h2>"]
)
def test_an_item_under_a_heading_is_said_with_it_and_a_sentence_is_not(above: str) -> None:
    assert sound(f"{above}* Uploading scripts [{A}]\n") == ["Not allowed: Uploading scripts."]
    assert sound(f"{above}Scripts stay here. [{A}]\n") == ["Scripts stay here."]


def test_items_within_items_are_said_with_all_of_them() -> None:
    text = f"Never:\n- share:\n  - passwords [{A}]\n  - keys [{B}]\n- upload scripts [{A}]\n"
    assert sound(text) == ["Never: share: passwords.", "Never: share: keys.", "Never: upload scripts."]


def test_what_a_lead_in_cites_its_items_cite() -> None:
    assert read(f"Never [{A}]:\n- share keys\n- upload scripts [{B}]\n")[1:] == [
        Claim("Never: share keys.", (A,)),
        Claim("Never: upload scripts.", (B, A)),
    ]


def test_a_sentence_right_after_a_lead_in_goes_on_with_it() -> None:
    assert sound("You must not:\nUpload scripts.\nAsk first.") == ["You must not: Upload scripts.", "Ask first."]


@pytest.mark.parametrize(
    "above", ["Here is the answer:\n", "**Answer**\n", "Sure! Based on the passages:\n", "## Summary\n"]
)
def test_what_only_announces_is_not_said(above: str) -> None:
    assert sound(f"{above}- Contracts end. [{A}]") == ["Contracts end."]


# What is no sentence of an answer


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("I hope this helps!", "talk"),
        ("Sure.", "talk"),
        ("The passage is 12 months and the answer is 12 months.", "talk"),
        ("The passages do not say when.", "declines"),
        ("I cannot answer that.", "declines"),
        ("Die Passagen enthalten keine Angabe dazu.", "declines"),
        ("What is the capital of Brazil?", "question"),
        ("```python\nimport os\nos.remove('x')\n```\n", "code"),
        ("import os; os.system('reboot')\n", "code"),
        ("Use this: ```js\nfetch('x')\n```\n", "code"),
        ("response = requests.get('https://evil.example')\n", "code"),
        ("# Retention\n", "heading"),
        (f"{'long ' * MOST_SENTENCE}. ", "too_long"),
    ],
)
def test_what_is_no_sentence_of_an_answer_has_a_flaw(text: str, flaw: str) -> None:
    assert flaws(text) == [flaw]
    assert sound(f"{text}\nContracts end. [{A}]") == ["Contracts end."]


@pytest.mark.parametrize(
    "sentence",
    [
        "Documents do not leave the archive.",
        "We do not have parking spaces.",
        "The information desk is not open on Sundays.",
        "If you have questions, ask the archive.",
        "No visitor enters alone.",
        "Sources are never named.",
        "The fee is 5% (five percent); see clause 7.",
    ],
)
def test_sentences_that_look_alike_have_none(sentence: str) -> None:
    assert sound(sentence) == [sentence]


def test_a_piece_of_the_prompt_is_a_leak() -> None:
    known = Known(frozenset({("you", "answer", "a", "question", "from", "passages", "of")}))
    (claim,) = read("My rules: You answer a question from passages of approved documents.", known=known)
    assert claim.flaw is Flaw.LEAK


def test_reasoning_scripts_and_comments_are_never_read() -> None:
    hidden = "<think>They must pay. Never mind.</think><script>alert(1)</script><!-- They pay. --><style>p {}</style>"
    assert sound(f"{hidden}Contracts end.<|im_end|>") == ["Contracts end."]
    assert read("<think>They must pay. They never stop.") == []


# The end of a text


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Contracts end. Invoices are kept for ten ye", True),
        ("Contracts end. Large files, e.g.", True),
        ("Contracts end. Invoices are kept for 1.", False),
        (f"Contracts end. Invoices are kept. [{A}]", False),
        ("Contracts end. - Invo", True),
        (f"Contracts end. Invoices are [{A[:4]}", True),
    ],
)
def test_a_sentence_that_is_cut_off_is_none(text: str, whole: bool) -> None:  # noqa: FBT001  (an example)
    claims = read(text, whole=whole)
    assert [claim.text for claim in claims if claim.flaw is None] == ["Contracts end."]
    assert claims[-1].flaw is Flaw.CUT_OFF


@pytest.mark.parametrize(
    "text", ["Contracts end.", f"Contracts end [{A}]", f"Contracts end. [{A[:4]}", "Contracts end.”"]
)
def test_a_last_sentence_is_whole_if_it_has_a_stop_or_a_citation(text: str) -> None:
    assert [claim.flaw for claim in read(text)] == [None]


@pytest.mark.parametrize(
    "text", ["NO_ANSWER", "NO_ANSWER.", "**NO_ANSWER**", " NO_ANSWER\nBut here is more. ", "Sure.\nNO_ANSWER"]
)
def test_reading_ends_where_the_model_declines(text: str) -> None:
    reader = Reader(offered=(A,), known=Known())
    claims = [*reader.feed(text), *reader.end(whole=True)]
    assert {claim.flaw for claim in claims} <= {Flaw.DECLINES, Flaw.TALK}
    assert reader.ended is Ended.DECLINED


def test_reading_goes_on_if_it_declines_after_it_said_something() -> None:
    reader = Reader(offered=(A,), known=Known())
    reader.feed("Contracts end. NO_ANSWER. Invoices stay. ")
    assert reader.ended is None


@pytest.mark.parametrize(
    "opening", ["Yes, ", "Answer: ", "According to the passages, ", f"According to [{A}], ", "The passage says that "]
)
def test_what_only_says_where_a_sentence_comes_from_is_left_out(opening: str) -> None:
    assert sound(f"{opening}invoices are kept for ten years.") == ["Invoices are kept for ten years."]


# Bounds


def test_what_is_said_again_and_again_ends_reading() -> None:
    reader = Reader(offered=(A,), known=Known())
    fed = 0
    while not reader.ended:
        reader.feed(f"Contracts end. [{A}] ")
        fed += 1
    assert (reader.ended, fed) == (Ended.REPEATS, MOST_REPEATS + 3)
    assert flaws("Contracts end. Contracts END. Contracts, end.") == ["repeats"] * 2


def test_reading_is_bounded_in_characters_and_claims() -> None:
    endless, many = Reader(offered=(), known=Known()), Reader(offered=(), known=Known())
    while not endless.ended:
        endless.feed("word " * 100)
    assert (endless.ended, len(endless.raw)) == (Ended.TOO_LONG, MOST_CHARS)
    claims = many.feed("".join(f"Rule {number} holds. " for number in range(MOST_CLAIMS * 2)))
    assert (many.ended, len(claims)) == (Ended.TOO_LONG, MOST_CLAIMS)
    assert many.feed("More. ") == many.end(whole=True) == []


def test_a_sentence_goes_on_over_some_lines_and_not_without_end() -> None:
    assert len(read("a b\n" * (MOST_LINES + 1))) == 1
    assert len(read("a b\n" * (MOST_LINES + 2))) == 2


def test_the_rest_of_a_sentence_that_is_too_long_is_no_sentence() -> None:
    text = f"You may not {'really ' * 200}upload scripts. Contracts end. "
    for piece in (0, 1, 64):
        assert [claim.text for claim in read(text, piece=piece) if claim.flaw is None] == ["Contracts end."]


def test_a_mark_alone_is_not_the_word_that_tells_where_a_sentence_ends() -> None:
    text = "Invoices are kept 。 _ contracts too. "
    assert read(text, piece=1) == read(text)


_TEXT = "Invoices|contracts|are kept|never|1.5|No.|e.g.|Dr.|5|.|. |?|! |: |:\n|\n|\n\n|- |  - |1. |# |**|*|_|`"
_MARKUP = '```|<b>|</b>|<|<think>|</think>|<li>|<!--|-->|&amp;|[|]|(|)|[12]|p9999999a|”|“|"|…|~~|](x)|。|\r\n|\u200b'
_WHOLE = ("NO_ANSWER", "The passages do not say", "| a | b |", "word " * 12, A, f"[{A}]", f"[{B}, {A}]", f"({A})")
_WORDS = st.sampled_from([*_TEXT.split("|"), *_MARKUP.split("|"), *_WHOLE])


@settings(max_examples=examples(100, thorough=5000), deadline=None)
@with_any(st.lists(_WORDS, max_size=40), st.lists(st.integers(1, 9), min_size=1, max_size=8), st.booleans())
def test_the_same_text_gives_the_same_claims_in_whichever_pieces_it_comes(
    words: list[str],
    sizes: list[int],
    whole: bool,  # noqa: FBT001  (an example)
) -> None:
    text = " ".join(words) if len(words) % 2 else "".join(words)
    reader = Reader(offered=(A, B), known=Known())
    claims, at, turn = [], 0, 0
    while at < len(text):
        size = sizes[turn % len(sizes)]
        claims += reader.feed(text[at : at + size])
        at, turn = at + size, turn + 1
    claims += reader.end(whole=whole)
    at_once = read(text, whole=whole, ids=(A, B))
    if whole:
        assert claims == at_once
    else:
        assert [one for one in claims if one.flaw is None] == [one for one in at_once if one.flaw is None]
    assert not any(A in claim.text or B in claim.text for claim in claims)
