"""The command register with --due: what ends soon or has ended, the soonest first, and how it is renewed."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.support.command_line import Run
from tests.support.fakes import TinyLibrary
from tests.support.writing import json_of


@pytest.fixture
def library(library: TinyLibrary) -> TinyLibrary:
    today = library.clock.at.date()
    for name, days in {"soon": 30, "tomorrow": 1, "later": 31, "over": -3, "gone": -4, "changed": 5, "away": 2}.items():
        library.add(f"legal/{name}.md", name, expires=today + timedelta(days=days))
    library.write("legal/changed.md", "another")
    for name in ("gone", "away"):
        (library.folder / "legal" / f"{name}.md").unlink()
    library.write("legal/undecided.md", "x")
    return library


def test_what_is_due_is_listed_for_a_person(library: TinyLibrary, run: Run) -> None:
    result = run("register", "--due", "30")
    assert result.exit_code == 0
    today = library.clock.at.date()
    until = {days: str(today + timedelta(days=days)) for days in (-3, 1, 2, 5, 30)}
    assert [" ".join(line.split()) for line in result.stdout.splitlines()] == [
        "document until left standing owner approved by",
        f"legal/over.md {until[-3]} ended expired o@x.example ann@x.example",
        f"legal/tomorrow.md {until[1]} 1 day approved o@x.example ann@x.example",
        f"legal/away.md {until[2]} 2 days missing o@x.example ann@x.example",
        f"legal/changed.md {until[5]} 5 days changed o@x.example ann@x.example",
        f"legal/soon.md {until[30]} 30 days approved o@x.example ann@x.example",
    ]
    assert result.stderr == "to renew 3 of them: greenlit approve legal --renew --within 30 --by WHO\n"


@pytest.mark.usefixtures("library")
def test_what_is_due_is_json_for_a_program(run: Run) -> None:
    told = json_of(run("register", "--due", "1", "--json"))
    assert [(one["document"], one["days_left"], one["owner"], one["renew"]) for one in told["documents"]] == [
        ("legal/over.md", -3, "o@x.example", "greenlit approve legal/over.md --renew --by WHO"),
        ("legal/tomorrow.md", 1, "o@x.example", "greenlit approve legal/tomorrow.md --renew --by WHO"),
    ]
    assert told["problems"] == []
    changed = json_of(run("register", "--due", "5", "--json"))["documents"][-1]
    assert (changed["document"], changed["standing"], changed["renew"]) == ("legal/changed.md", "changed", None)


@pytest.mark.usefixtures("library")
def test_the_command_that_it_names_renews(run: Run) -> None:
    assert (
        "legal/soon.md is approved"
        in run("approve", "legal", "--renew", "--within", "30", "--by", "ann", "--yes", "--unread").stdout
    )
    left = json_of(run("register", "--due", "30", "--json"))["documents"]
    assert [one["document"] for one in left] == ["legal/away.md", "legal/changed.md"]


def test_nothing_due_says_so(library: TinyLibrary, run: Run) -> None:
    library.register_path.unlink()
    result = run("register", "--due", "30")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "nothing is due within 30 days\n")


@pytest.mark.parametrize("options", [("--due", "-1"), ("--due", "soon"), ("--due", "3", "--status", "expired")])
def test_a_number_of_days_that_is_none_ends_with_2(run: Run, options: tuple[str, ...]) -> None:
    assert run("register", *options).exit_code == 2


@pytest.mark.usefixtures("library")
def test_more_days_than_there_are_list_everything(run: Run) -> None:
    assert len(json_of(run("register", "--due", "99999999999", "--json"))["documents"]) == 6


def test_a_line_that_cannot_be_understood_exits_with_1(library: TinyLibrary, run: Run) -> None:
    with library.register_path.open("ab") as file:
        file.write(b"broken\n")
    result = run("register", "--due", "30")
    assert result.exit_code == 1
    assert "register.jsonl, line 8: expected one JSON object" in result.stderr


DAMAGES = {
    "in another encoding": (lambda content: content.decode().encode("utf-16"), "UTF-16 text"),
    "with marks of a merge": (lambda content: b"<<<<<<< HEAD\n" + content + b"=======\n>>>>>>> side\n", "a merge open"),
    "with a line that is none": (lambda content: content + b"nonsense\n", "line 8"),
}


@pytest.mark.parametrize(("damage", "says"), DAMAGES.values(), ids=DAMAGES.keys())
@pytest.mark.parametrize(
    "command",
    [
        ("register", "--due", "60"),
        ("approve", "legal", "--renew", "--by", "ann", "--yes"),
        ("rename", "legal/away.md", "legal/soon.md", "--by", "ann"),
    ],
    ids=["due", "renew", "rename"],
)
def test_a_damaged_register_is_all_that_is_said(
    library: TinyLibrary, run: Run, command: tuple[str, ...], damage: Callable[[bytes], bytes], says: str
) -> None:
    damaged = damage(library.register_path.read_bytes())
    library.register_path.write_bytes(damaged)
    result = run(*command)
    assert (result.exit_code, result.stdout) == (1, "")
    assert all(line.startswith("problem: ") for line in result.stderr.splitlines())
    assert says in result.stderr
    assert library.register_path.read_bytes() == damaged


def test_a_damaged_register_is_all_that_a_program_is_told(library: TinyLibrary, run: Run) -> None:
    library.register_path.write_bytes(library.register_path.read_bytes() + b"nonsense\n")
    result = run("register", "--due", "60", "--json")
    assert result.exit_code == 1
    assert json_of(result).keys() == {"problems"}
