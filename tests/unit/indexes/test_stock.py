"""Taking stock: what is approved, what of it is there, and which of two that look alike is the document."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from indexes.register import Register
from indexes.sources import Sources, read_sources
from indexes.stock import (
    SourceStock,
    approved_elsewhere,
    approved_look_alike,
    list_library,
    live_grants,
    take_stock,
)
from tests.support.fakes import TinyLibrary


@pytest.fixture
def sources(library: TinyLibrary) -> Sources:
    return read_sources(library.folder)


def _stock(
    library: TinyLibrary, *, found: set[str] | None = None
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    state = Register(library.register_path).refresh()
    taken = take_stock(read_sources(library.folder), state.decisions, at=library.clock.at, found=found)
    return {stock.source.name: (stock.approved, stock.missing) for stock in taken}


def _problems(library: TinyLibrary) -> dict[str, str | None]:
    decisions = Register(library.register_path).refresh().decisions
    listed = list_library(read_sources(library.folder), decisions, at=library.clock.at)
    return {item.document: item.problem for item in listed}


# What is approved, and what of it is there


def test_every_source_is_there_with_what_is_approved_in_it(library: TinyLibrary) -> None:
    for name in ("b.md", "a.md"):
        library.add(f"legal/{name}", "x")
    library.write("legal/pending.md", "x")
    library.add("legal/expired.md", "x", expires=date(2026, 11, 1))
    library.add("legal/revoked.md", "x")
    library.revoke("legal/revoked.md")
    library.add("security/one-of-two.md", "x")
    assert _stock(library) == {"legal": (("legal/a.md", "legal/b.md"), ()), "security": ((), ())}


def test_an_approved_document_without_a_file_is_missing(library: TinyLibrary) -> None:
    for name in ("a.md", "sub/b.md", "c.md"):
        library.add(f"legal/{name}", "x")
    (library.folder / "legal" / "a.md").unlink()
    (library.folder / "legal" / "sub" / "b.md").unlink()
    (library.folder / "legal" / "sub").rmdir()
    library.write("legal/c.md", "another version is no missing file")
    assert _stock(library)["legal"][1] == ("legal/a.md", "legal/sub/b.md")


def test_a_source_whose_folder_is_gone_misses_all(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    (library.folder / "legal").rename(library.folder / "elsewhere")
    assert _stock(library)["legal"] == (("legal/a.md",), ("legal/a.md",))


def test_whoever_has_listed_the_library_may_say_what_was_found(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.add("legal/b.md", "x")
    assert _stock(library, found={"legal/b.md"})["legal"][1] == ("legal/a.md",)


def test_a_register_of_nothing_has_sources_of_nothing(library: TinyLibrary, sources: Sources) -> None:
    assert take_stock(sources, {}, at=library.clock.at) == [SourceStock(source, (), ()) for source in sources.values()]


def test_what_was_approved_in_sources_off_the_allowlist_is_counted(library: TinyLibrary, sources: Sources) -> None:
    library.allow("wiki")
    library.add("wiki/a.md", "x")
    library.add("wiki/b.md", "x", expires=date(2026, 11, 1))
    library.add("wiki/c.md", "x")
    library.revoke("wiki/c.md")
    library.add("legal/a.md", "x")
    decisions = Register(library.register_path).refresh().decisions
    assert approved_elsewhere(sources, decisions, at=library.clock.at) == {"wiki": 1}


# Which of two that look alike is the document


def test_of_files_that_look_alike_the_second_is_kept_from_being_a_document_and_both_are_named(
    library: TinyLibrary,
) -> None:
    for name in ("a.md", "A.md", "b.md"):
        library.write(f"legal/{name}", "x")
    assert _problems(library) == {
        "legal/A.md": None,
        "legal/a.md": "'legal/a.md' looks like 'legal/A.md': rename one, so that nobody takes one for the other",
        "legal/b.md": None,
    }


def test_an_approved_document_is_not_pushed_out_by_a_file_that_comes_before_it_by_name(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.write("legal/A.md", "x")
    problems = _problems(library)
    assert problems["legal/a.md"] is None
    assert "looks like 'legal/a.md', which is approved" in str(problems["legal/A.md"])


def test_nor_is_one_that_a_person_of_two_approved(library: TinyLibrary) -> None:
    library.add("security/a.md", "x")
    library.write("security/A.md", "x")
    assert _problems(library)["security/a.md"] is None


def test_a_file_that_looks_like_a_revoked_one_is_not_approved_with_its_folder(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    library.revoke("legal/a.md")
    library.write("legal/A.md", "x")
    problems = _problems(library)
    assert problems["legal/a.md"] is None, "it is told as revoked"
    assert problems["legal/A.md"] is not None


def test_of_two_that_are_approved_the_one_that_was_first_is_the_document(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    (approval,) = Register(library.register_path).refresh().decisions["legal/a.md"].approvals
    library.write("legal/A.md", "x")
    library.append(replace(approval, document="legal/A.md", at=approval.at + timedelta(seconds=1)))
    problems = _problems(library)
    assert problems["legal/a.md"] is None
    assert "which is approved" in str(problems["legal/A.md"])


def test_an_approved_document_keeps_its_looks_though_its_file_is_gone(library: TinyLibrary) -> None:
    library.add("legal/a.md", "x")
    (library.folder / "legal" / "a.md").rename(library.folder / "legal" / "A.md")
    assert "looks like 'legal/a.md', which is approved" in str(_problems(library)["legal/A.md"])
    library.revoke("legal/a.md")
    assert _problems(library) == {"legal/A.md": None}


def test_names_of_different_sources_are_told_apart_by_their_sources(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    library.write("security/a.md", "x")
    library.write("security/A/b.md", "x")
    library.write("legal/a/b.md", "x")
    assert set(_problems(library).values()) == {None}


def test_a_file_that_can_be_no_document_pushes_none_out(library: TinyLibrary) -> None:
    library.write("legal/a.md", "x")
    (library.folder / "legal" / "A.md").symlink_to("a.md")
    assert _problems(library)["legal/a.md"] is None


def test_whoever_approves_is_told_of_the_approved_document_that_it_looks_like(
    library: TinyLibrary, sources: Sources
) -> None:
    library.add("legal/a.md", "x")
    live = live_grants(sources, Register(library.register_path).refresh().decisions, at=library.clock.at)
    assert "which is approved" in str(approved_look_alike("legal/A.md", live))
    for other in ("legal/a.md", "legal/b.md", "security/A.md"):
        assert approved_look_alike(other, live) is None
