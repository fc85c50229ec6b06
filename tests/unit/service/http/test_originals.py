"""Originals are shown or saved, never run."""

import pytest

from service.http.originals import original_response


@pytest.mark.parametrize(
    ("name", "media_type", "shown"),
    [
        ("legal/a.pdf", "application/pdf", "attachment"),
        ("legal/A.PDF", "application/pdf", "attachment"),
        ("legal/a.txt", "text/plain; charset=utf-8", "inline"),
        ("legal/a.md", "text/plain; charset=utf-8", "inline"),
        ("legal/a.html", "application/octet-stream", "attachment"),
        ("legal/a.htm", "application/octet-stream", "attachment"),
        ("legal/a.svg", "application/octet-stream", "attachment"),
        ("legal/a.docx", "application/octet-stream", "attachment"),
        ("legal/a", "application/octet-stream", "attachment"),
        ("legal/a.pdf.html", "application/octet-stream", "attachment"),
    ],
)
def test_only_what_is_safe_is_shown(name: str, media_type: str, shown: str) -> None:
    response = original_response(name, b"content")
    assert response.headers["content-type"] == media_type
    assert response.headers["content-disposition"].startswith(f"{shown}; ")
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.body == b"content"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("legal/sub folder/a b.txt", "a%20b.txt"),
        ('legal/a"; x=".txt', "a%22%3B%20x%3D%22.txt"),
        ("legal/über.txt", "%C3%BCber.txt"),
    ],
)
def test_a_name_cannot_leave_its_place_in_the_header(name: str, written: str) -> None:
    assert original_response(name, b"").headers["content-disposition"] == f"inline; filename*=UTF-8''{written}"
