"""Signed notes: the forms of C2SP, every change noticed, and one form for one checkpoint."""

import base64
import dataclasses
import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import example, given
from hypothesis import strategies as st

from service.audit.errors import NoteError
from service.audit.formats.notes import (
    Checkpoint,
    VerifierKey,
    add_signature,
    cosign,
    cosigned_at,
    read_checkpoint,
    read_verifier_key,
    sign,
    signing_key_of,
    verified,
    witness_key_of,
)

NAME = "studio.example/audit"
WITNESS = "witness.example/w1"
CHECKPOINT = Checkpoint("studio.example/audit/2025-03", 20852163, bytes(range(32)))
NOW_S = 1679315147

# The example of C2SP tlog-cosignature: a checkpoint with the signature of a log and that of a witness.
EXAMPLE = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501  (as it is published)

# The key of the public checksum database of Go modules, as it is published.
PUBLIC_KEY_TEXT = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def private(number: int) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)


LOG, NEXT, OTHER = private(1), private(2), private(3)
LOG_KEY, NEXT_KEY = signing_key_of(NAME, LOG), signing_key_of(NAME, NEXT)
WITNESS_KEY = witness_key_of(WITNESS, OTHER)
NOTE = sign(CHECKPOINT, name=NAME, private=LOG)
COSIGNED = cosign(NOTE, name=WITNESS, private=OTHER, time_s=NOW_S)


def b64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def with_line(note: str, key: VerifierKey, blob: bytes) -> str:
    return f"{note}— {key.name} {b64(key.key_id + blob)}\n"


def is_verified(note: str, *keys: VerifierKey) -> bool:
    try:
        verified(note, keys)
    except NoteError:
        return False
    return True


def test_the_published_example_is_read() -> None:
    root = base64.b64decode("CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=")
    assert read_checkpoint(EXAMPLE) == Checkpoint("example.com/behind-the-sofa", 20852163, root)
    assert EXAMPLE.startswith(read_checkpoint(EXAMPLE).body() + "\n")


def test_the_published_key_is_read_and_written_the_same() -> None:
    key = read_verifier_key(PUBLIC_KEY_TEXT)
    assert (key.name, key.key_id.hex(), key.kind, len(key.public)) == ("sum.golang.org", "033de0ae", 1, 32)
    assert key.text() == PUBLIC_KEY_TEXT


def test_a_note_has_the_published_form() -> None:
    """Written out here from the specification of signed notes."""
    public = LOG.public_key().public_bytes_raw()
    key_id = hashlib.sha256(NAME.encode() + b"\n\x01" + public).digest()[:4]
    body = f"studio.example/audit/2025-03\n20852163\n{b64(bytes(range(32)))}\n"

    assert f"{body}\n— {NAME} {b64(key_id + LOG.sign(body.encode()))}\n" == NOTE
    assert LOG_KEY.text() == f"{NAME}+{key_id.hex()}+{b64(bytes([1]) + public)}"


def test_a_cosignature_has_the_published_form() -> None:
    """Written out here from the specification of cosignatures, version 1."""
    public = OTHER.public_key().public_bytes_raw()
    key_id = hashlib.sha256(WITNESS.encode() + b"\n\x04" + public).digest()[:4]
    made = OTHER.sign(f"cosignature/v1\ntime 1679315147\n{CHECKPOINT.body()}".encode())

    assert f"{NOTE}— {WITNESS} {b64(key_id + NOW_S.to_bytes(8, 'big') + made)}\n" == COSIGNED
    assert WITNESS_KEY.text() == f"{WITNESS}+{key_id.hex()}+{b64(bytes([4]) + public)}"


