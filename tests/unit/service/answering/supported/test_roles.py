"""Who does what to whom: two words that have changed places are noticed, a sentence in another order is not."""

import pytest

from service.answering.supported.roles import role_faults
from service.answering.supported.said import say

TELLS = "The landlord notifies the tenant of a defect."
CHECKS = "The budget is checked by the controller and signed by the director."
ALARM = "If the door closes, the alarm rings."
GOODS = "The goods are checked before the invoice is paid."
MOVES = "Files are moved from the vault to the archive."


@pytest.mark.parametrize(
    ("sentence", "base"),
    [
        # around a verb
        ("The tenant notifies the landlord of a defect.", TELLS),
        ("The landlord is notified of a defect by the tenant.", TELLS),
        ("The author reviews the text of the editor.", "The editor reviews the text of the author."),
        ("Once a year, the supplier may audit the customer.", "The customer may audit the supplier once a year."),
        ("The budget is checked by the director and signed by the controller.", CHECKS),
        ("Each nurse is accompanied by an actor.", "Each actor is accompanied by a nurse."),
        ("Tapes need more care than discs.", "Discs need more care than tapes."),
        (
            "The deposit is returned after payment of the camera.",
            "The camera is returned after payment of the deposit.",
        ),
        ("The old contract replaces the new contract.", "The new contract replaces the old contract."),
        ("Leeds pays Hamburg for the tapes.", "Hamburg pays Leeds for the tapes."),
        # of prepositions
        ("Files are moved from the archive to the vault.", MOVES),
        ("The badge is issued by the porter for the guest.", "The badge is issued by the guest for the porter."),
        # of a "not"
        ("Drives are erased and never reused.", "Drives are reused and never erased."),
        ("Use the title and not the code.", "Use the code and not the title."),
        # around a connective
        ("If the alarm rings, the door closes.", ALARM),
        ("The invoice is paid before the goods are checked.", GOODS),
        (
            "Unless the tenant agrees, the landlord may not enter.",
            "Unless the landlord agrees, the tenant may not enter.",
        ),
        ("Discs last longer than tapes.", "Tapes last longer than discs."),
        ("Safety rules take precedence over style rules.", "Style rules take precedence over safety rules."),
        # of a list whose order counts
        (
            "Lock the store, the desk and the safe, in this order.",
            "Lock the safe, the desk and the store, in this order.",
        ),
    ],
)
def test_two_words_that_have_changed_places_are_noticed(sentence: str, base: str) -> None:
    assert role_faults(say(sentence), say(base)) == {"roles"}


@pytest.mark.parametrize(
    ("sentence", "base"),
    [
        ("The tenant is notified of a defect by the landlord.", TELLS),
        ("Of a defect the landlord notifies the tenant.", TELLS),
        ("The controller checks the budget, and the director signs it.", CHECKS),
        ("A nurse accompanies each actor.", "Each actor is accompanied by a nurse."),
        ("To the archive, files are moved from the vault.", MOVES),
        ("Drives are never erased but reused.", "Drives are reused and never erased."),
        ("The alarm rings if the door closes.", ALARM),
        ("When the door closes, the alarm rings.", ALARM),
        ("Before the invoice is paid, the goods are checked.", GOODS),
        ("Economy class is booked for short flights.", "Short flights are booked in economy class."),
        ("For a second copy, the archive pays.", "The archive pays for a second copy."),
        ("The safe, the desk and the store are locked.", "Lock the store, the desk and the safe, in any order."),
    ],
)
def test_the_same_in_another_order_is_the_same(sentence: str, base: str) -> None:
    assert role_faults(say(sentence), say(base)) == set()
