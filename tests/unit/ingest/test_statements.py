"""A heading is quoted if it says something, whatever the language; a title and a question are not."""

import pytest

from ingest.statements import is_statement


@pytest.mark.parametrize(
    "heading",
    [
        "The centrifuge may run without a lid only during calibration.",
        "Visitors never receive a key.",
        "Always wear a helmet!",
        "“Nobody leaves the plant alone.”",
        "The tenant pays a rent of 4,200 euros on the first working day of each month",
        "3.2 The supplier delivers within 14 days",
        "The deposit amounts to 900 euros",
        "Do not enter the lab without a badge",
        "Smoking is forbidden in all rooms",
        "Der Mieter zahlt eine Miete von 4.200 Euro am ersten Werktag jedes Monats",
        "Der Vermieter darf die Halle nicht betreten",
        "Le locataire paie un loyer de 4 200 euros",
        "El inquilino paga una renta de 400 euros",
    ],
)
def test_a_sentence_in_the_clothes_of_a_heading_is_a_statement(heading: str) -> None:
    assert is_statement(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "Definitions.",
        "General provisions.",
        "Agreement with Berg Ltd.",
        "How do I...",
        "Can interns take part?",
        "Can interns take part in the bonus",
        "How to request access to the archive for external researchers",
        "Guidelines for the use of camera equipment on location abroad",
        "The role of the data protection officer in the newsroom of tomorrow",
        "Additional steps that you may need to take",
        "Entering the extra hours you will be working",
        "Terms and Conditions of Employment in the Company",
        "Budget plan for the year 2025 and the year 2026",
        "The following may be borrowed by all staff:",
        "Die Rolle des Datenschutzes in der Redaktion",
        "Règles pour la location de la salle",
        "NO SMOKING IN THE WAREHOUSE",
        "",
    ],
)
def test_a_title_or_a_question_is_none(heading: str) -> None:
    assert not is_statement(heading)