@given(
    size=st.integers(0, 2**63 - 1),
    root=st.binary(min_size=32, max_size=32),
    name=st.text("abcdéß/.-_日本", min_size=1, max_size=20),
)
@example(size=2**63 - 1, root=bytes(32), name="a")
@example(size=0, root=hashlib.sha256().digest(), name="a")
def test_what_is_signed_reads_back(size: int, root: bytes, name: str) -> None:
    checkpoint = Checkpoint(f"{name}/2025-03", size, root)
    note = sign(checkpoint, name=name, private=LOG)
    key = read_verifier_key(signing_key_of(name, LOG).text())

    assert read_checkpoint(note) == verified(note, [key]) == checkpoint
    assert verified(cosign(note, name=WITNESS, private=OTHER, time_s=size), [key, WITNESS_KEY]) == checkpoint


def test_every_change_of_one_byte_is_noticed() -> None:
    note = NOTE.encode()
    for place, byte in enumerate(note):
        for other in {byte ^ 1, byte ^ 0x20, byte ^ 0x80, ord("\n"), ord("0"), ord("A"), ord(" ")} - {byte}:
            changed = bytes([*note[:place], other, *note[place + 1 :]])
            assert not is_verified(changed.decode(errors="surrogateescape"), LOG_KEY), (place, changed)
        shorter = note[:place] + note[place + 1 :]
        assert not is_verified(shorter.decode(errors="surrogateescape"), LOG_KEY), (place, shorter)


def test_every_change_of_one_byte_of_a_cosignature_is_noticed() -> None:
    line = len(NOTE.encode())
    note = COSIGNED.encode()
    for place in range(line, len(note)):
        for bit in range(8):
            changed = bytes([*note[:place], note[place] ^ (1 << bit), *note[place + 1 :]])
            with pytest.raises(NoteError):
                cosigned_at(changed.decode(errors="surrogateescape"), WITNESS_KEY)


def test_a_note_of_another_key_or_under_another_name_is_not_believed() -> None:
    for key in (NEXT_KEY, signing_key_of("studio.example/audit2", LOG), witness_key_of(NAME, LOG)):
        with pytest.raises(NoteError, match="expected a signature of a known log, got 1 of other keys"):
            verified(NOTE, [key])
    with pytest.raises(NoteError, match="expected a signature of a known log"):
        verified(NOTE, [])


def test_a_line_that_names_a_known_key_must_be_made_with_it() -> None:
    forged = with_line(f"{CHECKPOINT.body()}\n", LOG_KEY, NEXT.sign(CHECKPOINT.body().encode()))
    with pytest.raises(NoteError, match=r"expected the signature of studio\.example/audit to hold"):
        verified(forged, [LOG_KEY])
    with pytest.raises(NoteError, match="to hold"):
        verified(add_signature(forged, name=NAME, private=NEXT), [LOG_KEY, NEXT_KEY])  # the good one does not save it
    assert verified(add_signature(forged, name=NAME, private=NEXT), [NEXT_KEY]) == CHECKPOINT  # whose key is unknown


def test_two_signatures_let_one_key_follow_another() -> None:
    both = add_signature(NOTE, name=NAME, private=NEXT)
    assert both.startswith(NOTE)
    for keys in ([LOG_KEY], [NEXT_KEY], [LOG_KEY, NEXT_KEY]):
        assert verified(both, keys) == CHECKPOINT
    assert not is_verified(NOTE, NEXT_KEY)


def test_a_cosignature_tells_when_and_is_no_signature_of_the_log() -> None:
    assert cosigned_at(COSIGNED, WITNESS_KEY) == NOW_S
    assert verified(COSIGNED, [LOG_KEY, WITNESS_KEY]) == CHECKPOINT
    with pytest.raises(NoteError, match="expected a signature of a known log, got 2"):
        verified(COSIGNED, [WITNESS_KEY])


