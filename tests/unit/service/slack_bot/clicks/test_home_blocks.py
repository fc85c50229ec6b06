"""The home tab as blocks: bounded however much there is to know, and nothing of it is read as markup."""

import json
from typing import Any

from service.slack_bot.answers import pieces
from service.slack_bot.clicks.home_blocks import home, prompts
from tests.support.slack_parts import PAGES

START = {"kept_months": 18, "kept_reason": "a *tax* audit", "questions": ["What are the rules for <b>?"]}


def _documents(sources: int, each: int, title: str = "Rules") -> list[dict[str, Any]]:
    named = [(f"s{s}/{'x' * 200}{n}.md", f"{title} {n}") for s in range(sources) for n in range(each)]
    return [{"document": document, "title": title} for document, title in named]


def test_it_fits_whatever_there_is_to_know() -> None:
    for documents in ([], _documents(2, 2), _documents(300, 40), _documents(8, 5, "t" * 400)):
        shown = home(START, documents, public_url=PAGES)
        assert pieces.fits(shown)
        assert "mrkdwn" not in json.dumps(shown.blocks)
    assert "You may read 12,000 documents in 300 sources." in json.dumps(
        home(START, _documents(300, 40), public_url=PAGES).blocks
    )


def test_it_says_how_long_and_why_and_what_there_would_be() -> None:
    told = json.dumps(home(START, [], public_url=PAGES).blocks)
    assert "18 months (a *tax* audit)" in told
    assert "no document that you may read yet" in told


def test_it_says_who_writes_answers_and_where_questions_can_go() -> None:
    quoted = json.dumps(home({**START, "model": None}, [], public_url=PAGES).blocks)
    assert "quoted word for word" in quoted
    assert "language model" not in quoted
    for writes in (True, False):
        told = json.dumps(
            home(
                {**START, "model": {"name": "house\n<!channel>", "writes": writes, "reads": True}}, [], public_url=PAGES
            ).blocks
        )
        assert "can go to the language model house <!channel>. " in told
        assert ("A language model writes" in told, "quoted word for word" in told) == (writes, not writes)


def test_at_most_four_questions_are_suggested_as_they_are() -> None:
    asked = prompts(["One?", "", "Two?", "x" * 500, "Three?", "Four?"])
    assert [prompt["title"] for prompt in asked][:2] == ["One?", "Two?"]
    assert len(asked) == 4
    assert all(len(prompt["title"]) <= 120 for prompt in asked)
