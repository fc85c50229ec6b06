"""The witness: a second program, run by somebody else, that remembers how far the log had come and cosigns it.

Without one, whoever holds the log's signing key and its files could write a second history. A witness keeps, for each
shard, the largest checkpoint it has seen. For each new one it (1) verifies the log's signature, with keys that were
handed over in person, (2) checks the proof that it grew from the one it keeps, (3) writes it down durably in its place,
cosigned, (4) only then hands it out. Steps 2 and 3 happen under one lock, so that no older checkpoint can take a newer
one's place. The formats are those of the C2SP specifications tlog-checkpoint, signed-note and tlog-cosignature.

What it keeps is in its own folder (`witness_folder`); what it looks at, and when, is in `watch`. Opens no connection.
"""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from service.audit.checking import witness_folder
from service.audit.checking.witness_folder import WitnessFolder
from service.audit.errors import AuditKeyError, AuditUnavailableError, NoteError, ProofError
from service.audit.formats import notes, tree
from service.audit.formats.notes import Checkpoint, VerifierKey
from service.audit.shards import is_tail, tail_of

NOTE_SUFFIX = witness_folder.NOTE_SUFFIX  # of what auditors read
DEFAULT_NAME = "witness.local"
ClockS = Callable[[], int]  # seconds since 1970, UTC


class Witness:
    """One witness of one log; make it with `open`."""

    def __init__(
        self,
        *,
        folder: WitnessFolder,
        name: str,
        private: Ed25519PrivateKey,
        log_keys: Sequence[VerifierKey],
        clock_s: ClockS,
    ) -> None:
        """Take parts that are ready; see `open`."""
        self._folder = folder
        self._name = name
        self._private = private
        self._log_keys = tuple(log_keys)
        self._clock_s = clock_s

    @classmethod
    def open(cls, folder: Path, *, name: str | None, log_keys: Sequence[VerifierKey], clock_s: ClockS) -> "Witness":
        """Take up the witness of a folder, or begin a new one.

        Args:
            folder: belongs to the witness alone; made if missing.
            name: the witness's name in its signatures; `None`: the one it has, or for a new one `witness.local`.
            log_keys: the keys that sign the log's checkpoints, as its operator handed them over; needed the first time.
                Once something was cosigned, another one is taken only beside one that is known: the log's key was
                changed then.
            clock_s: the time.

        Raises:
            AuditKeyError: a key cannot be made or read, is missing, or is not the one it was; or so is the name.
            AuditUnavailableError: the folder cannot be used.
        """
        kept = WitnessFolder(folder)
        _trusted(kept, log_keys)  # before anything is made
        kept.make()
        with kept.alone():
            trusted = _trusted(kept, log_keys)
            name, private = kept.identity(name, default=DEFAULT_NAME)
            if trusted != kept.log_keys():
                kept.keep_log_keys(trusted)
        return cls(folder=kept, name=name, private=private, log_keys=trusted, clock_s=clock_s)

    def key(self) -> VerifierKey:
        """Return the key that verifies this witness's cosignatures."""
        return notes.witness_key_of(self._name, self._private)

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Keep other processes with this folder waiting: what is kept cannot change meanwhile.

        To be held from `newest` to `cosign`, or another process may put a newer checkpoint there in between, and the
        proof would not fit.

        Raises:
            AuditUnavailableError: the lock cannot be taken.
        """
        return self._folder.alone()

    def origin_of(self, month: str) -> str:
        """Return the origin of the log's shard of a month, which bears its history where that is not the first."""
        return f"{self._log_keys[0].name}/{month}"

    def month_of(self, origin: str) -> str:
        """Return the month of a shard of this log, as `yyyy-mm`, or `yyyy-mm.<history>`.

        Raises:
            NoteError: the origin is not one of this log.
        """
        month = tail_of(origin)
        if origin != self.origin_of(month) or not is_tail(month):
            raise NoteError(f"expected the origin of a shard such as {self.origin_of('2026-11')}, got another")
        return month

    def months(self) -> list[str]:
        """Return the months of which a checkpoint is kept, in order."""
        return self._folder.months()

    def histories(self) -> list[str]:
        """Return the histories of the log that were accepted, in order; the last is the one that is followed.

        Raises:
            AuditUnavailableError: what is kept cannot be read.
        """
        return self._folder.histories()

    def history(self) -> str:
        """Return the history that is followed; see `histories`."""
        return self.histories()[-1]

    def accept(self, histories: Sequence[str]) -> None:
        """Follow a log that was restored: its histories in order. What is kept of the others stays as it is.

        Raises:
            AuditUnavailableError: it cannot be kept.
        """
        with self._folder.alone():
            self._folder.keep_histories(histories)

    def newest(self, month: str) -> Checkpoint | None:
        """Return the checkpoint that is kept of a shard; `None` if there is none.

        Raises:
            AuditUnavailableError: what is kept cannot be read, or is not what this witness wrote.
        """
        note = self._folder.note(month)
        if note is None:
            return None
        try:
            notes.cosigned_at(note, self.key())
            kept = notes.read_checkpoint(note)
        except NoteError as error:
            raise self._not_ours(month, str(error)) from error
        if kept.origin != self.origin_of(month):
            raise self._not_ours(month, "it is of another shard")
        return kept

    def cosign(self, note: str, *, proof: Sequence[bytes]) -> str:
        """Return a checkpoint with this witness's cosignature, once it is kept as the newest of its shard.

        The one that is kept already stays as it is: that it was seen so early says more than that it was seen again.

        Args:
            note: the checkpoint as the log signed it.
            proof: that it grew from the one kept; empty where none is, or where it is of the same size.

        Raises:
            NoteError: it is malformed, or not signed by the log.
            ProofError: it does not follow from the one that is kept: the log shows two histories, or was rolled back.
            AuditUnavailableError: it could not be kept, or what is kept cannot be used.
        """
        checkpoint = self.believed(note)
        month = self.month_of(checkpoint.origin)
        with self._folder.alone():
            kept = self.newest(month)
            if kept is not None:
                _check_growth(kept, checkpoint, proof)
            if kept == checkpoint and (before := self._folder.note(month)) is not None:
                return before
            cosigned = notes.cosign(note, name=self._name, private=self._private, time_s=self._clock_s())
            self._folder.keep_note(month, cosigned)
        return cosigned

    def put_aside(self, what: str, content: bytes, *, suffix: str = NOTE_SUFFIX) -> Path:
        """Keep what the log answered as evidence, beside what is kept of it; the same thing only once.

        Args:
            what: the month, or another word without a dot.
            content: the answer, byte for byte.
            suffix: `.note` for a checkpoint, `.txt` for anything else.

        Raises:
            AuditUnavailableError: it cannot be written.
        """
        return self._folder.put_aside(what, content, suffix=suffix, time_s=self._clock_s())

    def refused(self) -> list[str]:
        """Return the names of the files with evidence, in order."""
        return self._folder.refused()

    def _not_ours(self, month: str, reason: str) -> AuditUnavailableError:
        path = self._folder.note_path(month)
        return AuditUnavailableError(
            f"{path} is not what this witness wrote ({reason}): put back the newest copy there is"
        )

    def believed(self, note: str) -> Checkpoint:
        """Read a checkpoint that the log signed; a line in this witness's name must hold, or it would spoil ours.

        Raises:
            NoteError: it is malformed, or not signed by the log.
        """
        notes.read_checkpoint(note)
        try:
            checkpoint = notes.verified(note, (*self._log_keys, self.key()))
        except NoteError as error:
            raise NoteError(
                f"{error}. If the log's signing key was changed, ask its operator in person for the new one and give "
                "it in addition, once"
            ) from error
        if not checkpoint.size:
            raise NoteError("expected a checkpoint of at least one leaf, got an empty tree: nothing can follow from it")
        return checkpoint


