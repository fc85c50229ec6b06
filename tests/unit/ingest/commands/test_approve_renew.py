"""The command approve with --renew: it shows what it would renew, asks, and says until when that holds."""

from datetime import date, timedelta

import pytest

from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.writing import ANN, events_of

TEXT = "# Leave\n\nTrainees have leave for ten days.\n"


@pytest.fixture
def soon(library: TinyLibrary) -> date:
    """The last day of the approvals that tests renew."""
    return library.clock.at.date() + timedelta(days=10)


def test_what_ends_soon_is_renewed_after_asking(library: TinyLibrary, run: Run, soon: date) -> None:
    for name in "ab":
        library.add(f"legal/{name}.md", TEXT, expires=soon)
    library.add("legal/changed.md", TEXT, expires=soon)
    library.write("legal/changed.md", "# Other\n")
    assert run("approve", "legal", *ANN, "--renew", "--expires", "2099-01-31", answer="n\n").exit_code == 1
    assert len(events_of(library)) == 3
    result = run("approve", "legal", *ANN, "--renew", "--expires", "2099-01-31", answer="y\n")
    assert result.exit_code == 0
    assert "Approve these 2? [y/N]: y" in result.output
    assert "legal/a.md is approved until 2099-01-31\nlegal/b.md is approved until 2099-01-31\n" in result.stdout
    assert "passed over legal/changed.md: its file is another version by now: read it" in result.stderr
    assert [event["document"] for event in events_of(library)[3:]] == ["legal/a.md", "legal/b.md"]
    assert all("text_sha256" in event for event in events_of(library)[3:]), "it was read, as for any approval"
    again = run("approve", "legal", *ANN, "--renew", "--yes")
    assert (again.exit_code, len(events_of(library))) == (0, 5)
    assert "nothing to approve" in again.stderr


def test_how_soon_may_be_said(library: TinyLibrary, run: Run, soon: date) -> None:
    library.add("legal/a.md", TEXT, expires=soon)
    assert "nothing to approve" in run("approve", "legal", *ANN, "--renew", "--within", "9", "--yes").stderr
    assert "legal/a.md is approved until" in run("approve", "legal", *ANN, "--renew", "--within", "10", "--yes").stdout


def test_the_first_of_two_is_told_that_another_person_has_to(library: TinyLibrary, run: Run, soon: date) -> None:
    library.add("security/a.md", TEXT, expires=soon)
    library.approve("security/a.md", by="ben@x.example", expires=soon)
    first = run("approve", "security", *ANN, "--renew", "--yes")
    assert f"security/a.md: its approval ends on {soon}: another person has to renew it too" in first.stdout
    second = run("approve", "security", "--by", "ben@x.example", "--renew", "--yes")
    assert "security/a.md is approved until 2" in second.stdout


def test_what_is_read_otherwise_by_now_needs_a_look(library: TinyLibrary, run: Run, soon: date) -> None:
    library.write("legal/a.md", TEXT)
    assert run("approve", "legal/a.md", *ANN, "--expires", str(soon)).exit_code == 0
    library.parser.as_another = ("ten", "six")
    result = run("approve", "legal", *ANN, "--renew", "--yes")
    assert "passed over legal/a.md: it is read otherwise than when it was approved: see greenlit approve" in (
        result.stderr
    )
    assert len(events_of(library)) == 1


def test_what_cannot_be_read_is_passed_over(library: TinyLibrary, run: Run, soon: date) -> None:
    library.add("legal/a.pdf", b"no pdf", expires=soon)
    library.add("legal/b.md", TEXT, expires=soon)
    result = run("approve", "legal", *ANN, "--renew", "--yes")
    assert "passed over legal/a.pdf: it cannot be read" in result.stderr
    assert [event["document"] for event in events_of(library)[2:]] == ["legal/b.md"]


@pytest.mark.parametrize(
    "options", [("--renew", "--reread"), ("--within", "9"), ("--renew", "--within", "0"), ("--renew", "--within", "x")]
)
def test_options_that_do_not_go_together_end_with_2(library: TinyLibrary, run: Run, options: tuple[str, ...]) -> None:
    library.add("legal/a.md", TEXT)
    assert run("approve", "legal", *ANN, *options).exit_code == 2
    assert len(events_of(library)) == 1


def test_a_crash_before_the_register_is_written_renews_nothing(
    library: TinyLibrary, run: Run, soon: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int, _content: bytes) -> None:
        raise OSError(28, "No space left on device")

    for name in "ab":
        library.add(f"legal/{name}.md", TEXT, expires=soon)
    before = library.register_path.read_bytes()
    monkeypatch.setattr("indexes.register._write_all", full)
    assert run("approve", "legal", *ANN, "--renew", "--yes").exit_code == 1
    assert library.register_path.read_bytes() == before


def test_that_nothing_is_due_is_no_good_news_of_a_damaged_register(library: TinyLibrary, run: Run, soon: date) -> None:
    library.add("legal/a.md", TEXT, expires=soon)
    library.register_path.write_bytes(library.register_path.read_text().encode("utf-16"))
    result = run("approve", "legal", *ANN, "--renew", "--yes")
    assert result.exit_code == 1
    assert "nothing to approve" not in result.output
    assert "UTF-16 text" in " ".join(result.stderr.split())
