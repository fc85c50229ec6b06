"""directory.csv: who it knows, what it refuses, and how long who was known stays known."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from service.access.directory import CsvDirectory, read_directory
from service.access.errors import DirectoryError, NotFreshError, NotSignedInError
from service.access.people import Entry, Membership, Person
from service.access.rules import Rules

HEADER = "person,email,groups,active\n"
MIRA = "mira-1,Mira@Northlight.example,newsroom; legal,true\n"
JON = "jon-1,jon@northlight.example,,no\n"
KEEP_S = 3600.0


@dataclass
class Desk:
    """A directory over a file that a test writes, with a clock that stands until the test moves it."""

    path: Path
    now_s: float = 0.0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.directory = CsvDirectory(
            path=self.path, notice=self.told.append, clock_s=lambda: self.now_s, keep_s=KEEP_S
        )

    def write(self, content: str | bytes) -> None:
        self.path.write_bytes(content.encode() if isinstance(content, str) else content)

    def by_id(self, person_id: str) -> Entry | None:
        self._read_if_need_be()
        return self.directory.by_id(person_id)

    def by_email(self, email: str) -> Entry | None:
        self._read_if_need_be()
        return self.directory.by_email(email)

    def _read_if_need_be(self) -> None:
        try:
            self.directory.by_id("")
        except NotFreshError:
            self.directory.refresh()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "directory.csv")


def test_people_are_known_by_id_and_by_address_whatever_its_case(desk: Desk) -> None:
    desk.write(HEADER + MIRA + JON)
    mira = Entry("mira-1", "mira@northlight.example", "", frozenset({"newsroom", "legal"}), active=True)
    assert desk.by_id("mira-1") == mira
    assert desk.by_email("MIRA@northlight.EXAMPLE") == mira
    assert desk.by_id("jon-1") == Entry("jon-1", "jon@northlight.example", "", frozenset(), active=False)
    assert desk.by_id("ada-1") is desk.by_email("ada@northlight.example") is None
    assert desk.told == []
    assert desk.directory.problem() is None


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + HEADER + MIRA,
        HEADER.replace("\n", "\r\n") + MIRA.replace("\n", "\r\n"),
        "\n" + HEADER + "\n" + MIRA + "   \n\n",
        "active, groups ,email,person\nTrue,legal;newsroom;;,mira@northlight.example, mira-1 \n",
        HEADER + 'mira-1,mira@northlight.example,"newsroom;legal",YES',
    ],
    ids=["byte order mark", "line ends of Windows", "blank lines", "another order", "quotes"],
)
def test_a_file_may_be_written_in_several_ways(desk: Desk, content: str) -> None:
    desk.write(content)
    found = desk.by_id("mira-1")
    assert found is not None
    assert (found.email, found.active) == ("mira@northlight.example", True)
    assert found.groups == {"newsroom", "legal"}


@pytest.mark.parametrize(("word", "active"), [("true", 1), ("1", 1), ("Yes", 1), ("false", 0), ("0", 0), ("NO", 0)])
def test_active_can_be_said_in_three_ways(desk: Desk, word: str, active: int) -> None:
    desk.write(f"{HEADER}mira-1,m@x.example,,{word}\n")
    found = desk.by_id("mira-1")
    assert found is not None
    assert found.active == bool(active)


def test_with_no_file_nobody_is_known_and_nothing_is_wrong(desk: Desk) -> None:
    assert desk.by_id("mira-1") is None
    assert desk.told == []
    desk.write(HEADER + MIRA)
    assert desk.by_id("mira-1")
    desk.path.unlink()
    assert desk.by_id("mira-1") is None


def test_a_change_is_said_before_anything_is_told_from_the_old(desk: Desk) -> None:
    desk.write(HEADER + MIRA)
    assert desk.by_id("mira-1")
    desk.write(HEADER + JON)
    for ask in (desk.directory.by_id, desk.directory.by_email):
        with pytest.raises(NotFreshError):
            ask("mira-1")
    assert desk.by_id("mira-1") is None


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("", 1, "expected the columns person,email,groups,active, got "),
        ("person,email,groups\n", 1, "got person,email,groups"),
        ("person,email,groups,active,phone\n", 1, "got person,email,groups,active,phone"),
        ("person,email,groups,groups\n", 1, "got person,email,groups,groups"),
        (HEADER + "mira-1,m@x.example,legal\n", 2, "expected 4 fields, got 3"),
        (HEADER + "mira-1,m@x.example,legal,true,x\n", 2, "expected 4 fields, got 5"),
        (HEADER + ",,,\n", 2, "expected a person, got an empty field"),
        (HEADER + MIRA + " ,m@x.example,,true\n", 3, "expected a person"),
        (HEADER + "mira-1,,,true\n", 2, "expected an e-mail, got none"),
        (HEADER + "mira-1,mira,,true\n", 2, "expected an e-mail address, got another form"),
        (HEADER + "mira-1,m@x.example,,maybe\n", 2, "expected active to be one of"),
        (HEADER + "mira-1,m@x.example,,\n", 2, "expected active to be one of"),
        (HEADER + MIRA + "mira-1,other@x.example,,true\n", 3, "expected each person once"),
        (HEADER + MIRA + "other,MIRA@northlight.example,,true\n", 3, "expected each e-mail address once"),
        (HEADER + "mira\u202e-1,m@x.example,,true\n", 2, r"expected person in plain characters, got \\u{202e}"),
        (HEADER + 'mira-1,m@x.example,"a\nb",true\n', 3, "expected groups in plain characters"),
        (HEADER + 'mira-1,m@x.example,"a,true\n', 2, "unexpected end"),
        (HEADER.encode() + b"m\xff,m@x.example,,true\n", 2, "expected UTF-8"),
    ],
)
def test_what_is_wrong_is_told_once_with_its_line(desk: Desk, content: str | bytes, line: int, words: str) -> None:
    desk.write(content)
    with pytest.raises(DirectoryError, match=words) as caught:
        read_directory(desk.path)
    assert str(caught.value).startswith(f"{desk.path}, line {line}: ")
    for _ in range(3):
        desk.write(content)  # the same, saved once more
        found = desk.by_id("mira-1")
    assert found is not None
    assert not found.active, "nobody was ever known, so nobody passes"
    assert desk.told == [str(caught.value)]
    assert desk.directory.problem() == str(caught.value)


def test_a_message_names_nobody(desk: Desk) -> None:
    desk.write(HEADER + MIRA + "other,Mira@northlight.example,secret-group,true\n")
    with pytest.raises(DirectoryError) as caught:
        read_directory(desk.path)
    assert not any(word in str(caught.value).lower() for word in ("mira", "other", "secret-group"))


def test_a_file_that_is_too_large_is_not_read(desk: Desk) -> None:
    with desk.path.open("wb") as file:
        file.truncate(50_000_001)
    with pytest.raises(DirectoryError, match="expected at most 50000000 bytes, got more"):
        read_directory(desk.path)


def test_a_folder_in_its_place_is_said(desk: Desk) -> None:
    desk.path.mkdir()
    with pytest.raises(DirectoryError, match="cannot be read"):
        read_directory(desk.path)


def test_while_the_file_is_bad_who_was_known_stays_known_for_a_time_and_then_nobody_passes(desk: Desk) -> None:
    desk.write(HEADER + MIRA)
    assert desk.by_id("mira-1")
    desk.write("nonsense")
    desk.now_s += KEEP_S
    found = desk.by_id("mira-1")  # read now, so the time begins now
    assert found is not None
    assert found.active
    desk.now_s += KEEP_S
    desk.write("other nonsense")  # does not begin it anew
    found = desk.by_id("mira-1")
    assert found is not None
    assert found.active
    desk.now_s += 1
    for found in (desk.by_id("mira-1"), desk.by_email("mira@northlight.example"), desk.by_id("never-known")):
        assert found is not None
        assert not found.active
        assert found.groups == frozenset()
    desk.write(HEADER + MIRA + JON)
    found = desk.by_id("mira-1")
    assert found is not None
    assert found.active
    assert len(desk.told) == 2


def test_then_whoever_is_signed_in_is_kept_out_too(desk: Desk) -> None:
    rules = Rules(
        path=desk.path.with_name("access.toml"),
        on_change=lambda _: None,
        notice=print,
        clock_s=lambda: 0.0,
        keep_s=1.0,
    )
    membership = Membership(rules=rules, directories=[desk.directory], seen=lambda _: None)
    person = Person("ada-1", "ada@northlight.example", "Ada", frozenset({"legal"}))
    desk.write("nonsense")
    membership.refresh()
    assert membership.with_address("ada@northlight.example") is None
    with pytest.raises(NotSignedInError, match="active in the directory"):
        membership.principal(person, auth="oidc-session")


def test_fifty_thousand_people_are_read_in_about_a_second(desk: Desk) -> None:
    rows = (f"p{n},p{n}@northlight.example,newsroom;legal;g{n % 50},true\n" for n in range(50_000))
    desk.write(HEADER + "".join(rows))
    began_s = time.process_time()
    assert desk.by_id("p49999")
    assert time.process_time() - began_s < 3.0
