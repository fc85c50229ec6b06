"""What the API takes and gives, as OpenAPI shows it. Unknown fields are refused: a question comes with nothing else."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

MAX_SEARCH_LIMIT = 50

QuestionText = Annotated[str, Field(description="the question, in words", examples=["Who approves a new AI vendor?"])]
ConversationId = Annotated[
    str | None,
    Field(
        None,
        pattern=r"^[A-Za-z0-9._:-]{1,128}$",
        description="groups questions of one conversation; your own earlier ones in it help to understand a follow-up",
    ),
]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class AskBody(_Strict):
    """A question."""

    question: QuestionText
    conversation_id: ConversationId = None
    as_typed: bool = Field(False, description="take a follow-up as it is, without looking at the questions before it")


class SearchBody(_Strict):
    """A question whose passages are wanted, not an answer."""

    question: QuestionText
    limit: int = Field(10, ge=1, le=MAX_SEARCH_LIMIT, description="at most this many passages")


class ReceiptBody(BaseModel):
    """Where the record of this question is."""

    origin: str = Field(examples=["greenlit.local/audit/2026-11"])
    seq: int = Field(examples=[42])
    leaf_hash: str = Field(description="SHA-256 of the leaf as RFC 6962 makes it, hex")


class SentenceBody(BaseModel):
    """A sentence and the numbers of its citations. The one that answers best is the first."""

    text: str = Field(
        description="what its quotes say; each line is a line of the source, … stands for words between two quotes. "
        "Of an answer that a model wrote: its words, held against the quotes"
    )
    citations: list[int] = Field(min_length=1)
    more: int = Field(description="items of a list, a procedure or a table that were left out; 0 if none", examples=[0])
    check: Literal["verbatim", "supported"] = Field(
        description="what it passed: verbatim, its words are those of its quotes; supported, its words are a model's, "
        "and all that they say was found in the passages cited, of which the quotes are the nearest words"
    )


_NOTE: Any = Field(
    description="what was not read of this place or of its document, in words; null if nothing is known to be missing",
    examples=["pages 2, 3 and 4 of this document could not be read"],
)


class CitationBody(BaseModel):
    """A verbatim quote: `span` is `[start, end)` in the text that `/v1/documents/{id}` returns."""

    n: int
    document: str = Field(examples=["legal/ai-use-policy.pdf"])
    title: str
    sha256: str
    passage_id: str
    locator: dict[str, Any] = Field(examples=[{"kind": "page", "page": 3}])
    quote: str
    span: tuple[int, int] = Field(examples=[[120, 245]])
    url: str
    approved_by: str
    approved_on: str = Field(examples=["2026-11-20"])
    expires: str = Field(examples=["2027-11-20"])
    note: str | None = _NOTE


class FurtherBody(BaseModel):
    """A passage that was found besides those that are cited, to read on: no part of the answer."""

    document: str = Field(examples=["legal/ai-use-policy.pdf"])
    title: str
    sha256: str
    passage_id: str
    locator: dict[str, Any] = Field(examples=[{"kind": "page", "page": 3}])
    span: tuple[int, int] = Field(examples=[[120, 245]])
    url: str = Field(description="the page of the source, opened at the passage; no quote is marked there")
    approved_by: str
    approved_on: str = Field(examples=["2026-11-20"])
    expires: str = Field(examples=["2027-11-20"])


class RefusalBody(BaseModel):
    """Why there is no answer."""

    reason: Literal["no_evidence", "unsupported_draft", "request_not_supported", "nothing_approved"]
    message: str


class ByModelBody(BaseModel):
    """The part that a language model had in an answer."""

    name: str = Field(description="as models.toml names it", examples=["house"])
    wrote: bool = Field(description="the sentences are its words, each checked; quotes otherwise")
    judged: bool = Field(description="it said which passages answer, or that none does")
    rewrote: bool = Field(description="`searched_for` is its rewriting of the question, checked; by rules otherwise")
    left_out: int = Field(description="sentences that it wrote and that did not hold up", examples=[0])


class AnswerBody(BaseModel):
    """An answer in cited sentences, or a refusal."""

    request_id: str
    outcome: Literal["answered", "refused"]
    answer: str | None = Field(
        description="the sentences as one text, each with what it left out: “(and 3 more)”; null for a refusal"
    )
    searched_for: str | None = Field(
        description="the question as it was rewritten to stand alone; null if it was taken as typed"
    )
    sentences: list[SentenceBody]
    citations: list[CitationBody]
    not_mentioned: list[str] = Field(
        description="words of the question that matter and that nothing cited holds, as typed",
        examples=[["New York", "trainees"]],
    )
    not_looked_up: list[str] = Field(
        description="questions of a text that asks more than three, from the fourth on: ask them one at a time",
        examples=[["When is the office open"]],
    )
    notes: list[str] = Field(
        description="the notes of the citations, each once; first, where a model was to write and did not, why not"
    )
    passages: list[FurtherBody] = Field(max_length=3, description="further passages that were found, the best first")
    model: ByModelBody | None = Field(description="what a language model did for it; null where none had a part in it")
    refusal: RefusalBody | None
    receipt: ReceiptBody


_EVENTS = """event: status
data: {"step":"looking"}

