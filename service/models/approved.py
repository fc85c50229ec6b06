"""What an approval of a language model says: who approved which, until when, and what it may be sent.

A model is a vendor that needs approval. It is called only while its approval holds, and only with passages that the
approval covers. Reads no file: that is `models_file`.
"""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

ANY_SOURCE = "*"
_HEX = 16  # of a digest: enough to tell two endpoints apart


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a model is reached: `url` up to and without `/chat/completions`; `model` is its name there.

    `api_key_env` names the environment variable that holds the key, `None` where there is none; `proxy` is the address
    of what stands between, the only one that is used.
    """

    url: str
    model: str
    api_key_env: str | None = None
    proxy: str | None = None

    @property
    def digest(self) -> str:
        """What tells where a model is from elsewhere; nobody reads an address from it."""
        return hashlib.sha256(f"{self.url}\0{self.model}\0{self.proxy}".encode()).hexdigest()[:_HEX]


@dataclass(frozen=True, slots=True)
class MaySend:
    """What a model may be sent: passages of these sources, and of documents that one of these groups may read.

    `None` is no condition; a model has at least one.
    """

    sources: frozenset[str] | None = None
    groups: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What was agreed with whoever runs the model, in their words; `None` where nothing is stated."""

    region: str | None = None
    retention: str | None = None
    training: bool | None = None  # whether what is sent may be used to train


@dataclass(frozen=True, slots=True)
class Limits:
    """What one call may take: `timeout_s` for all of it, `silent_s` without a byte; and how many calls at once.

    `most_tokens` is how long a text may get at most, whatever is asked for; `None` is no limit of its own.
    """

    timeout_s: float = 60.0
    silent_s: float = 30.0  # a model on a CPU reads a prompt for some time before its first word
    at_once: int = 8
    most_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ApprovedModel:
    """One entry of `models.toml`. `approved_by` is empty while nobody approved it; `expires` is the last day."""

    name: str
    endpoint: Endpoint
    owner: str
    approved_by: str
    expires: date
    may_send: MaySend
    terms: Terms = Terms()
    limits: Limits = Limits()

    def why_not(self, today: date) -> str | None:
        """Return why the model may not be called on a day (UTC), in words; `None` if it may."""
        if not self.approved_by:
            return f"model '{self.name}' may not be called: nobody approved it (approved_by in models.toml)"
        if today > self.expires:
            return f"model '{self.name}' may not be called: its approval ended on {self.expires.isoformat()}"
        return None

    def may_be_sent(self, source: str, groups: Collection[str]) -> str | None:
        """Return why a passage may not be sent to the model, in words for operators; `None` if it may.

        Args:
            source: the source that the passage's document is of.
            groups: who may read that document at this moment; none means nobody, and it is not sent.
        """
        sources, allowed = self.may_send.sources, self.may_send.groups
        if sources is None and allowed is None:
            return f"model '{self.name}' is approved for nothing"
        if sources is not None and source not in sources and ANY_SOURCE not in sources:
            return f"model '{self.name}' is not approved for source '{source}'"
        if not groups:
            return f"model '{self.name}' is sent nothing that nobody may read"
        if allowed is not None and not allowed.intersection(groups):
            return f"model '{self.name}' is not approved for what {', '.join(sorted(groups))} may read"
        return None

    def remarks(self, known_sources: Collection[str]) -> list[str]:
        """Return what a person should know of the entry and that stops nothing, a sentence each."""
        said = [
            f"model '{self.name}': there is no source '{source}' in sources.toml"
            for source in sorted((self.may_send.sources or frozenset()) - {ANY_SOURCE} - set(known_sources))
        ]
        unsaid = [
            key
            for key, value in (
                ("region", self.terms.region),
                ("retention", self.terms.retention),
                ("training", self.terms.training),
            )
            if value is None
        ]
        if unsaid:
            said.append(f"model '{self.name}': models.toml does not state {' and '.join(unsaid)}")
        if self.terms.training:
            said.append(f"model '{self.name}': what is sent may be used to train")
        return said
