"""What is painted where decides whether text is seen."""

from typing import Any

import pytest

from ingest.loading.pdf_paint import Paint

UNMOVED = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
AT_100 = (1.0, 0.0, 0.0, 1.0, 100.0, 100.0)
FIELD: list[tuple[bytes, list[Any]]] = [(b"re", [90, 90, 50, 50]), (b"f", [])]


def _hides(*operations: tuple[bytes, list[Any]]) -> bool:
    paint = Paint()
    for operator, operands in operations:
        paint.before(operator, operands, UNMOVED)
        if operator != b"Do":
            paint.after(operator)
    return paint.hides(b"Tj", UNMOVED, AT_100)


@pytest.mark.parametrize(
    "white", [(b"g", [1]), (b"rg", [1, 1, 1]), (b"k", [0, 0, 0, 0]), (b"sc", [1, 1, 1]), (b"rg", [0.99, 1, 0.98])]
)
def test_white_on_bare_paper_is_hidden(white: tuple[bytes, list[Any]]) -> None:
    assert _hides(white)


@pytest.mark.parametrize(
    "seen", [(b"g", [0]), (b"rg", [1, 0, 0]), (b"k", [0, 0, 0, 1]), (b"scn", ["/P1"]), (b"g", [0.9])]
)
def test_any_other_colour_is_seen(seen: tuple[bytes, list[Any]]) -> None:
    assert not _hides((b"g", [1]), seen)


def test_a_full_tint_of_ink_is_not_white() -> None:
    assert not _hides((b"cs", ["/Separation1"]), (b"scn", [1]))
    assert _hides((b"cs", ["/DeviceGray"]), (b"scn", [1]))


def test_white_over_a_dark_field_is_seen_until_white_covers_it() -> None:
    assert not _hides((b"g", [0]), *FIELD, (b"g", [1]))
    assert _hides((b"g", [0]), *FIELD, (b"g", [1]), *FIELD)
    assert _hides((b"g", [0]), (b"re", [300, 300, 5, 5]), (b"f", []), (b"g", [1]))


def test_white_over_a_picture_or_a_shading_is_seen() -> None:
    paint = Paint()
    paint.before(b"Do", ["/Im1"], (200.0, 0.0, 0.0, 200.0, 50.0, 50.0))
    paint.after(b"Do")
    paint.before(b"g", [1], UNMOVED)
    assert not paint.hides(b"TJ", UNMOVED, AT_100)
    assert not _hides((b"sh", ["/Sh1"]), (b"g", [1]))


def test_a_field_within_a_form_leaves_white_text_in_doubt_and_so_seen() -> None:
    assert not _hides((b"Do", ["/Fm1"]), (b"g", [0]), (b"re", [900, 900, 5, 5]), (b"f", []), (b"g", [1]))


def test_the_saved_state_comes_back() -> None:
    assert not _hides((b"q", []), (b"Tr", [3]), (b"g", [1]), (b"Q", []))
    assert _hides((b"Tr", [3]), (b"q", []), (b"Q", []))
    assert not _hides((b"Q", []))


def test_only_text_is_hidden() -> None:
    paint = Paint()
    paint.before(b"Tr", [3], UNMOVED)
    assert not paint.hides(b"re", UNMOVED, AT_100)
