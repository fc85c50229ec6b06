"""Stand-ins for slow parts, and a small library to try things on. Each fake passes the contract suite of the real part.

`HashingEncoder` stands for the encoder, `DirectParser` and `DirectDrawer` for the processes that parse and draw,
`QuietProgress` for the terminal, `Clock` for time. `TinyLibrary` is a real library on disk with a real register.
"""

import functools
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from indexes.approvals import Approvals, Plan
from indexes.drawn import DrawnPage, PageWanted
from indexes.encoder import Pieces, Vectors
from indexes.errors import DrawError
from indexes.events import Approval, Event, Withdrawal
from indexes.holds import HOLDS_FOLDER
from indexes.readings import ReadingNote
from indexes.register import REGISTER_FILE
from indexes.stretches import unit
from indexes.terms import Terms
from indexes.words import words
from ingest.collecting import NO_COLLECTIONS, Collecting
from ingest.errors import LoadError
from ingest.given import Ingestion
from ingest.loading.pdf.picture import picture
from ingest.loading.registry import load_document
from ingest.parsed import Parsed
from ingest.pipeline import ingest
from ingest.report import Report
from tests.support.over import Places, over

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
APPROVAL = Approval(
    document="legal/a.md",
    sha256="a" * 64,
    title="",
    by="ann@x.example",
    at=NOON,
    expires=date(2027, 11, 20),
    groups=("staff",),
)
REVOCATION = Withdrawal(event="revoke", document="legal/a.md", by="ann@x.example", at=NOON, reason="withdrawn")


@functools.lru_cache(maxsize=1 << 15)
def _direction(word: str, dimensions: int) -> Vectors:
    """Return a word's direction. Remembered: making the generator of its numbers takes longest of all."""
    seed = int.from_bytes(hashlib.sha256(word.encode()).digest()[:8], "little")
    direction: Vectors = np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)
    direction.flags.writeable = False
    return direction


class HashingEncoder:
    """Texts that share words get near vectors: each word adds a fixed random direction."""

    def __init__(self, *, name: str = "hashing", dimensions: int = 64) -> None:
        self.name = name
        self.digest = hashlib.sha256(f"{name}{dimensions}".encode()).hexdigest()
        self.dtype = "float32"
        self.dimensions = dimensions
        self.max_tokens = 256
        self.encoded: list[str] = []  # every text that was ever encoded, in order

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.encoded.extend(texts)
        vectors = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for at, text in enumerate(texts):
            for word in words(text) or [""]:
                vectors[at] += _direction(word, self.dimensions)
        unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return unit

    def encode_with_pieces(self, texts: Sequence[str]) -> tuple[Vectors, list[Pieces]]:
        return self.encode(texts), [self._pieces(text) for text in texts]

    def encode_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[tuple[int, int]]]
    ) -> tuple[Vectors, list[Vectors], list[Pieces]]:
        vectors, pieces = self.encode_with_pieces(texts)
        quiet = HashingEncoder(name=self.name, dimensions=self.dimensions)
        of_spans = [quiet.encode([t[a:b] for a, b in of_it]) for t, of_it in zip(texts, spans, strict=True)]
        return vectors, of_spans, pieces

    def _pieces(self, text: str) -> Pieces:
        """Every word is one piece, and has its direction wherever it stands."""
        found = list(re.finditer(r"[^\W_]+", text))
        vectors = [_direction(one.group().lower(), self.dimensions) for one in found]
        whole = np.array(vectors, np.float32).reshape(-1, self.dimensions)
        spans = np.array([one.span() for one in found], np.int32).reshape(-1, 2)
        return Pieces(spans, unit(whole).astype(np.float16))

    def tokenize(self, text: str) -> list[int]:
        return [hash(word) for word in text.split()]

    def vocabulary(self) -> list[str]:
        return [f"word{'abcdefghij'[number // 10]}{'abcdefghij'[number % 10]}" for number in range(100)]


class DirectParser:
    """Parses in this process; `parsed` lists what it was given.

    It says `notes` of each document besides, and reads one word of a text `as_another`, as a later loader might; both
    words have as many characters.
    """

    def __init__(self) -> None:
        self.parsed: list[str] = []
        self.notes: tuple[ReadingNote, ...] = ()
        self.as_another: tuple[str, str] = ("", "")

    def load(self, name: str, content: bytes) -> Parsed:
        self.parsed.append(name)
        parsed = load_document(name, content)
        old, new = self.as_another
        text = parsed.text.replace(old, new) if old else parsed.text
        return replace(parsed, text=text, notes=(*parsed.notes, *self.notes))


