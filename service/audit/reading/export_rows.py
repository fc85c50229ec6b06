"""What an export holds of one record: its line, its texts, and its row in the table for people.

A text is given only if it fits the commitment in its leaf. Who asked (`asker`) is never among the texts: resolving that
takes two people and a record of its own. In the table, a cell that a spreadsheet would take for a formula is guarded
with an apostrophe; the other files hold everything as it is.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.audit.errors import AuditKeyError, SealError
from service.audit.formats.commitments import verify
from service.audit.keys.keyring import Opener
from service.audit.reading.summaries import cited_documents, iso_time
from service.audit.reading.unseal import commitments_of
from service.audit.sealed_text import payload_context
from service.audit.storage.store import Payload, StoredLeaf

COLUMNS = ("seq", "time", "type", "request_id", "channel", "outcome", "reason", "documents", "leaf_hash")
TEXT_COLUMNS = {
    "question": "prompt",
    "answer": "answer",
    "searched_for": "searched_for",
}  # the column, and the field that it shows
# Blanks before the sign do not stop a spreadsheet, and some take the wide forms of East Asia for the narrow ones.
_FORMULA = re.compile(r"[\s\x00-\x1f\u200b\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")

Texts = Mapping[str, tuple[bytes, str]]


def open_texts(
    leaf: StoredLeaf, value: Mapping[str, Any], payloads: Mapping[str, Payload], opener: Opener
) -> dict[str, tuple[bytes, str]]:
    """Return salt and text of each field that a leaf commits to; so never `asker`, to which none does.

    Args:
        leaf: the leaf, whose texts were not erased.
        value: what it says.
        payloads: what is stored of it, by field.
        opener: opens them.

    Raises:
        SealError: a text is missing, was altered, or does not belong to this leaf.
    """
    texts = {}
    for field, commitment in commitments_of(value).items():
        if field not in payloads:
            raise _damaged(leaf, field, "is missing, and no record says that it was erased")
        payload, context = payloads[field], payload_context(value["origin"], leaf.type, leaf.request_id, field)
        try:
            salt, body = opener(payload.key_id, payload.sealed, context=context)
        except (SealError, AuditKeyError) as error:
            raise _damaged(leaf, field, f"cannot be opened ({error})") from error
        if not verify(commitment, field=field, salt=salt, body=body):
            raise _damaged(leaf, field, "is not the one that the record commits to")
        texts[field] = (salt, body.decode("utf-8", "surrogatepass"))  # as `log` encodes it
    return texts


def text_lines(seq: int, texts: Texts) -> Iterator[str]:
    """Return the lines of `payloads.jsonl` for one record; ASCII, so that half a surrogate pair comes through."""
    for field, (salt, text) in sorted(texts.items()):
        yield json.dumps({"seq": seq, "field": field, "salt": salt.hex(), "text": text})


def header(*, with_texts: bool) -> str:
    """Return the first line of the table."""
    return _row([*COLUMNS, *(TEXT_COLUMNS if with_texts else ())])


def table_row(leaf: StoredLeaf, value: Mapping[str, Any], texts: Texts | None) -> str:
    """Return the row of one record.

    Args:
        leaf: the leaf.
        value: what it says.
        texts: its texts; `None` for a table without texts.
    """
    cells = [
        str(leaf.seq),
        iso_time(leaf.ts_us),
        leaf.type,
        leaf.request_id,
        _cell(value.get("channel")),
        _cell(value.get("outcome")),
        _cell(value.get("reason")),
        "; ".join(cited_documents(value)),
        leaf.leaf_hash,
    ]
    if texts is not None:
        cells += [texts[field][1] if field in texts else "" for field in TEXT_COLUMNS.values()]
    return _row(cells)


def _cell(item: object) -> str:
    return item if isinstance(item, str) else ""


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    # All in quotes: a program that also cuts at semicolons or tabs must not find a formula within a text.
    csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="").writerow([_guarded(cell) for cell in cells])
    return line.getvalue()


def _guarded(cell: str) -> str:
    written = cell.encode("utf-8", "replace").decode()  # half a surrogate pair has no place in a file of UTF-8
    return f"'{written}" if _FORMULA.match(written) else written


def _damaged(leaf: StoredLeaf, field: str, what: str) -> SealError:
    return SealError(
        f"the text {field!r} of record {leaf.seq} {what}: run greenlit audit verify, or export without texts"
    )
