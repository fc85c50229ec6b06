"""Draws what people see in Slack: the bot's own blocks, as HTML that looks like Slack, photographed by a browser.

    PYTHONPATH=. python -m tests.support.slack_pictures docs/pictures

The answers are such as the sample library gives. Nothing of Slack's is copied; it is drawn near enough to be known.
"""

import html
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from service.slack_bot.answers.answer_blocks import Offered, answer_message, shared_message
from service.slack_bot.answers.pieces import Message
from service.slack_bot.clicks.home_blocks import home
from tests.support.browsing import CHROMIUM

PAGES = "https://greenlit.northlight.example"
_REQUEST = "0199d1f0-7c1e-7aa0-8c55-3b1f0a4d2e61"
_STYLE = """
body{margin:0;font:15px/1.46 Lato,"Helvetica Neue",Arial,sans-serif;color:#1d1c1d;background:#fff}
.page{width:760px;padding:10px 20px 14px}.row{display:flex;gap:9px;padding:7px 0}
.face{width:36px;height:36px;border-radius:6px;flex:none;color:#fff;font-weight:700;text-align:center;
line-height:36px}
.app{background:#1a4d2e}.ann{background:#7a4b94}.who b{font-weight:900}
.tag{background:#e8e8e8;border-radius:3px;font-size:10px;padding:1px 4px;margin-left:5px;color:#616061;
font-weight:700}
.time,.small,.only{color:#616061;font-size:12px}.time{margin-left:7px}.only{padding:2px 0}
blockquote{margin:3px 0;padding:0 0 0 13px;border-left:4px solid #ddd}a{color:#1264a3;text-decoration:none}
p{margin:4px 0;white-space:pre-wrap}h3{font-size:18px;margin:10px 0 4px}
.user{background:#e8f5fa;color:#1264a3;padding:0 2px;border-radius:3px}
.button{display:inline-block;border:1px solid #bbb;border-radius:4px;padding:4px 12px;font-weight:700;
font-size:13px;margin:5px 8px 5px 0}
.fb{color:#616061;font-size:13px;margin-top:5px}
.fb span{border:1px solid #ddd;border-radius:12px;padding:2px 10px;margin-right:6px}
.bar{border-bottom:1px solid #ddd;padding:9px 20px;font-weight:900}
.thread{color:#616061;font-size:12px;border-top:1px solid #eee;margin-top:6px}
"""


def _answer(sentences: Mapping[str, tuple[str, dict[str, Any], str, str]], **more: Any) -> dict[str, Any]:
    cited = [
        {
            "n": n,
            "document": document,
            "title": title,
            "locator": where,
            "url": f"/documents/{document}?version=0&from=0&to=1#quote",
            "approved_by": approved_by,
            "expires": "2036-12-31",
        }
        for n, (document, where, title, approved_by) in enumerate(sentences.values(), start=1)
    ]
    told = [{"text": sentence, "citations": [n]} for n, sentence in enumerate(sentences, start=1)]
    return {
        "request_id": _REQUEST,
        "sentences": told,
        "citations": cited,
        "searched_for": None,
        "refusal": None,
        "receipt": {"seq": 10},
        **more,
    }


_POLICY = ("legal/ai-use-policy.pdf", {"kind": "page", "page": 1}, "AI Use Policy and Red Lines", "general-counsel")
_LIMITS = ("security/screeners.html", {"kind": "heading", "path": ["Limits"]}, "Screeners and Embargoes", "publicity")
FOOTAGE = _answer(
    {
        "Editors must not upload unreleased footage to a generative tool that is not on the list.": _POLICY,
        "The same rule covers stills, sound stems, scripts and treatments.": _POLICY,
    }
)
SCREENER = _answer(
    {"A press preview link is valid for 72 hours and for two viewings.": _LIMITS},
    question="How long is a screener link valid?",
    receipt={"seq": 14},
)
REFUSED = _answer(
    {},
    refusal={
        "reason": "no_evidence",
        "message": "The approved documents that you may read do not hold enough evidence to answer this.",
    },
    receipt={"seq": 20},
)
START = {
    "kept_months": 12,
    "kept_reason": "",
    "questions": ["What are the rules for library music?", "What are the rules for weekly hours?"],
}
_TITLES = {
    "legal": ["AI Use Policy and Red Lines", "Contract Clauses on AI Training", "Music Licensing"],
    "people": ["Freelancer onboarding", "Leave and Working Hours", "Travel and Expenses"],
    "security": ["Leak Investigation Runbook", "Screeners and Embargoes"],
}
DOCUMENTS = [
    {"document": f"{source}/{n}.md", "title": title}
    for source, titles in _TITLES.items()
    for n, title in enumerate(titles)
]


