"""How each key of a log fares while the log is checked: what it opens, what it does not, and what waits for it.

A text that cannot be opened says little by itself. When the log has been gone through, `findings` tells apart: a key
that is missing or cannot be used (what it sealed cannot be checked, and nothing is wrong with it), one that opens
nothing at all (another key's file stands in its place), a text among others that does not open (it was altered), a key
that the log never had, and one that was destroyed on purpose, as the log says. The same for the keys of pseudonyms.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from indexes.counting import counted
from service.audit.checking.verifier import DAMAGE, MAX_DETAILS
from service.audit.errors import AuditKeyError, SealError
from service.audit.events import LOST
from service.audit.keys.actors import Pseudonyms
from service.audit.keys.key_ids import is_key_id, month_of_key
from service.audit.keys.keyring import Keyring
from service.audit.log import ASKER_FIELD
from service.audit.shards import month_of
from service.audit.storage.store import Payload

_WHAT = {  # by the beginning of a key's id: what waits for it, of one and of several
    "payload": ("1 sealed text", "{} sealed texts"),
    "identity": ("who asked in 1 record", "who asked in {} records"),
    "actor": ("1 pseudonym", "{} pseudonyms"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What a key comes to: something wrong, something that cannot be checked, or something to know.

    From the record `seq` to the record `last`; `count` is how many things are wrong.
    """

    kind: Literal["wrong", "unchecked", "remark"]
    words: str
    seq: int
    last: int
    count: int = 1


@dataclass(slots=True)
class _Tried:
    """What became of one key: how much fitted, and what did not; of that the first are kept, and all are counted."""

    fitting: int = 0
    others: list[tuple[int, str]] = field(default_factory=list)  # number of the record, and what of it
    count: int = 0  # of others
    last: int = 0
    unusable: str = ""  # why

    def add(self, seq: int, name: str) -> None:
        """Note that something of a record did not fit."""
        self.count += 1
        self.last = max(self.last, seq)
        if len(self.others) < MAX_DETAILS:
            self.others.append((seq, name))