def test_the_latest_of_two_cosignatures_counts_and_both_must_hold() -> None:
    again = cosign(COSIGNED, name=WITNESS, private=OTHER, time_s=NOW_S - 5)
    assert cosigned_at(again, WITNESS_KEY) == NOW_S
    forged = with_line(COSIGNED, WITNESS_KEY, (NOW_S + 5).to_bytes(8, "big") + bytes(64))
    with pytest.raises(NoteError, match=r"expected the signature of witness\.example/w1 to hold"):
        cosigned_at(forged, WITNESS_KEY)
    with pytest.raises(NoteError, match=r"expected the signature of witness\.example/w1 to hold"):
        verified(forged, [LOG_KEY, WITNESS_KEY])
    assert verified(forged, [LOG_KEY]) == CHECKPOINT


def test_a_cosignature_that_is_missing_or_asked_of_a_log_is_refused() -> None:
    with pytest.raises(NoteError, match=r"expected a cosignature of witness\.example/w1, got 1 signatures of other"):
        cosigned_at(NOTE, WITNESS_KEY)
    with pytest.raises(NoteError, match=r"expected the key of a witness \(type 4\), got type 1"):
        cosigned_at(NOTE, LOG_KEY)


def test_a_time_beyond_what_a_signed_integer_holds_is_refused() -> None:
    last = 2**63 - 1
    assert cosigned_at(cosign(NOTE, name=WITNESS, private=OTHER, time_s=last), WITNESS_KEY) == last
    for time_s in (last + 1, -1):
        with pytest.raises(NoteError, match=rf"expected a time from 0 to 2\^63-1 seconds, got {time_s}"):
            cosign(NOTE, name=WITNESS, private=OTHER, time_s=time_s)

    made = OTHER.sign(f"cosignature/v1\ntime {last + 1}\n{CHECKPOINT.body()}".encode())
    late = with_line(NOTE, WITNESS_KEY, (last + 1).to_bytes(8, "big") + made)
    with pytest.raises(NoteError, match=rf"have a time up to 2\^63-1 seconds, got {last + 1}"):
        cosigned_at(late, WITNESS_KEY)
    with pytest.raises(NoteError, match="have a time up to"):
        verified(late, [LOG_KEY, WITNESS_KEY])


@pytest.mark.parametrize("length", [1, 7, 63, 65, 71, 73])
def test_a_signature_of_a_known_key_has_its_exact_length(length: int) -> None:
    with pytest.raises(NoteError, match=f"to be 64 bytes, got {length}"):
        verified(with_line(NOTE, LOG_KEY, bytes(length)), [LOG_KEY])
    with pytest.raises(NoteError, match=f"to be 64 bytes, got {max(0, length - 8)}"):
        cosigned_at(with_line(NOTE, WITNESS_KEY, bytes(length)), WITNESS_KEY)
    assert (
        verified(with_line(NOTE, NEXT_KEY, bytes(length)), [LOG_KEY]) == CHECKPOINT
    )  # an unknown key may do as it likes


