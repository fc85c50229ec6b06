"""A form with a file, part by part as it comes off the wire: fields whole, the file in pieces.

Knows what a form of ours has: a few short fields, and one file behind them. Keeps nothing of the file.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

FILE_FIELD = "file"
_MAX_FIELDS = 20
_MAX_FIELD_BYTES = 4096
_MAX_HEADER_BYTES = 8192


class FormError(Exception):
    """What came is not a form with a file."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that is no file."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Begin:
    """The file begins; `file_name` is what the browser calls it."""

    file_name: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the file."""

    content: bytes


Part = Field | Begin | Piece


async def multipart(content_type: str, stream: AsyncIterator[bytes]) -> AsyncIterator[Part]:
    """Return the parts of a form as they come.

    Args:
        content_type: of the request.
        stream: its body.

    Raises:
        FormError: it is no form with a file, or not a whole one.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise FormError("expected a form with a file, got something else")
    parts = _Parts()
    parser = MultipartParser(boundary, parts.callbacks())
    try:
        async for chunk in stream:
            parser.write(chunk)
            for part in parts.take():
                yield part
        parser.finalize()
    except FormParserError as error:
        raise FormError("expected a form with a file, got one that is broken") from error
    if not parts.ended:
        raise FormError("expected a whole form, got one that breaks off")


class _Parts:
    """Puts together what the parser finds."""

    def __init__(self) -> None:
        self.ended = False
        self._found: list[Part] = []
        self._header, self._value, self._headers = b"", b"", {b"content-disposition": b""}
        self._header_bytes = self._fields = 0
        self._name, self._is_file = "", False
        self._text = b""
        self._had_file = False

    def callbacks(self) -> "MultipartCallbacks":
        """Return what the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_finished,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._whole,
        }

    def take(self) -> list[Part]:
        """Return what was found since the last time."""
        found, self._found = self._found, []
        return found

    def _begin(self) -> None:
        self._headers, self._text, self._header_bytes = {}, b"", 0

    def _header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += self._counted(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += self._counted(data[start:end])

    def _counted(self, piece: bytes) -> bytes:
        self._header_bytes += len(piece)
        if self._header_bytes > _MAX_HEADER_BYTES:
            raise FormError(f"expected at most {_MAX_HEADER_BYTES} bytes of headers in a part, got more")
        return piece

    def _header_end(self) -> None:
        self._headers[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _headers_finished(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in options
        if not self._is_file:
            self._fields += 1
            if self._fields > _MAX_FIELDS:
                raise FormError(f"expected at most {_MAX_FIELDS} fields, got more")
            return
        if self._had_file or self._name != FILE_FIELD:
            raise FormError("expected one file, got more or another")
        self._had_file = True
        self._found.append(Begin(options[b"filename"].decode("utf-8", "replace")))

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            self._found.append(Piece(data[start:end]))
            return
        self._text += data[start:end]
        if len(self._text) > _MAX_FIELD_BYTES:
            raise FormError(f"expected fields of at most {_MAX_FIELD_BYTES} bytes, got a longer one")

    def _end(self) -> None:
        if not self._is_file:
            self._found.append(Field(self._name, self._text.decode("utf-8", "replace")))

    def _whole(self) -> None:
        self.ended = True