event: sentence
data: {"n":1,"text":"...","citations":[{"n":1,"document":"legal/ai-use-policy.pdf"}],"more":0,"check":"verbatim"}

event: done
data: {"request_id":"...","outcome":"answered"}

"""
_TELLS = (
    "With Accept: text/event-stream, events, each with JSON as data: status {step} (looking, drafting, checking, "
    "recording); of an answer each sentence {n, text, citations: whole ones, more, check}, of one that is refused "
    "refusal {reason, message}; done, the whole answer as without a stream. What breaks after the first event is told "
    "as error, a problem. Lines that begin with a colon only keep the connection open."
)
AS_EVENTS: dict[str, Any] = {
    "description": f"The answer, or the refusal. {_TELLS}",
    "content": {"text/event-stream": {"schema": {"type": "string", "description": _TELLS}, "example": _EVENTS}},
}


class PassageBody(BaseModel):
    """A passage, by rank."""

    rank: int
    passage_id: str
    document: str
    title: str
    sha256: str
    text: str
    span: tuple[int, int]
    locator: dict[str, Any]
    score: float = Field(description="fused score of this question's candidates, 0 to 1")
    url: str = Field(description="the page of the source, opened at the passage")
    approved_by: str
    approved_on: str = Field(examples=["2026-11-20"])
    expires: str = Field(examples=["2027-11-20"])
    note: str | None = _NOTE


class SearchResultBody(BaseModel):
    """Ranked passages."""

    request_id: str
    passages: list[PassageBody]
    receipt: ReceiptBody


class DocumentBody(BaseModel):
    """A document that the asker may read."""

    document: str
    title: str
    sha256: str
    passages: int
    approved_by: str
    approved_on: str
    expires: str


class DocumentListBody(BaseModel):
    """All documents that the asker may read."""

    documents: list[DocumentBody]


class ReadingNoteBody(BaseModel):
    """What of a document is not in its stored text: a kind, how many, and where, as far as that is known.

    Places are pages of the file, times, or heading paths joined with " › ".
    """

    kind: str = Field(examples=["pages_without_text"])
    count: int = Field(examples=[3])
    where: list[str] = Field(examples=[["2", "3", "4"]])


class DocumentTextBody(DocumentBody):
    """A document with its stored text, which citations' spans refer to."""

    warnings: list[ReadingNoteBody]
    text: str


class ReadyBody(BaseModel):
    """Whether questions can be answered; `problems`, which somebody has to mend, and `remarks` for an operator only."""

    status: Literal["ready", "not_ready"]
    failing: list[str]
    problems: list[str]
    remarks: list[str]