ROOT = b64(CHECKPOINT.root)
LINE = NOTE.splitlines()[-1]
MALFORMED = {
    "no signature": (f"{CHECKPOINT.body()}\n", "each ending with a newline"),
    "no empty line": (NOTE.replace("\n\n", "\n"), "a body, an empty line and signature lines"),
    "no last newline": (NOTE[:-1], "each ending with a newline"),
    "nothing": ("", "a body, an empty line"),
    "a second empty line": (NOTE.replace("\n\n", "\n\n\n"), "expected a signature line"),
    "an empty line at the end": (NOTE + "\n", "expected a signature line"),
    "an extension line": (NOTE.replace("\n\n", "\nmore\n\n"), r"three lines \(origin, size, root\), got 4"),
    "a line too few": (NOTE.replace("20852163\n", ""), "three lines.*got 2"),
    "an empty origin": (NOTE.replace(CHECKPOINT.origin, "", 1), "expected the origin to be a text without"),
    "a space in the origin": (NOTE.replace("studio", "stu dio", 1), "the origin to be a text without spaces"),
    "a wide space in the origin": (NOTE.replace("studio", "stu\u3000dio", 1), "the origin to be a text"),
    "a plus in the origin": (
        NOTE.replace("studio", "stu+dio", 1),
        "the origin to be a text without spaces, plus",
    ),
    "a leading zero": (NOTE.replace("20852163", "020852163"), "the size as a decimal number.*leading zeros"),
    "two zeros": (NOTE.replace("20852163", "00"), "the size as a decimal"),
    "a signed size": (NOTE.replace("20852163", "+5"), "the size as a decimal"),
    "a size below zero": (NOTE.replace("20852163", "-5"), "the size as a decimal"),
    "a size in other digits": (NOTE.replace("20852163", "٣"), "the size as a decimal"),
    "no size": (NOTE.replace("20852163", ""), "signature line|three lines"),
    "a size too large": (NOTE.replace("20852163", str(2**63)), r"up to 2\^63-1"),
    "a size far too large": (NOTE.replace("20852163", "9" * 5000), r"up to 2\^63-1"),
    "a root without padding": (NOTE.replace(ROOT, ROOT[:-1]), "the root as standard base64"),
    "a root with a stray bit": (NOTE.replace(ROOT, ROOT[:-2] + "9="), "the root as standard base64"),
    "a root for addresses": (NOTE.replace(ROOT, "-_" + ROOT[2:]), "the root as standard base64"),
    "a root with a space": (NOTE.replace(ROOT, ROOT[:9] + " " + ROOT[9:]), "the root as standard base64"),
    "a root that is no ASCII": (NOTE.replace(ROOT, "é" + ROOT[1:]), "the root as standard base64"),
    "a short root": (NOTE.replace(ROOT, b64(bytes(31))), "the root to be 32 bytes, got 31"),
    "a long root": (NOTE.replace(ROOT, b64(bytes(33))), "the root to be 32 bytes, got 33"),
    "a return": (NOTE.replace("\n", "\r\n"), "without control characters"),
    "a tab": (NOTE.replace("studio", "stu\tdio"), "without control characters"),
    "a zero byte": (NOTE.replace("studio", "stu\0dio"), "without control characters"),
    "a delete": (NOTE.replace("studio", "stu\x7fdio"), "without control characters"),
    "half a surrogate pair": (NOTE.replace("studio", "stu\udc80dio"), "a text of valid UTF-8"),
    "seventeen signatures": (NOTE + (LINE + "\n") * 16, "at most 16 signatures, got 17"),
    "a long note": (NOTE.replace("studio", "é" * 8200, 1), "at most 16384 bytes, got"),
    "a hyphen for the dash": (NOTE.replace("—", "-"), "expected a signature line as —"),
    "no space after the dash": (NOTE.replace("— ", "—"), "expected a signature line"),
    "two spaces": (NOTE.replace("— ", "—  "), "expected a signature line"),
    "a space at the end": (NOTE[:-1] + " \n", "expected a signature line"),
    "no name": (NOTE.replace(f"— {NAME}", "— "), "the key name of a signature to be a text"),
    "a plus in a name": (NOTE.replace(f"— {NAME}", "— a+b"), "the key name of a signature to be a text"),
    "a wide space in a name": (NOTE.replace(f"— {NAME}", "— a\u2003b"), "the key name of a signature"),
    "no base64": (NOTE[:-1] + "!\n", "a signature as standard base64"),
    "an id without a signature": (with_line(NOTE, LOG_KEY, b""), "longer than its key id of 4 bytes, got 4"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_note_is_refused_by_every_reader(case: str) -> None:
    note, match = MALFORMED[case]
    readers: list[Callable[[str], object]] = [
        read_checkpoint,
        lambda text: verified(text, [LOG_KEY]),
        lambda text: cosigned_at(text, WITNESS_KEY),
        lambda text: add_signature(text, name=NAME, private=NEXT),
        lambda text: cosign(text, name=WITNESS, private=OTHER, time_s=NOW_S),
    ]
    for reader in readers:
        with pytest.raises(NoteError, match=match):
            reader(note)


def test_as_many_signatures_as_are_allowed_are_read() -> None:
    sixteen = NOTE + (LINE + "\n") * 15
    assert verified(sixteen, [LOG_KEY]) == CHECKPOINT
    with pytest.raises(NoteError, match="at most 16 signatures, got 17"):
        add_signature(sixteen, name=NAME, private=NEXT)
    with pytest.raises(NoteError, match="at most 16 signatures, got 17"):
        cosign(sixteen, name=WITNESS, private=OTHER, time_s=NOW_S)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"origin": ""}, "the origin to be a text without"),
        ({"origin": "a\n5"}, "three lines.*got 4"),
        ({"size": -1}, "the size as a decimal"),
        ({"size": 2**63}, r"up to 2\^63-1"),
        ({"root": bytes(31)}, "the root to be 32 bytes, got 31"),
        ({"origin": "a\ud800"}, "valid UTF-8"),
    ],
)
def test_nothing_is_signed_that_would_not_read_back(change: dict[str, object], match: str) -> None:
    with pytest.raises(NoteError, match=match):
        sign(dataclasses.replace(CHECKPOINT, **change), name=NAME, private=LOG)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u00a0b", "a\x1fb", "a\0b"])
