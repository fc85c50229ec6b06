"""Names that a person would take for one another are found, and names that differ to the eye are let be."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.look_alikes import look_alikes, look_keys


def _alike(one: str, other: str) -> bool:
    return look_alikes([one, other]) == {other: one}


@pytest.mark.parametrize(
    "other",
    [
        "legal/AI-Policy.md",
        "legal/ai-policy.MD",
        "Legal/ai-policy.md",
        "legal/\u0430i-policy.md",  # Cyrillic a
        "legal/ai-p\u03bflicy.md",  # Greek omicron
        "legal/\u0430\u0456-\u0440\u043el\u0456\u0441\u0443.md",  # whatever Cyrillic has
        "legal/ai-po\u04cficy.md".replace("\u04cf", "l"),
        "legal/ai\u2010policy.md",  # another hyphen
        "legal/ai\u2013policy.md",
        "legal/\uff41\uff49-policy.md",  # full width
        "legal/ai-policy\uff0emd",
        "legal/\U0001d41ai-policy.md",  # mathematical bold
        "legal\u2215ai-policy.md",  # a slash that is none
        "legal/ai-polic\u04af.md",
        "legal/a\u0131-policy.md",  # dotless i
        "legal/\u13aai-policy.md",  # Cherokee
        "legal/\ua4eei-policy.md",  # Lisu
    ],
)
def test_a_name_of_other_case_form_or_letters_looks_like_the_first(other: str) -> None:
    assert _alike("legal/ai-policy.md", other)
    assert _alike(other, "legal/ai-policy.md")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("legal/AI.md", "legal/Al.md"),
        ("legal/rule-1.md", "legal/rule-l.md"),
        ("legal/annex-I.md", "legal/annex-1.md"),
        ("legal/form-10.md", "legal/form-1O.md"),
        ("legal/of\ufb01ce.md", "legal/office.md"),
        ("legal/a b.md", "legal/a\u00a0b.md"),
        ("legal/a b.md", "legal/a  b.md"),
        ("legal/a/b.md", "legal/a /b.md"),
        ("legal/a.md", "legal/a.md "),
        ("legal/it's.md", "legal/it\u2019s.md"),
        ("legal/stra\u00dfe.md", "legal/STRASSE.md"),
        ("legal/\u0451.md", "legal/\u00eb.md"),  # with its dots, of Cyrillic and of Latin
        ("legal/\u0399.md", "legal/l.md"),
    ],
)
def test_these_too(one: str, other: str) -> None:
    assert _alike(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("legal/modern.md", "legal/modem.md"),
        ("legal/rail.md", "legal/rall.md"),
        ("legal/a.md", "legal/\u00e1.md"),
        ("legal/a-b.md", "legal/a_b.md"),
        ("legal/a-b.md", "legal/ab.md"),
        ("legal/a.md", "legal/a.pdf"),
        ("legal/v1.md", "legal/v2.md"),
        ("legal/\u043e\u0442\u0447\u0451\u0442.md", "legal/report.md"),
        ("legal/a/b.md", "legal/a-b.md"),
        ("legal/\u4e00.md", "legal/\u4e8c.md"),
    ],
)
def test_names_that_differ_to_the_eye_are_let_be(one: str, other: str) -> None:
    assert look_alikes([one, other]) == {}


def test_the_first_of_several_keeps_its_looks_and_every_later_one_is_told_of_it() -> None:
    assert look_alikes(["b", "a", "A", "\u0430", "B"]) == {"A": "a", "\u0430": "a", "B": "b"}


def test_a_chain_of_looks_leads_to_the_first() -> None:
    assert look_alikes(["AI", "Al", "al"]) == {"Al": "AI", "al": "AI"}


@given(st.text(max_size=30))
def test_every_name_has_keys_and_looks_like_itself(name: str) -> None:
    assert look_keys(name) == look_keys(name)
    assert look_alikes([name]) == {}
