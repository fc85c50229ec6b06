"""The allowlist is read exactly; a slip in it is named, never guessed around."""

from pathlib import Path

import pytest

from indexes.errors import SourcesError
from indexes.sources import read_sources, source_name

LEGAL = """
[[source]]
name = "legal"
kind = "folder"
owner = "legal@x.example"
groups = ["staff", " board "]
approvals_required = 2
review_months = 6
proven = true
separate_uploader = true
keep_out = ["pages_without_text", "form_fields"]
reread = "ask"
"""


def _write(library: Path, text: str) -> Path:
    (library / "sources.toml").write_text(text, encoding="utf-8")
    return library


def test_every_key_of_a_source_is_read(tmp_path: Path) -> None:
    source = read_sources(_write(tmp_path, LEGAL))["legal"]
    assert source.folder == tmp_path / "legal"
    assert (source.owner, source.groups) == ("legal@x.example", ("staff", "board"))
    assert (source.approvals_required, source.review_months) == (2, 6)
    assert (source.proven, source.separate_uploader) == (True, True)
    assert (source.keep_out, source.reread) == (("pages_without_text", "form_fields"), "ask")


def test_a_source_that_names_no_groups_is_for_nobody(tmp_path: Path) -> None:
    source = read_sources(_write(tmp_path, '[[source]]\nname = "legal"'))["legal"]
    assert source.groups == ()
    assert (source.approvals_required, source.review_months) == (1, 12)
    assert (source.proven, source.separate_uploader) == (False, False)
    assert (source.keep_out, source.reread) == (None, "go_on")


def test_a_source_may_lie_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    sources = read_sources(_write(tmp_path / "library", f'[[source]]\nname = "wiki"\npath = "{tmp_path / "wiki"}"'))
    assert sources["wiki"].folder == tmp_path / "wiki"


def test_sources_keep_the_files_order(tmp_path: Path) -> None:
    entries = "".join(f'[[source]]\nname = "{name}"\n' for name in ("people", "legal", "archive"))
    assert list(read_sources(_write(tmp_path, entries))) == ["people", "legal", "archive"]


def test_a_document_belongs_to_the_source_that_its_name_begins_with() -> None:
    assert source_name("legal/contracts/a.md") == "legal"


def test_a_missing_allowlist_says_where_it_was_expected_and_how_to_set_it(tmp_path: Path) -> None:
    with pytest.raises(SourcesError, match=r"no sources\.toml in .*set GREENLIT_LIBRARY"):
        read_sources(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"expected one or more \[\[source\]\] tables"),
        ("source = []", r"expected one or more \[\[source\]\] tables"),
        ("source = 3", r"expected one or more \[\[source\]\] tables"),
        ("source = [1]", r"expected one or more \[\[source\]\] tables"),
        (f"version = 1\n{LEGAL}", r"nothing else, got \['version'\]"),
        ("[[source]", "cannot be read as TOML"),
        ("[[source]]\n", "source 1: expected name = lower-case letters"),
        ('[[source]]\nname = "Legal"', "source 1: expected name"),
        ('[[source]]\nname = "../legal"', "source 1: expected name"),
        ('[[source]]\nname = "legal/sub"', "source 1: expected name"),
        ("[[source]]\nname = 3", "source 1: expected name"),
        (f"{LEGAL}\ngroup = []", "source 'legal': unknown key 'group'; expected some of"),
        ('[[source]]\nname = "legal"\nkind = "s3"', "source 'legal': expected kind = \"folder\", got 's3'"),
        ('[[source]]\nname = "legal"\ngroups = "staff"', "expected groups = a list of group names, got 'staff'"),
        ('[[source]]\nname = "legal"\ngroups = [" "]', "expected groups = a list of group names"),
        ('[[source]]\nname = "legal"\nowner = 1', "expected owner = a text, got 1"),
        ('[[source]]\nname = "legal"\npath = 1', "expected path = a text, got 1"),
        ('[[source]]\nname = "legal"\napprovals_required = 0', "whole number from 1 to 5, got 0"),
        ('[[source]]\nname = "legal"\napprovals_required = true', "whole number from 1 to 5, got True"),
        ('[[source]]\nname = "legal"\nreview_months = 121', "review_months = a whole number from 1 to 120, got 121"),
        ('[[source]]\nname = "legal"\nproven = 1', "expected proven = true or false, got 1"),
        ('[[source]]\nname = "legal"\nseparate_uploader = "no"', "separate_uploader = true or false, got 'no'"),
        ('[[source]]\nname = "legal"\nkeep_out = "pictures"', "expected keep_out = a list, got 'pictures'"),
        (
            '[[source]]\nname = "legal"\nkeep_out = ["pages"]',
            "source 'legal': expected keep_out = some of pages_without_text, .*, form_fields, .*; got 'pages'",
        ),
        ('[[source]]\nname = "legal"\nkeep_out = ["covered_text"]', "; got 'covered_text'"),  # nobody sees it
        ('[[source]]\nname = "legal"\nkeep_out = [["pictures"]]', r"; got \['pictures'\]"),
        ('[[source]]\nname = "legal"\nreread = true', 'expected reread = "ask" or "go_on", got True'),
        (LEGAL + LEGAL, "two sources have the same name"),
        (
            '[[source]]\nname = "legal"\npath = "a\\u0000b"',
            r"expected path to hold plain text, got 'a\\x00b', which holds",
        ),
        ('[[source]]\nname = "legal"\nowner = "\\u001b[31m"', r"expected owner to hold plain text, got '\\x1b\[31m'"),
        ('[[source]]\nname = "legal"\ngroups = ["a\\u202e"]', r"expected groups to hold plain text, .*RIGHT-TO-LEFT"),
    ],
)
def test_a_slip_in_the_allowlist_stops_everything_and_names_itself(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SourcesError, match=message):
        read_sources(_write(tmp_path, text))


def test_an_allowlist_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_bytes(b'[[source]]\nname = "\xff"')
    with pytest.raises(SourcesError, match="cannot be read as TOML"):
        read_sources(tmp_path)


@pytest.mark.parametrize("path", ["legal/contracts", "legal", "legal/../legal/deep"])
def test_one_file_has_one_name_so_sources_may_not_overlap(tmp_path: Path, path: str) -> None:
    text = f'[[source]]\nname = "legal"\n[[source]]\nname = "contracts"\npath = "{path}"'
    with pytest.raises(SourcesError, match=r"'.*' lies inside source '.*'; keep them apart"):
        read_sources(_write(tmp_path, text))


def test_sources_that_overlap_through_a_link_are_found_out(tmp_path: Path) -> None:
    (tmp_path / "legal").mkdir()
    (tmp_path / "mirror").symlink_to(tmp_path / "legal")
    with pytest.raises(SourcesError, match="lies inside source"):
        read_sources(_write(tmp_path, '[[source]]\nname = "legal"\n[[source]]\nname = "mirror"'))