class SealingKeys:
    """The keys of texts and pseudonyms, tried as a log streams by."""

    def __init__(self, keyring: Keyring) -> None:
        """Take the keys; each is looked for once."""
        self._keyring = keyring
        self._opener = keyring.opener()
        self._tried: dict[str, _Tried] = {}
        self._astray = _Tried()  # what names a key that cannot be its own
        self._pseudonyms: dict[str, Pseudonyms] = {}
        self._created: set[str] = set()
        self._revoked: dict[str, int] = {}  # by which record
        self._lost: dict[str, int] = {}  # the same of those that nobody has any more, as the log says
        self._actors: dict[str, str] = {}  # by month: the key that makes its pseudonyms at this point of the log
        self._just_now: set[str] = set()  # of these, by a record that came while the log was checked

    def read(self, seq: int, leaf: Mapping[str, Any], *, just_now: bool = False) -> None:
        """Take in what a record says of keys, if anything; `just_now`: it came after those that are checked."""
        key_id = str(leaf.get("key_id"))
        if leaf.get("type") == "key.created":
            self._created.add(key_id)
            if leaf.get("purpose") == "actor" and is_key_id(key_id):
                self._actors[month_of_key(key_id)] = key_id
        elif leaf.get("type") == "key.revoked" and leaf.get("reason") == LOST:
            self._lost[key_id] = seq
        elif leaf.get("type") == "key.revoked":
            self._revoked[key_id] = seq
            self._just_now |= {key_id} if just_now else set()

    def open(self, seq: int, payload: Payload, *, month: str, context: bytes) -> tuple[bytes, bytes] | None:
        """Return salt and text of a payload; `None` if it cannot be opened, which is among the findings then.

        Args:
            seq: the number of its record.
            payload: as stored.
            month: that of its record: a row that names a key of another month could hide behind a key that is gone.
            context: what it must have been sealed for.
        """
        key_id, name = str(payload.key_id), f"the text {str(payload.field)!a}"
        purpose = "identity" if payload.field == ASKER_FIELD else "payload"
        right = key_id.startswith(f"{purpose}-{month}-") or key_id == f"identity-{month}" == f"{purpose}-{month}"
        if not right:
            self._astray.add(seq, f"{name} names the key {key_id[:64]!a}, which seals no such text of {month}")
            return None
        tried = self._tried.setdefault(key_id, _Tried())
        if not tried.unusable:
            try:
                opened = self._opener(key_id, payload.sealed, context=context)
            except AuditKeyError as error:
                tried.unusable = str(error)
            except (SealError, *DAMAGE):
                pass  # it does not fit this key: noted below, with the others of which that is true
            else:
                tried.fitting += 1
                return opened
        tried.add(seq, name)
        return None

    def try_pseudonym(self, seq: int, *, origin: str, subject: str, actor: str) -> None:
        """Hold a pseudonym against whom it should stand for."""
        key_id = self._actors.get(month_of(origin), f"actor-{month_of(origin)}")
        tried = self._tried.setdefault(key_id, _Tried())
        if not tried.unusable and key_id not in self._pseudonyms:
            try:
                self._pseudonyms[key_id] = self._keyring.pseudonyms_by(key_id)
            except AuditKeyError as error:
                tried.unusable = str(error)
        if not tried.unusable and self._pseudonyms[key_id].actor(subject) == actor:
            tried.fitting += 1
        else:
            tried.add(seq, "the pseudonym")

    def findings(self) -> Iterator[Finding]:
        """Tell what the keys come to; asked when all has streamed by."""
        yield from _each(self._astray, "{}: it was altered")
        for key_id, tried in sorted(self._tried.items()):
            if tried.count:
                yield from self._of(key_id, tried)
        destroyed = {key_id: seq for key_id, seq in self._revoked.items() if key_id.partition("-")[0] in _WHAT}
        for key_id, seq in destroyed.items():
            if self._keyring.has(key_id):
                path = self._keyring.path(key_id)
                yield Finding("remark", f"the key {key_id} was to be destroyed, but is still there: {path}", seq, seq)
        if destroyed:
            months = f"the last is {max(key_id.split('-', 1)[1][:7] for key_id in destroyed)}"
            were = counted(len(destroyed), "key was", "keys were")
            words = f"{were} destroyed with the texts of their months, as the log says; {months}"
            yield Finding("remark", words, min(destroyed.values()), max(destroyed.values()))

    def _of(self, key_id: str, tried: _Tried) -> Iterator[Finding]:
        one, several = _WHAT[key_id.partition("-")[0]]  # others are not tried
        what = one if tried.count == 1 else several.format(tried.count)
        first, last, path = tried.others[0][0], tried.last, self._keyring.path(key_id)
        if tried.unusable and key_id not in self._created:
            yield Finding(
                "wrong", f"{what} would need {key_id[:64]!a}, a key that the log has not on record", first, last
            )
        elif tried.unusable and tried.last < self._lost.get(key_id, -1):
            words = f"{what} cannot be opened: the key {key_id} was lost, as record {self._lost[key_id]} says"
            yield Finding("remark", words, first, last)
        elif tried.unusable and key_id in self._just_now:
            yield Finding(
                "remark", f"{what} were erased, and {key_id} was destroyed, while this was checked", first, last
            )
        elif tried.unusable and key_id in self._revoked:
            words = f"{what} should be gone, for {key_id} was destroyed, as record {self._revoked[key_id]} says"
            yield Finding("unchecked", f"{words}: they cannot be checked any more", first, last)
        elif tried.unusable:
            why = tried.unusable if self._keyring.has(key_id) else f"the key file {path} is missing"
            yield Finding(
                "unchecked", f"{why}: {what} cannot be checked; put that file back from a backup", first, last
            )
        elif not tried.fitting and tried.count > 1:
            words = (
                f"{what}, all that there are, do not fit {path}: it is the key of another month or of another log, "
                "or all of these were altered"
            )
            yield Finding("wrong", words, first, last)
        else:
            yield from _each(tried, f"{{}} does not fit {path}: it was altered, or belongs elsewhere")


def _each(tried: _Tried, words: str) -> Iterator[Finding]:
    for seq, name in tried.others:
        yield Finding("wrong", words.format(name), seq, seq)
    if more := tried.count - len(tried.others):
        yield Finding(
            "wrong",
            words.format(f"what {counted(more, 'more record holds', 'more records hold')}"),
            tried.last,
            tried.last,
            more,
        )
