"""Which documents are editions of the same, and above all which are none."""

import gc
import weakref

import pytest

from service.answering.editions.namesakes import editions_of, in_common, name_words
from tests.support.answering_parts import open_made

RULE = "Employees may spend up to {} euros for a hotel night in the country. Breakfast is paid by the company."


def _order(old: str, new: str, *, of_old: str = RULE.format(120), of_new: str = RULE.format(165)) -> tuple[bool, bool]:
    """Tell whether the second is a later edition of the first, and the first of the second."""
    with open_made({f"hr/{old}.md": [[of_old]], f"hr/{new}.md": [[of_new]]}) as build:
        editions = editions_of(build)
        one, other = f"hr/{old}.md", f"hr/{new}.md"
        if other not in editions.namesakes(one):
            return False, False
        return editions.is_later(other, one), editions.is_later(one, other)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Hotel policy 2023", "Hotel policy 2025"),
        ("Hotel policy v1", "Hotel policy v2.1"),
        ("hotel_policy_2024-03", "hotel_policy_2024-11"),
        ("Hotel policy (March 2024)", "Hotel policy (1 April 2024)"),
        ("Hotel policy (old)", "Hotel policy"),
        ("Hotel policy draft", "Hotel policy"),
        ("Hotel policy draft 2027", "Hotel policy 2025"),
        ("Archived hotel policy", "Hotel policy (new)"),
        ("Hotel policy, 2nd edition, 2021", "Hotel policy, 3rd edition, 2023"),
        ("2023/Hotel policy", "2025/Hotel policy"),
        ("archive/Hotel policy", "Hotel policy"),
    ],
)
def test_a_name_tells_which_is_later(old: str, new: str) -> None:
    assert _order(old, new) == (True, False)


@pytest.mark.parametrize(
    ("of_old", "of_new"),
    [
        ("Valid from January 2023. ", "Valid from January 2025. "),
        ("Effective 1 March 2024. ", "Effective 1 April 2024. "),
        ("Version 2.9. ", "Version 2.10. "),
        ("Stand: 03/2023. ", "Stand: 01/2025. "),
        ("Last updated in May 2021. ", "Last updated in June 2021. "),
        ("It was superseded by another policy. ", ""),
    ],
)
def test_the_beginning_of_its_text_tells_which_is_later(of_old: str, of_new: str) -> None:
    texts = {"of_old": of_old + RULE.format(120), "of_new": of_new + RULE.format(165)}
    assert _order("Hotel policy", "Hotel policy new", **texts) == (True, False)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Norway/Travel rates 2024", "Sweden/Travel rates 2025"),
        ("Travel rates Norway 2024", "Travel rates Sweden 2025"),
        ("Minutes 2024-03", "Minutes 2024-04"),
        ("Annual report 2023", "Annual report 2024"),
        ("play-10/Action items 2024", "play-11/Action items 2025"),
        ("Chapter 1 v1", "Chapter 2 v2"),
        ("Hotel policy", "Hotel policy new"),  # neither says how old it is
        ("Hotel policy 2023 v2", "Hotel policy 2025 v1"),  # they contradict themselves
        ("2023", "2025"),  # nothing is left that would be a title
    ],
)
def test_what_only_looks_like_an_edition_is_none(one: str, other: str) -> None:
    assert _order(one, other) == (False, False)


def test_two_documents_of_a_name_that_say_other_things_are_no_editions() -> None:
    lunch = "The canteen serves lunch from noon until two, with soup on Mondays and fish on Fridays for every guest."
    dated = {"of_old": f"Valid from 2023. {RULE}", "of_new": f"Valid from 2025. {lunch}"}
    assert _order("Overview", "Overview new", **dated) == (False, False)
    assert _order("Overview 2023", "Overview 2025", of_new=lunch) == (False, False)


def test_another_source_has_no_say_in_it() -> None:
    with open_made({"hr/Hotel 2023.md": [[RULE]], "legal/Hotel 2025.md": [[RULE]]}) as build:
        assert editions_of(build).namesakes("hr/Hotel 2023.md") == ()


def test_files_that_are_named_otherwise_are_editions_only_if_the_later_says_that_it_replaces_one() -> None:
    def order(said: str) -> bool:
        made = {
            "hr/a/Hotel policy.md": [[f"Valid from January 2023. {RULE}"]],
            "hr/b/Hotel policy.md": [[f"Valid from January 2025. {said}{RULE}"]],
        }
        with open_made(made) as build:
            return editions_of(build).is_later("hr/b/Hotel policy.md", "hr/a/Hotel policy.md")

    assert order("This policy replaces the one of 2023. ")
    assert not order("")


def test_of_three_the_last_is_later_than_both() -> None:
    made = {f"hr/Hotel {year}.md": [[RULE.format(year)]] for year in (2021, 2023, 2025)}
    with open_made(made) as build:
        editions = editions_of(build)
        later = [(one[-7:-3], other[-7:-3]) for one in made for other in made if editions.is_later(one, other)]
    assert later == [("2023", "2021"), ("2025", "2021"), ("2025", "2023")]


def test_the_words_of_a_name() -> None:
    assert name_words("Travel_and-Expenses (v2.1, draft), valid from 1 March 2024") == ("travel", "expenses")
    assert name_words("Form 1040") != name_words("Form 1041")
    assert name_words("Newsletter May 2024") == name_words("") == ()


def test_a_build_has_its_editions_once() -> None:
    with open_made({"hr/a.md": [[RULE]]}) as build:
        assert editions_of(build) is editions_of(build)


def test_a_build_that_nobody_uses_any_more_is_let_go() -> None:
    with open_made({"hr/a.md": [[RULE]], "hr/a-2024.md": [[RULE]]}) as build:
        editions_of(build).is_later("hr/a.md", "hr/a-2024.md")
        passages = weakref.ref(build.passages)
    del build
    gc.collect()
    assert passages() is None, "its memory, its files and what maps them stay with the service for ever"


def test_what_two_texts_have_in_common() -> None:
    assert in_common("Pay 120 euros now", "pay 165 euros now", run=3) == 1
    assert in_common("", "pay", run=1) == in_common("pay now", "pay now", run=3) == 0
