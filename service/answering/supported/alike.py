"""Closed lists of English for comparing a sentence with what it rests on: words that say the same, and the opposite.

What is not in a list is compared by its stem, or by a stem that begins the other ("erase", "erasure"). The lists are
short, common and of the workplace on purpose: nothing here knows what a word means in a sentence. British and American
spellings, numbers and dates are one already (`indexes.spellings`, `forms`).
"""

from functools import lru_cache

from indexes.words import STOP_WORDS, terms_in_order

# Each line is one: the first word stands for all.
_SAME = """
begin begins began begun beginning start starts starting started commence commences commencing
end ends ending ended conclude
complete completes completed completing finish finishes finished finishing
inform informs informed informing tell tells told telling notify notifies notified
request requests requested requesting ask asks asked asking
receive receives received receiving get gets got getting given gives give giving grant grants granted
keep keeps kept keeping store stores stored storing retain retained retains retention
employee employees staff colleague colleagues worker workers personnel
erase erases erased erasing erasure delete deletes deleted deleting deletion
pay pays paid paying reimburse reimburses reimbursed payment payments
change changes changed changing modify modifies modified alter alters altered altering amend amends amended
laptop laptops notebook notebooks
trip trips journey journeys
ill illness sick sickness unwell
suffice suffices enough sufficient
contain contains containing contained include includes included including comprise comprises consist consists
lack lacks lacking missing miss
restore restores restored
big bigger large larger
fast faster quick quicker quickly
error errors mistake mistakes
choose chooses chosen chose select selects selected pick picks
show shows shown display displays displayed
help helps assist assists
phone telephone
photo photos photograph photographs photographed
price prices cost costs
film films movie movies
repeat repeats repeated
own owns owned
send sends sent sending submit submits submitted
announce announces announced
hold holds held
outside abroad
buy buys bought purchase purchases purchased
answer answers answered reply replies replied
occur occurs occurred happen happens happened
exceed exceeds exceeding exceeded
require requires required requiring requirement
prove proves proof
another different
""".strip().split("\n")
# Pairs: where a sentence has one, and what it rests on the other alone, it says something else.
_OPPOSITE = """
before after
higher lower
highest lowest
high low
longer shorter
longest shortest
larger smaller
largest smallest
more less
most least
maximum minimum
first last
earlier later
early late
earliest latest
inside outside
within outside
internal external
above below
over under
open closed
begin end
public private
increase decrease
raise lower
increased reduced
present absent
full part
upper lower
left right
front back
arrival departure
arrive leave
import export
upload download
both either
new old
older younger
mandatory optional
compulsory voluntary
compulsory optional
mandatory voluntary
temporary permanent
manual automatic
manually automatically
online offline
single double
indoor outdoor
domestic foreign
net gross
noon midnight
day night
morning evening
morning afternoon
afternoon evening
horizontal vertical
lend borrow
accept refuse
accept reject
accepted refused
accepted rejected
approve reject
approved rejected
succeed fail
upward downward
upwards downwards
forwards backwards
inward outward
inbound outbound
incoming outgoing
rise fall
gain loss
win lose
best worst
better worse
wider narrower
heavier lighter
stricter looser
cheaper dearer
easier harder
major minor
male female
debit credit
north south
east west
""".strip().split("\n")
# Words that carry how something is said, not what: they are weighed as modality, or not at all.
_LIGHT = frozenset(
    """able allow allowed allows allowing apply applies applied be being been case cases count counts counted
    consider considered could do done dont duty each ensure every forbid forbidden forbids get got has have item items
    let long may might must necessary need needed needs not obliged obligation one only oblige otherwise ought people
    permissible permission permit permitted permits person persons please possible prohibit prohibited prohibits
    prohibition regard regarded require required requires requirement shall should somebody someone something take
    taken takes taking thing things treat treated want will would yes also additionally moreover furthermore however
    therefore thus hence according accordingly likewise respectively namely always never anybody anyone nobody
    everybody everyone nothing nowhere none neither nor cannot without within unless except upon during whenever
    whichever whatever soon least exist exists due extra mean means regardless matter matters place order way
    remain remains remained stay stays
    """.split()
)
_LEAST_STEM = 4  # letters of a stem that may begin another
_MOST_ENDING = 5  # letters that the other may be longer


@lru_cache(maxsize=1 << 15)
def stem(word: str) -> str:
    """Return the term of one lower-cased word; words that say the same have the same."""
    found = terms_in_order(_FIRST.get(word, word))
    return found[0] if found else word


@lru_cache(maxsize=1 << 15)
def is_light(word: str) -> bool:
    """Tell whether a lower-cased word says nothing of its own about a subject."""
    if "'" in word:  # "it's", "couldn't"
        return word.endswith("n't") or is_light(word.partition("'")[0])
    return word in STOP_WORDS or word in _LIGHT


def is_modal(word: str) -> bool:
    """Tell whether a lower-cased word is one of those that carry how something is said."""
    return word in _LIGHT


def nearly(term: str, terms: frozenset[str]) -> bool:
    """Tell whether a stem begins one of others, or one of them begins it: "erasur" and "eras"."""
    if len(term) < _LEAST_STEM or not term.isalpha():
        return False
    if any(term[:size] in terms for size in range(max(_LEAST_STEM, len(term) - _MOST_ENDING), len(term))):
        return True
    most = len(term) + _MOST_ENDING
    return any(other.startswith(term) and len(other) <= most for other in terms)


def opposites(term: str) -> frozenset[str]:
    """Return the stems that say the opposite of a stem."""
    return _OPPOSITES.get(term, frozenset())


_FIRST = {word: line.split()[0] for line in _SAME for word in line.split()}


def _pairs() -> dict[str, frozenset[str]]:
    made: dict[str, set[str]] = {}
    for line in _OPPOSITE:
        one, other = map(stem, line.split())
        made.setdefault(one, set()).add(other)
        made.setdefault(other, set()).add(one)
    return {term: frozenset(terms) for term, terms in made.items()}


_OPPOSITES = _pairs()
