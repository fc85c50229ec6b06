"""Which documents can be read, and what decides how."""

import pytest

from ingest.errors import LoadError
from ingest.loading import loader_version
from ingest.loading.formats import FORMATS, format_of
from ingest.loading.registry import LOADERS


def test_every_format_has_a_loader_and_every_loader_a_format() -> None:
    assert {known.name for known in FORMATS.values()} == set(LOADERS)


def test_the_extension_decides_whatever_its_case() -> None:
    assert format_of("legal/Policy.PDF").name == "pdf"
    assert format_of("notes.v2.Md").name == "markdown"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a/b.xls", r"expected a document of type \.docx, .*\.txt, got '\.xls': save it as \.pdf"),
        ("a/b.doc", r"got '\.doc': save it as \.docx"),
        ("a/b.xyz", r"got '\.xyz': convert it"),
        ("a.md/b", "got a name without an extension"),
    ],
)
def test_an_unknown_extension_is_refused_with_those_that_are_known(name: str, reason: str) -> None:
    with pytest.raises(LoadError, match=reason):
        format_of(name)


def test_the_version_names_the_loader_and_its_libraries() -> None:
    assert loader_version("a.pdf").startswith("pdf 2.1, pypdf ")
    assert loader_version("a.txt") == loader_version("b/c.TXT") == "plain 1.1"
