"""What whoever checks a log has at hand for it: the key to believe, the keys of texts, what the signer remembers.

All of it lies in one folder, the log's own, and any of it may be missing there. What is missing is said, with what
cannot be checked for it; nothing is made up and nothing is made. A key that was given counts before the log's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.audit.checkpoints.memory import Signed
from service.audit.checkpoints.signer import PUBLIC_KEY, Signer
from service.audit.errors import AuditKeyError, NoteError
from service.audit.formats import notes
from service.audit.keys.key_files import key_names
from service.audit.keys.keyring import Keyring


@dataclass(frozen=True, slots=True)
class AtHand:
    """The arguments of `verify_store`; `unchecked` says what cannot be checked with them."""

    keys: tuple[str, ...]
    keyring: Keyring | None
    signed: Signed | None
    unchecked: tuple[str, ...]


def at_hand(folder: Path, *, name: str, given: Sequence[str], has_checkpoints: bool) -> AtHand:
    """Look what there is.

    Args:
        folder: where the log's keys are, or were.
        name: the name of the log's key in signatures.
        given: verifier keys of the log, from somebody who is believed; empty: its own is.
        has_checkpoints: whether the signer must have a memory.

    Raises:
        AuditKeyError: no key was given, and there is none here.
    """
    signer = Signer(folder=folder, name=name)
    unchecked: list[str] = []
    keys = tuple(given) or (_own_key(signer, folder, unchecked),)
    try:
        if not folder.is_dir():
            return AtHand(keys, None, None, (*unchecked,))
        key_names(folder, "")
    except (OSError, AuditKeyError) as error:
        words = str(error) if isinstance(error, AuditKeyError) else f"{folder} cannot be opened ({error.strerror})"
        return AtHand(keys, None, None, (*unchecked, f"{words}: the texts, and who asked, cannot be checked"))
    return AtHand(keys, Keyring(folder=folder), _memory(signer, folder, unchecked, has_checkpoints), (*unchecked,))


def _own_key(signer: Signer, folder: Path, unchecked: list[str]) -> str:
    try:
        return signer.key().text()
    except AuditKeyError as error:
        path = folder / PUBLIC_KEY
        try:
            public = notes.read_verifier_key(path.read_text(encoding="utf-8").removesuffix("\n")).text()
        except (OSError, UnicodeDecodeError, NoteError):
            raise AuditKeyError(f"{error}; or give the log's key with --key, as it was handed over") from error
        unchecked.append(
            f"{error}: the checkpoints were held against {path}, and whether that is its other half cannot be checked; "
            "or give the log's key with --key, as it was handed over"
        )
        return public


def _memory(signer: Signer, folder: Path, unchecked: list[str], has_checkpoints: bool) -> Signed | None:  # noqa: FBT001
    try:
        signed = signer.last()
    except AuditKeyError as error:
        unchecked.append(f"{error}; without it, a store that was put back to an older state is not noticed")
        return None
    if signed is None and has_checkpoints:
        unchecked.append(
            f"the signer's memory {folder / 'signed-….json'} is missing: a store that was put back to an older state "
            "would not be noticed"
        )
    return signed
