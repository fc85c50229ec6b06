"""`access.toml`: groups give roles; a change is recorded before it acts; a broken file holds for a time."""

from pathlib import Path

import pytest

from service.access.errors import AccessRulesError, NotFreshError
from service.access.principals import Role
from service.access.rules import ACCESS_FILE, Granted, Rules, RuleSet, read_rules

KEEP_S = 3600.0
COMPANY = """
[roles]
staff = ["newsroom", "legal", "it"]
auditor = ["audit"]
operator = ["it"]

[approvers]
legal = ["counsel"]
vfx = ["counsel", "leads"]
"""


class Followed:
    """Rules of a file that a test writes, with what was put on record and told."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / ACCESS_FILE
        self.recorded: list[str] = []
        self.told: list[str] = []
        self.now_s = 0.0
        self.disk_is_full = False
        self.rules = Rules(
            path=self.path,
            on_change=self._record,
            notice=self.told.append,
            clock_s=lambda: self.now_s,
            keep_s=KEEP_S,
        )

    def _record(self, rules: RuleSet) -> None:
        if self.disk_is_full:
            raise OSError("the disk is full")
        self.recorded.append(rules.sha256)

    def write(self, text: str) -> None:
        self.path.write_text(text, encoding="utf-8")

    def of(self, *groups: str) -> Granted:
        """Ask as a door does: read anew where that is wanted, then once more."""
        try:
            return self.rules.of(frozenset(groups))
        except NotFreshError:
            self.rules.refresh()
            return self.rules.of(frozenset(groups))


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    return Followed(tmp_path)


def test_without_a_file_everybody_signed_in_may_ask_and_nobody_more(followed: Followed) -> None:
    assert followed.of() == Granted(frozenset({Role.STAFF}))
    assert followed.of("audit", "it", "admin") == Granted(frozenset({Role.STAFF}))


@pytest.mark.parametrize(
    ("groups", "roles", "approves"),
    [
        ([], set(), set()),
        (["visitors"], set(), set()),
        (["newsroom"], {Role.STAFF}, set()),
        (["audit"], {Role.AUDITOR}, set()),
        (["newsroom", "audit"], {Role.STAFF, Role.AUDITOR}, set()),
        (["it"], {Role.STAFF, Role.OPERATOR}, set()),
        (["counsel"], {Role.APPROVER}, {"legal", "vfx"}),
        (["leads", "legal"], {Role.STAFF, Role.APPROVER}, {"vfx"}),
        (["Audit"], set(), set()),
    ],
)
def test_a_group_gives_its_role_and_no_other(
    followed: Followed, groups: list[str], roles: set[Role], approves: set[str]
) -> None:
    followed.write(COMPANY)
    assert followed.of(*groups) == Granted(frozenset(roles), frozenset(approves))


def test_whoever_would_be_operator_and_auditor_is_neither_unless_the_file_says_so(followed: Followed) -> None:
    followed.write(COMPANY)
    assert followed.of("audit", "it").roles == {Role.STAFF}
    followed.write("operator_may_audit = true\n" + COMPANY)
    assert followed.of("audit", "it").roles == {Role.STAFF, Role.AUDITOR, Role.OPERATOR}


def test_a_list_of_no_groups_gives_a_role_to_nobody(followed: Followed) -> None:
    followed.write("[roles]\nstaff = []\n")
    assert followed.of("newsroom") == Granted()


def test_a_change_acts_on_the_next_request_and_is_recorded_once(followed: Followed) -> None:
    followed.write(COMPANY)
    assert Role.AUDITOR in followed.of("audit").roles
    followed.write(COMPANY.replace('["audit"]', '["revision"]'))
    assert Role.AUDITOR not in followed.of("audit").roles
    followed.path.touch()
    assert Role.AUDITOR in followed.of("revision").roles
    assert len(followed.recorded) == 2
    followed.path.unlink()
    assert followed.of("revision").roles == {Role.STAFF}
    assert followed.recorded[-1] == RuleSet().sha256


def test_what_cannot_be_recorded_does_not_act(followed: Followed) -> None:
    followed.write(COMPANY)
    assert followed.of("newsroom").roles == {Role.STAFF}
    followed.write(COMPANY.replace('["audit"]', '["newsroom"]'))
    followed.disk_is_full = True
    for _ in range(2):
        with pytest.raises(OSError, match="full"):
            followed.of("newsroom")
    followed.disk_is_full = False
    assert followed.of("newsroom").roles == {Role.STAFF, Role.AUDITOR}


def test_a_broken_file_leaves_the_last_good_one_for_a_time_and_then_nobody_has_a_role(followed: Followed) -> None:
    followed.write(COMPANY)
    assert followed.of("audit").roles == {Role.AUDITOR}
    followed.write("[roles\n")
    followed.now_s = KEEP_S
    assert followed.of("audit").roles == {Role.AUDITOR}
    followed.write("[roles]\nauditor = 3\n")  # broken in another way: the time goes on
    followed.now_s += KEEP_S + 1
    assert followed.of("audit").roles == set()
    assert [told.split(ACCESS_FILE)[1][:6] for told in followed.told] == [" canno", ", line"]
    assert followed.rules.problem() == followed.told[-1]
    followed.write(COMPANY)
    assert followed.of("audit").roles == {Role.AUDITOR}
    assert followed.rules.problem() is None


def test_a_file_that_is_broken_from_the_start_gives_nobody_a_role(followed: Followed) -> None:
    followed.write("roles = 1")
    assert followed.of("newsroom") == Granted()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[roles\n", "cannot be read as TOML: .*line 1"),
        ('\n[roles]\nauditors = ["a"]\n', "line 3: unknown role 'auditors'; expected some of"),
        ('[roles]\nauditor = "a"\n', "line 2: expected auditor = a list of group names, got 'a'"),
        ('[roles]\nauditor = ["a", ""]\n', "line 2: expected auditor = a list of group names"),
        ("[roles]\nauditor = [1]\n", "line 2: expected auditor = a list of group names"),
        ('[approvers]\n"Legal" = ["a"]\n', "line 2: expected the name of a source"),
        ('[approver]\nlegal = ["a"]\n', "line 1: unknown key 'approver'; expected some of"),
        ("roles = 7\n", r"line 1: expected \[roles\] to be a table, got 7"),
        ('operator_may_audit = "yes"\n', "line 1: expected operator_may_audit = true or false, got 'yes'"),
        ('[roles]\nauditor = ["a\\u202eb"]\n', "line 2: expected auditor = plain names of groups"),
    ],
)
def test_what_is_wrong_is_said_with_the_file_the_line_and_the_problem(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / ACCESS_FILE).write_text(text, encoding="utf-8")
    with pytest.raises(AccessRulesError, match=f"{ACCESS_FILE}.*{says}"):
        read_rules(tmp_path / ACCESS_FILE)


def test_what_is_no_text_or_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "large").write_bytes(b"#" * ((1 << 20) + 1))
    for name, says in (
        ("bytes", "cannot be read as TOML"),
        ("large", "at most 1048576 bytes"),
        (".", "cannot be read"),
    ):
        with pytest.raises(AccessRulesError, match=says):
            read_rules(tmp_path / name)