class DirectDrawer:
    """Draws in this process; `drawn` lists the pages that it was asked for. What `fails` says is raised instead."""

    def __init__(self) -> None:
        self.drawn: list[PageWanted] = []
        self.fails: Exception | None = None

    def draw(self, content: bytes, wanted: PageWanted) -> DrawnPage | None:
        self.drawn.append(wanted)
        if self.fails is not None:
            raise self.fails
        try:
            return picture(content, wanted)
        except LoadError as error:
            raise DrawError(str(error)) from error


class QuietProgress:
    """Draws nothing."""

    def step(self, name: str, total: int) -> None:
        del name, total

    def advance(self, count: int = 1) -> None:
        del count


@dataclass
class Clock:
    """A clock that a test sets."""

    at: datetime = NOON

    def __call__(self) -> datetime:
        return self.at

    def pass_days(self, days: float) -> None:
        self.at += timedelta(days=days)


@dataclass
class TinyLibrary:
    """A library in a temporary folder, with sources `legal` (one approval) and `security` (two).

    Its decisions and builds lie in that folder, or in `places`, where tests run over other engines.
    """

    root: Path
    clock: Clock = field(default_factory=Clock)
    encoder: HashingEncoder = field(default_factory=HashingEncoder)
    parser: DirectParser = field(default_factory=DirectParser)
    drawer: DirectDrawer = field(default_factory=DirectDrawer)
    collections: Collecting = NO_COLLECTIONS

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        self.places = Places(self.root, over())
        self.allow("legal", approvals_required=1)
        self.allow("security", approvals_required=2)

    @property
    def folder(self) -> Path:
        return self.root / "library"

    @property
    def builds(self) -> Path:
        return self.root / "builds"

    @property
    def holds(self) -> Path:
        return self.root / "state" / HOLDS_FOLDER

    @property
    def register_path(self) -> Path:
        return self.folder / REGISTER_FILE

    def allow(
        self,
        name: str,
        *,
        groups: Sequence[str] = ("staff",),
        approvals_required: int = 1,
        flags: Sequence[str] = (),
        also: str = "",
    ) -> None:
        """Add a source to the allowlist, with some keys set to true, and other lines of its own."""
        (self.folder / name).mkdir(exist_ok=True)
        listed = ", ".join(f'"{group}"' for group in groups)
        entry = f'[[source]]\nname = "{name}"\nkind = "folder"\nowner = "o@x.example"\ngroups = [{listed}]\n'
        with (self.folder / "sources.toml").open("a") as file:
            file.write(f"{entry}approvals_required = {approvals_required}\nreview_months = 12\n")
            file.writelines(f"{flag} = true\n" for flag in flags)
            file.write(f"{also}\n")

    def write(self, document: str, content: str | bytes) -> Path:
        """Put a file into the library."""
        path = self.folder / document
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    @property
    def approvals(self) -> Approvals:
        register = self.places.register if self.places.database else None
        return Approvals(library=self.folder, now=self.clock, max_file_bytes=1 << 20, register=register)

    def approve(
        self,
        document: str,
        *,
        by: str = "ann@x.example",
        groups: Sequence[str] | None = None,
        expires: date | None = None,
        text_sha256: str = "",
        supersedes: Sequence[str] | None = None,
    ) -> Plan:
        """Approve a file as it is now; the text that was read of it is named, if one is given."""
        terms = Terms(by=by, groups=None if groups is None else tuple(groups), expires=expires)
        terms = replace(terms, supersedes=None if supersedes is None else tuple(supersedes))
        plan = self.approvals.plan_approval(document, terms).read({document: text_sha256}, {})
        self.approvals.approve(plan)
        return plan

    def add(self, document: str, content: str | bytes, **terms: object) -> None:
        """Put a file into the library and approve it."""
        self.write(document, content)
        self.approve(document, **terms)  # type: ignore[arg-type]

    def revoke(self, document: str, reason: str = "withdrawn") -> None:
        """Revoke a document's approval."""
        self.approvals.withdraw("revoke", document, by="ann@x.example", reason=reason)

    def append(self, *events: Event) -> None:
        """Add events to the register as they are."""
        self.places.register.append(events)

    def ingestion(self, *, allow_missing: bool = False) -> Ingestion:
        """Return how a build of it is made."""
        return Ingestion(
            library=self.folder,
            builds=self.builds,
            holds=self.holds,
            encoder=self.encoder,
            parser=self.parser,
            progress=QuietProgress(),
            now=self.clock,
            max_file_bytes=1 << 20,
            allow_missing=allow_missing,
            **self.places.ingesting(self.builds, own=self.collections),
        )

    def ingest(self, *, allow_missing: bool = False) -> Report:
        """Make and publish a build."""
        report = ingest(self.ingestion(allow_missing=allow_missing))
        self.places.published()
        return report