def drawn(blocks: Iterable[Mapping[str, Any]]) -> str:
    """Return blocks as HTML."""
    return "".join(_block(block) for block in blocks)


def _block(block: Mapping[str, Any]) -> str:
    elements = block.get("elements", [])
    match block["type"]:
        case "header":
            return f"<h3>{html.escape(block['text']['text'])}</h3>"
        case "rich_text":
            return "".join(_rich(element) for element in elements)
        case "context":
            return f"<div class=small>{html.escape(elements[0]['text'])}</div>"
        case "actions":
            words = (html.escape(element["text"]["text"]) for element in elements)
            return "<div>" + "".join(f"<span class=button>{word}</span>" for word in words) + "</div>"
        case "context_actions":
            return "<div class=fb><span>Helpful</span><span>Wrong</span></div>"
    raise ValueError(block["type"])


def _rich(element: Mapping[str, Any]) -> str:
    tag = "blockquote" if element["type"] == "rich_text_quote" else "p"
    return f"<{tag}>{''.join(_part(part) for part in element['elements'])}</{tag}>"


def _part(part: Mapping[str, Any]) -> str:
    if part["type"] == "user":
        return "<span class=user>@Ann</span>"
    words = html.escape(part["text"])
    if part["type"] == "link":
        return f"<a>{words}</a>"
    for style, tag in (("bold", "b"), ("italic", "i")):
        words = f"<{tag}>{words}</{tag}>" if part.get("style", {}).get(style) else words
    return words


def _said(who: str, what: str, *, only: bool = False) -> str:
    is_app = who == "Greenlit"
    tag = "<span class=tag>APP</span>" if is_app else ""
    alone = "<div class=only>Only visible to you</div>" if only else ""
    face = f"<div class='face {'app' if is_app else 'ann'}'>{who[0]}</div>"
    name = f"<div class=who><b>{who}</b>{tag}<span class=time>2:01 PM</span></div>"
    return f"<div class=row>{face}<div>{alone}{name}{what}</div></div>"


def _asked(words: str) -> str:
    return _said("Ann", f"<p>{html.escape(words)}</p>")


def _told(message: Message, *, only: bool = False) -> str:
    return _said("Greenlit", drawn(message.blocks), only=only)


def scenes() -> Mapping[str, str]:
    """Return the pictures, by name, as HTML."""
    own = answer_message(FOOTAGE, public_url=PAGES, offered=Offered())
    none = answer_message(REFUSED, public_url=PAGES, offered=Offered())
    alone = answer_message(SCREENER, public_url=PAGES, offered=Offered(share=True))
    shared = shared_message(SCREENER, by="U1", public_url=PAGES)
    tab = home(START, DOCUMENTS, public_url=PAGES)
    thread = "<div class=thread>Thread</div>"
    return {
        "slack-direct": "<div class=bar>Greenlit</div><div class=page>"
        + _asked("May editors upload unreleased footage to a generative tool?")
        + _told(own)
        + _asked("Which orbit do geostationary satellites follow?")
        + _told(none)
        + "</div>",
        "slack-channel": "<div class=bar># publicity</div><div class=page>"
        + _asked("@Greenlit How long is a screener link valid?")
        + _told(alone, only=True)
        + thread
        + _told(shared)
        + "</div>",
        "slack-home": "<div class=bar>Greenlit &nbsp; <u>Home</u> &nbsp; Messages</div><div class=page>"
        + drawn(tab.blocks)
        + "</div>",
    }


def photograph(folder: Path) -> None:
    """Write each picture into a folder."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 800, "height": 400})
        for name, body in scenes().items():
            page.set_content(f"<!doctype html><meta charset=utf-8><style>{_STYLE}</style>{body}")
            page.screenshot(path=folder / f"{name}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    photograph(Path(sys.argv[1]))
