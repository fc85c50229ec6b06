"""What the routes about approvals take and give."""

from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from indexes.events import time_text
from indexes.lines import DocumentStanding
from indexes.names import MAX_NAME_CHARS
from indexes.sources import Source
from service.deciding.deciding import Decided
from service.deciding.errors import WishError
from service.deciding.waiting import Page, Waiting
from service.deciding.wishes import MAX_SUPERSEDED, MAX_TEXT_CHARS, MAX_TITLE_CHARS, Wish

MAX_WAITING = 200
_SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"


class DecideBody(BaseModel):
    """A decision on one document."""

    model_config = ConfigDict(extra="forbid", strict=True)

    document: str = Field(min_length=1, max_length=MAX_NAME_CHARS, examples=["legal/ai-use-policy.pdf"])
    decision: Literal["approve", "revoke", "reject"]
    sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{64}$",
        description="the version that was seen; has to be given to approve",
        examples=[_SHA256],
    )
    expires: str | None = Field(
        None, pattern=_DAY, description="the last day (UTC); the source's `review_months` unless given"
    )
    groups: list[str] | None = Field(None, max_length=100, description="who may read: some of the source's groups")
    title: str | None = Field(None, max_length=MAX_TITLE_CHARS, description="the title to show")
    note: str | None = Field(None, max_length=MAX_TEXT_CHARS, description="for the record")
    supersedes: list[str] | None = Field(
        None,
        max_length=MAX_SUPERSEDED,
        description="documents that this one comes in the place of, of sources that the caller decides on; "
        "what the last approval says unless given",
        examples=[["legal/ai-use-policy-2025.pdf"]],
    )
    reason: str | None = Field(
        None, max_length=MAX_TEXT_CHARS, description="why; has to be given to revoke or reject", examples=["replaced"]
    )

    def wish(self) -> Wish:
        """Return it as the wish that it is.

        Raises:
            WishError: `expires` is no day.
        """
        return Wish(
            document=self.document,
            verdict=self.decision,
            sha256=self.sha256,
            expires=_day(self.expires),
            groups=None if self.groups is None else tuple(self.groups),
            title=self.title,
            note=self.note,
            reason=self.reason,
            supersedes=None if self.supersedes is None else tuple(self.supersedes),
        )


class StandingBody(BaseModel):
    """Where a document stands, and who approved the version that its file is now."""

    document: str = Field(examples=["legal/ai-use-policy.pdf"])
    standing: str = Field(examples=["approved"])
    sha256: str | None = Field(description="of the file as it is now", examples=[_SHA256])
    approved_by: list[str] = Field(description="whose approvals of this version count", examples=[["Ann Lee"]])
    approvals: int = Field(description="how many that are", examples=[1])
    approvals_required: int = Field(description="how many different people have to approve", examples=[2])
    expires: str | None = Field(
        description="the last day of the version that is approved, if one is", examples=["2027-11-20"]
    )
    supersedes: list[str] = Field(
        description="documents that the approved version comes in the place of", examples=[["legal/ai-use-2025.pdf"]]
    )


class WaitingBody(StandingBody):
    """A document that waits for a decision."""

    source: str = Field(examples=["legal"])
    why: Literal["expired", "changed", "short", "undecided", "expiring"] = Field(
        description="`short` of approvals; `undecided`: nobody decided on it; `expiring` within 30 days"
    )
    since: str | None = Field(
        description="since when it waits, where known; of what is expiring, when it ends",
        examples=["2026-11-20T12:00:00Z"],
    )
    approved_sha256: str | None = Field(description="of the version that is approved, if one is", examples=[_SHA256])
    uploaded_by: list[str] = Field(description="who brought this version, where known", examples=[["Mira Kovač"]])
    problem: str | None = Field(description="why the file cannot be a document, if so", examples=[None])


class QueueBody(BaseModel):
    """What waits for a decision of the caller; the greatest risk first."""

    documents: list[WaitingBody]
    total: int = Field(description="of all pages", examples=[1])
    next: str | None = Field(description="the `after` of the next page, if there is one", examples=[None])


def standing_body(decided: Decided) -> dict[str, Any]:
    """Return the public form of where a document stands."""
    return _standing(decided.line, decided.source)


def queue_body(page: Page) -> dict[str, Any]:
    """Return the public form of a page of what waits."""
    return {"documents": [_waiting(item) for item in page.items], "total": page.total, "next": page.next}


def _standing(line: DocumentStanding, source: Source) -> dict[str, Any]:
    return {
        "document": line.document,
        "standing": line.standing.value,
        "sha256": line.sha256,
        "approved_by": [approval.by for approval in line.approvals],
        "approvals": len(line.approvals),
        "approvals_required": source.approvals_required,
        "expires": line.grant.expires.isoformat() if line.grant else None,
        "supersedes": sorted(line.grant.supersedes) if line.grant else [],
    }


def _waiting(item: Waiting) -> dict[str, Any]:
    line = item.line
    return {
        **_standing(line, item.source),
        "source": item.source.name,
        "why": item.why,
        "since": time_text(item.at) if item.at else None,
        "approved_sha256": line.grant.sha256 if line.grant else None,
        "uploaded_by": [upload.by for upload in line.uploads],
        "problem": line.problem,
    }


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WishError("expires: expected a day like 2027-11-20, got none that there is") from None