def _check_growth(kept: Checkpoint, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
    if checkpoint.size < kept.size:
        raise ProofError(
            f"the log was rolled back: expected at least the {kept.size} leaves of {kept.origin} that were seen "
            f"before, got {checkpoint.size}"
        )
    try:
        tree.verify_consistency(
            old_size=kept.size, old_root=kept.root, size=checkpoint.size, root=checkpoint.root, proof=proof
        )
    except ProofError as error:
        raise ProofError(
            f"the log shows two histories of {kept.origin}: its {checkpoint.size} leaves do not follow from the "
            f"{kept.size} that were seen before ({error})"
        ) from error


def _trusted(folder: WitnessFolder, given: Sequence[VerifierKey]) -> list[VerifierKey]:
    """Return the keys to believe: those known, and those given beside one of them.

    Raises:
        AuditKeyError: there is none, or one that cannot be this log's.
    """
    known = folder.log_keys()
    if given and not folder.months():
        known = []  # nothing was cosigned yet: a slip at the first start is mended by starting again
    if not known and not given:
        raise AuditKeyError(
            "expected the log's key the first time: its operator prints it with greenlit audit key, and hands it over "
            "in person"
        )
    if any(key.kind != notes.LOG_KEY or key.name != [*known, *given][0].name for key in given):
        raise AuditKeyError("expected keys of one log, all with its name, got a key of another log or of a witness")
    if known and given and not set(known) & set(given):
        raise AuditKeyError(
            f"expected the log's key that was handed over before, {known[-1].text()}, got another: if the log's key "
            "was changed, and you were told so in person, give both"
        )
    return list(dict.fromkeys([*known, *given]))