def test_no_key_has_a_name_that_cannot_stand_in_a_line(name: str) -> None:
    for make in (signing_key_of, witness_key_of):
        with pytest.raises(NoteError, match="the name of a key to be a text without spaces, plus signs and control"):
            make(name, LOG)


TEXT = LOG_KEY.text()
PUBLIC = b64(b"\x01" + LOG_KEY.public)


def vkey(kind: int, public: bytes) -> str:
    key_id = hashlib.sha256(NAME.encode() + b"\n" + bytes([kind]) + public).digest()[:4]
    return f"{NAME}+{key_id.hex()}+{b64(bytes([kind]) + public)}"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "as one line <name>"),
        (TEXT + "\n", "as one line <name>"),
        (TEXT.replace("+", " "), "as one line <name>"),
        (TEXT.replace(LOG_KEY.key_id.hex(), LOG_KEY.key_id.hex().upper()), "as one line <name>"),
        (TEXT.replace(LOG_KEY.key_id.hex(), LOG_KEY.key_id.hex()[:7]), "as one line <name>"),
        (TEXT.replace(LOG_KEY.key_id.hex(), "00000000"), f"the key id {LOG_KEY.key_id.hex()}.*got 00000000"),
        (TEXT.replace(NAME, "other"), "expected the key id [0-9a-f]{8} for this name and key"),
        (TEXT.replace("studio", "stu dio"), "the name of a key to be a text without spaces"),
        (TEXT.replace(PUBLIC, PUBLIC + "="), "a verifier key as standard base64"),
        (TEXT.replace(PUBLIC, PUBLIC[:-1]), "a verifier key as standard base64"),
        (TEXT.replace(PUBLIC, "===="), "a verifier key as standard base64"),
        (vkey(2, LOG_KEY.public), r"type 1 \(log\) or 4 \(witness\), 32 bytes, got type 2, 32 bytes"),
        (vkey(1, LOG_KEY.public[1:]), "32 bytes, got type 1, 31 bytes"),
        (vkey(4, LOG_KEY.public + b"\0"), "32 bytes, got type 4, 33 bytes"),
    ],
)
def test_a_malformed_verifier_key_is_refused(text: str, match: str) -> None:
    with pytest.raises(NoteError, match=match):
        read_verifier_key(text)


@given(place=st.integers(0, len(TEXT) - 1), other=st.characters())
def test_a_verifier_key_with_a_changed_character_is_refused(place: int, other: str) -> None:
    changed = TEXT[:place] + other + TEXT[place + 1 :]
    if changed != TEXT:
        with pytest.raises(NoteError):
            read_verifier_key(changed)
