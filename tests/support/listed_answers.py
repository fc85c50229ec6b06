"""An answer with all that answers may hold, quoted, and one that a language model wrote.

The former has a list in part, words left out, further passages, what nobody mentions, what was not looked up. Both are
made by hand, so that each door can be tried with them whatever the answerer would say. `hostile` stands wherever a text
comes from a document, a model or a question.
"""

from dataclasses import replace

from indexes.documents import Locator, Passage
from indexes.standing import Grant
from service.answering.answers import Answer, ByModel, Citation, Further, Reason, Refusal, Sentence, one_text
from service.answering.drafts import Quote
from service.answering.verify import SUPPORTED, VerifiedQuote
from service.audit.storage.store import Receipt
from tests.support.fakes import NOON

LEAD_IN = "Never do any of the following:"
ITEMS = ("Clone a voice without consent.", "Swap a face in a documentary.")
MORE = 388
KEPT = ("Contracts are kept", "for ten years.")
MISSING = ("New York", "trainees")
LEFT = ("When is the office open", "Who orders paper")
SAYS_LEFT = f"Not looked up: {LEFT[0]}, and 1 further question. Ask them one at a time."
QUESTION = "What are the red lines for trainees in New York?"
WORDS = ("Contracts have to be kept for ten years.", "Nobody may clone a voice unless its owner agrees.")
BEHIND = ("Contracts are kept for ten years.", "Clone a voice without consent.", "Consent is given in writing.")
MODEL = "house model"


def listed_answer(hostile: str = "") -> Answer:
    """Return it: a lead-in with two items and 388 more, a sentence of two quotes, two further passages."""
    end = f" {hostile}" if hostile else ""
    items = [f"{item}{end}" for item in ITEMS]
    quotes = [LEAD_IN, *items, *KEPT]
    citations = tuple(_citation(n, quote, f"AI policy{end}") for n, quote in enumerate(quotes, start=1))
    sentences = (Sentence("\n".join(quotes[:3]), (1, 2, 3), MORE), Sentence(" … ".join(KEPT), (4, 5)))
    return Answer(
        request_id="0199d1f0-7c1e-7aa0-8c55-3b1f0a4d2e61",
        sentences=sentences,
        citations=citations,
        refusal=None,
        receipt=Receipt("greenlit.test/audit/2026-11", 7, "f" * 64),
        not_mentioned=tuple(f"{word}{end}" for word in MISSING),
        not_looked_up=tuple(f"{question}{end}" for question in LEFT),
        passages=tuple(
            Further(
                _passage(f"legal/more-{n}.pdf", f"Guide {n}{end}", "Read on.", page=n), _grant(f"legal/more-{n}.pdf")
            )
            for n in (1, 2)
        ),
    )


def written_answer(hostile: str = "", *, left_out: int = 2, judged: bool = False) -> Answer:
    """Return one that a model wrote: two sentences, the latter held against quotes of two documents."""
    end = f" {hostile}" if hostile else ""
    cited = [
        _citation(n, f"{quote}{end}", f"{title}{end}", document)
        for n, (quote, title, document) in enumerate(
            zip(BEHIND, ("Records", "AI policy", "Consent"), ("records", "policy", "consent"), strict=True), start=1
        )
    ]
    words = [f"{said}{end}" for said in WORDS]
    return replace(
        listed_answer(hostile),
        sentences=(Sentence(words[0], (1,), check=SUPPORTED), Sentence(words[1], (2, 3), check=SUPPORTED)),
        citations=tuple(cited),
        not_mentioned=(),
        not_looked_up=(),
        model=ByModel(f"{MODEL}{end}", wrote=True, judged=judged, left_out=left_out),
    )


def refused_by_model(reason: Reason = Reason.NO_EVIDENCE, *, wrote: bool = False) -> Answer:
    """Return a refusal in which a model had a part, of a text that asked too much at once."""
    return replace(
        written_answer(),
        sentences=(),
        citations=(),
        not_looked_up=LEFT,
        passages=(),
        refusal=Refusal(reason),
        model=ByModel(MODEL, wrote=wrote, judged=not wrote, left_out=2 * wrote),
    )


def recorded() -> str:
    """Return its text as it is on record."""
    return one_text(listed_answer().sentences)


def _citation(n: int, quote: str, title: str, document: str = "policy") -> Citation:
    passage = _passage(f"legal/{document}.pdf", title, quote, page=2)
    return Citation(
        n, VerifiedQuote(Quote(passage.passage_id, 100, 100 + len(quote), quote), passage, _grant(passage.document))
    )


def _passage(document: str, title: str, text: str, *, page: int) -> Passage:
    return Passage(f"{page:024}", document, "a" * 64, title, 100, 100 + len(text), text, Locator("page", page=page))


def _grant(document: str) -> Grant:
    day = NOON.date()
    return Grant(document, "a" * 64, "", frozenset(), approved_by=("ann",), approved_on=day, expires=day)
