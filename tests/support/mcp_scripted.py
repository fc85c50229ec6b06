"""A knowledge of MCP that gives what a test says, and remembers what it was asked."""

from dataclasses import dataclass, field

from service.mcp.knowledge import Json, NotGivenError

ADDRESS = "https://greenlit.northlight.example"
SHA256 = "0123456789abcdef" * 4
TEXT = "AI use policy\n\nThe security team reviews every new AI vendor within ten working days."
QUOTE = TEXT[15:]
RECEIPT = {"origin": "greenlit.test/audit/2026-11", "seq": 42, "leaf_hash": "ab" * 32}


def document(name: str = "legal/ai-policy.md") -> Json:
    """Return a document as the API gives it, without its text."""
    approval = {"approved_by": "ann@x.example", "approved_on": "2026-11-20", "expires": "2027-11-20"}
    return {"document": name, "title": "AI use policy", "sha256": SHA256, "passages": 1, **approval}


def place() -> Json:
    """Return what a citation and a passage have in common."""
    where = {"passage_id": "p1", "locator": {"kind": "page", "page": 3}, "span": [15, len(TEXT)]}
    url = "/documents/legal/ai-policy.md?version=0123456789abcdef&from=15#quote"
    return {**document(), **where, "url": url}


def answer(quote: str = QUOTE, **more: object) -> Json:
    """Return an answer of one sentence."""
    return {
        "request_id": "r-1",
        "outcome": "answered",
        "answer": quote,
        "searched_for": None,
        "sentences": [{"text": quote, "citations": [1], "more": 0, "check": "verbatim"}],
        "citations": [{**place(), "n": 1, "quote": quote}],
        "not_mentioned": [],
        "not_looked_up": [],
        "passages": [],
        "refusal": None,
        "receipt": RECEIPT,
        **more,
    }


def refusal() -> Json:
    """Return a refusal."""
    said = {"reason": "no_evidence", "message": "There is not enough evidence."}
    return answer() | {"outcome": "refused", "answer": None, "sentences": [], "citations": [], "refusal": said}


def found(text: str = QUOTE) -> Json:
    """Return a search result of one passage."""
    passage = {**place(), "rank": 1, "score": 0.75, "text": text}
    return {"request_id": "r-2", "passages": [passage], "receipt": RECEIPT}


@dataclass
class Scripted:
    """A `Knowledge`; without a script it gives nothing."""

    answers: Json | None = None
    finds: Json | None = None
    documents_: list[Json] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    address: str = ADDRESS

    async def ask(self, question: str, *, conversation_id: str | None) -> Json:
        self.asked.append((question, conversation_id))
        return _given(self.answers)

    async def search(self, question: str, *, limit: int) -> Json:
        self.asked.append((question, limit))
        return _given(self.finds)

    async def documents(self) -> list[Json]:
        return self.documents_

    async def document(self, document: str) -> Json | None:
        self.asked.append((document,))
        return next(({**one, "text": TEXT} for one in self.documents_ if one["document"] == document), None)


def _given(result: Json | None) -> Json:
    if result is None:
        raise NotGivenError("Too many requests: expected at most 60 questions a minute, got more. Try again in 7 s.")
    return result
