"""Are the names of a sentence those of its base: people, places, organisations, days, identifiers, addresses, kinds?

Nothing is looked up: a name is one by its capitals and digits, or because it stands in a closed list (days, months,
places, people by what they do). A name that the base lacks is wrong even if the passage has it elsewhere: somebody else
does something else there.
"""

import re

from service.answering.supported.alike import is_light, nearly, stem
from service.answering.supported.said import Said, unaccented
from service.answering.understanding.names import GROUP_OF, PLACES, one_of_them

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+[^\s.,;)]")
_PLURAL = re.compile(r"(?<=[A-Z][A-Z])s$")  # "KPIs"
_WORD = re.compile(r"[^\W_][\w'’-]*")
_START = re.compile(r"(?:^|[.!?:;]\s+|\n\s*|[\"“(]\s*)$")
_DAYS = frozenset(
    """monday tuesday wednesday thursday friday saturday sunday january february march april june july august september
    october november december mondays tuesdays wednesdays thursdays fridays saturdays sundays weekend weekends noon
    midnight christmas easter""".split()
)
_ROLES = frozenset(
    """accountant administrator agent approver archivist artist assistant auditor author board boss broadcaster buyer
    chair chief coach colourist committee composer consultant contractor coordinator council counsel customer department
    designer developer director distributor doctor driver editor employer engineer executive facility financier
    freelancer guard guest guild head interpreter insurer intern landlord lawyer leader lender licensor licensee
    manager mixer musician nurse officer operator owner parent partner performer photographer planner porter president
    producer programmer publisher reception receptionist requester researcher reviewer rigger secretary seller
    specialist subtitler supervisor supplier surveyor teacher team technician tenant trainee trainer translator
    treasurer user vendor vet visitor volunteer witness client lead grandparent sibling spouse player coach""".split()
)
_OPENS = frozenset("well sure yes no absolutely indeed so thus generally normally usually".split())
_NO_NAMES = frozenset("I I'm I'd I've I'll OK PDF".split())


def name_faults(text: str, said: Said, base: Said, *, raw: str, above: frozenset[str]) -> set[str]:
    """Return "name" or "date" where a sentence names what its base does not.

    Args:
        text: the sentence as it is written.
        said: what it says.
        base: what it rests on.
        raw: that as it is written.
        above: the terms that stand over the base (title, headings, label).
    """
    faults = set()
    lowered = raw.lower()
    if any(address.lower() not in lowered for address in _ADDRESS.findall(text)):
        faults.add("name")
    held = base.held | above
    for name in _names(_ADDRESS.sub(" ", unaccented(text))):
        # of two words or more, all stand in the base or all over it: "Archive Manager" is not in two of them
        places = (held,) if len(name) == 1 else (base.held, above)
        if not any(all(_holds(word, place) for word in name) for place in places):
            faults.add("name")
    for word in said.words:
        plain = word.removesuffix("'s")
        if (plain == "MAY" or plain.lower() in _DAYS) and not _said_of(plain, held):
            faults.add("date")
        elif _is_closed(plain) and not _said_of(plain, held):
            faults.add("name")
    return faults


def _names(text: str) -> list[list[str]]:
    """Return what of a text are names by their capitals or digits, each as its words."""
    names: list[list[str]] = []
    end = -1
    for found in _WORD.finditer(text):
        word = _PLURAL.sub("", found.group().removesuffix("'s").removesuffix("’s"))
        if word in _NO_NAMES or not any(map(str.isupper, word)) or word[0].isdigit():
            continue
        if sum(map(str.isupper, word)) == 1 and (is_light(word.lower()) or _begins(text, found)):
            continue
        if names and text[end : found.start()] == " ":
            names[-1].append(word)
        else:
            names.append([word])
        end = found.end()
    return names


def _begins(text: str, found: re.Match[str]) -> bool:
    """Tell whether a word begins a sentence, where a capital says nothing: unless another follows at once."""
    if not _START.search(text[: found.start()]):
        return False
    if found.group().lower() in _OPENS:
        return True
    following = _WORD.match(text, found.end() + 1)
    return not (following and following.group()[0].isupper() and text[found.end()] == " ")


def _holds(word: str, held: frozenset[str]) -> bool:
    return stem(word.lower()) in held or word.upper() in held or _is_part(word, held)


def _is_part(name: str, held: frozenset[str]) -> bool:
    parts = [part for part in re.split(r"[-'’_]", name.lower()) if part]
    solid = "".join(parts)
    return solid in held or all(stem(part) in held or is_light(part) for part in parts) or nearly(stem(solid), held)


def _is_closed(word: str) -> bool:
    return word in PLACES or word in GROUP_OF or one_of_them(word) in _ROLES or one_of_them(word) in GROUP_OF


def _said_of(word: str, held: frozenset[str]) -> bool:
    return stem(word) in held or word.upper() in held or stem(one_of_them(word)) in held
