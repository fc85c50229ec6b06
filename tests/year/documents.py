"""The documents of the simulated year: rules of made-up departments, each with facts that only it holds."""

import random

DEPARTMENTS = ("legal", "people", "post", "studio", "travel")
_WORDS = (
    "producer editor colourist runner accountant counsel broadcaster distributor archive vault screening premiere "
    "trailer poster subtitle caption licence clearance embargo invoice budget contract schedule location permit "
    "insurance catering costume camera lens drone stage set prop vehicle hotel flight rail visa allowance receipt"
).split()
_VERBS = "approves reviews signs keeps returns orders checks files reports stores".split()


def name_of(number: int) -> str:
    """Return a document's name in the library."""
    return f"{DEPARTMENTS[number % len(DEPARTMENTS)]}/rule-{number:03d}.md"


def text_of(number: int, edition: int) -> str:
    """Return a document's text, some 7 KB; `edition` changes one paragraph."""
    chosen = random.Random(number)  # nosec B311  # noqa: S311  (made-up texts)
    parts = [f"# Rule {number} on {' and '.join(chosen.sample(_WORDS, 2))}", fact_of(number, edition)]
    for section in range(1, 13):
        parts.append(f"## Section {section} of rule {number}")
        parts += [_sentence(chosen, number) + " " + _sentence(chosen, number) for _ in range(3)]
    return "\n\n".join(parts) + "\n"


def fact_of(number: int, edition: int) -> str:
    """Return the sentence by which a document's edition is told from any other."""
    return f"The keeper of rule {number} answers requests about marker{number} within {3 + edition} working days."


def question_of(number: int) -> str:
    """Return a question that this document alone answers."""
    return f"Within how many working days does the keeper answer requests about marker{number}?"


def _sentence(chosen: random.Random, number: int) -> str:
    who, what, where = chosen.sample(_WORDS, 3)
    verb, days = chosen.choice(_VERBS), chosen.randint(2, 90)
    return f"The {who} of unit {number} {verb} every {what} at the {where} within {days} days of the {what} date."
