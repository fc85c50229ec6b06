"""A page as a picture: of bounded size, with yellow where the quote stands and nowhere else, however it is turned."""

import struct
import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from indexes.drawn import MAX_DOTS, MAX_PNG_BYTES, DrawnPage, PageWanted
from ingest.errors import LoadError
from ingest.loading.pdf.picture import picture
from tests.support.small_pdf import small_pdf

LINES = ["The bonus is paid in March.", "It is paid with the salary."]


def _dots(drawn: DrawnPage) -> NDArray[np.uint8]:
    """Read the PNG that we write: one chunk of data, each row as what differs from the one above."""
    assert drawn.png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", drawn.png[16:24]) == (drawn.width, drawn.height)
    at = drawn.png.index(b"IDAT")
    length = int.from_bytes(drawn.png[at - 4 : at], "big")
    rows = np.frombuffer(zlib.decompress(drawn.png[at + 4 : at + 4 + length]), dtype=np.uint8)
    rows = rows.reshape(drawn.height, 1 + 3 * drawn.width)
    assert (rows[:, 0] == 2).all()
    summed = np.cumsum(rows[:, 1:], axis=0, dtype=np.uint8)
    return summed.reshape(drawn.height, drawn.width, 3)


def _yellow(drawn: DrawnPage) -> tuple[float, float, float, float]:
    """Return the box of what is yellow, as shares of width and height: left, right, top, bottom."""
    dots = _dots(drawn).astype(int)
    y, x = np.nonzero((dots[:, :, 0] > 240) & (dots[:, :, 2] < 180))
    return x.min() / drawn.width, x.max() / drawn.width, y.min() / drawn.height, y.max() / drawn.height


def _picture(content: bytes, quote: str = "", page: int = 1) -> DrawnPage:
    drawn = picture(content, PageWanted(page, quote))
    assert drawn is not None
    return drawn


def test_a_page_is_drawn_as_it_looks_and_the_quote_is_marked_where_it_stands() -> None:
    content = small_pdf(LINES)
    plain, marked = _picture(content), _picture(content, "paid with the salary")
    assert (marked.width, marked.height, marked.marked, plain.marked) == (910, 1287, True, False)
    left, right, top, bottom = _yellow(marked)
    assert 0.14 < left < 0.18
    assert right < 0.36
    assert 0.10 < top < bottom < 0.13
    differs = (_dots(plain) != _dots(marked)).any(axis=2)
    assert 0 < differs.sum() < 0.01 * differs.size
    assert (_dots(plain)[~differs] == _dots(marked)[~differs]).all()


def test_the_mark_stands_on_the_quote_also_where_the_page_is_turned() -> None:
    left, right, top, bottom = _yellow(_picture(small_pdf(LINES, turned=90), "paid with the salary"))
    assert 0.86 < left < right < 0.91
    assert 0.14 < top < bottom < 0.36


def test_a_quote_that_is_not_there_leaves_the_page_as_it_is() -> None:
    drawn = _picture(small_pdf(LINES), "No bonus is paid at all.")
    assert not drawn.marked
    assert drawn.png == _picture(small_pdf(LINES)).png


def test_a_page_without_text_is_drawn_too_and_one_that_is_not_there_is_none() -> None:
    content = small_pdf(LINES, [])
    assert (_dots(_picture(content, page=2)) < 200).any()
    assert picture(content, PageWanted(3)) is None
    assert picture(content, PageWanted(0)) is None


@pytest.mark.parametrize("size", [(14_400, 14_400), (14_400, 3), (3, 14_400)])
def test_a_page_of_two_hundred_inches_makes_a_picture_of_a_bounded_size(size: tuple[float, float]) -> None:
    drawn = _picture(small_pdf(LINES, size=size))
    assert drawn.width * drawn.height <= 1.1 * MAX_DOTS
    assert len(drawn.png) <= MAX_PNG_BYTES


def test_a_page_full_of_noise_is_drawn_smaller_until_it_is_small_enough() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1100, 900, 3), dtype=np.uint8).tobytes()
    body = zlib.compress(noise)
    shape = b"/MediaBox [0 0 595 842] /Resources << /XObject << /I 5 0 R >> >>"
    shown = b"q 595 0 0 842 0 0 cm /I Do Q"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R %s /Contents 4 0 R >>" % shape,
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(shown), shown),
        b"<< /Type /XObject /Subtype /Image %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream"
        % (b"/Width 900 /Height 1100 /ColorSpace /DeviceRGB /BitsPerComponent 8", len(body), body),
    ]
    content = b"%PDF-1.7\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (at, one) for at, one in enumerate(objects, 1))
    drawn = _picture(content + b"trailer << /Root 1 0 R /Size 6 >>\n%%EOF")
    assert len(drawn.png) <= MAX_PNG_BYTES
    assert 200 < drawn.width < 910


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n%%EOF", b"\x00" * 500, small_pdf(LINES)[:150]])
def test_what_is_damaged_is_refused(content: bytes) -> None:
    with pytest.raises(LoadError):
        picture(content, PageWanted(1))
