"""Does a sentence speak of as many as its base: all, some, most, only?

A sentence may say less than its base ("a desk" for "every desk"), never more: "all" where the base says "most", "only"
where it names one of several, "some" where it says "every". Numbers and their bounds are looked at by `amounts`.
"""

import re
from itertools import pairwise

from service.answering.supported.said import Said

_ALL = frozenset(
    "all every each any always everybody everyone anybody anyone everything entire entirely whole whichever".split()
)
_SOME = frozenset("some several certain sometimes few occasionally partly".split())
_MOST = frozenset(
    "most mostly usually normally often generally typically mainly majority largely commonly primarily chiefly".split()
)
_ONLY = frozenset("only solely exclusively sole".split())
_NONE = frozenset("no none nobody nothing nowhere never neither without".split())
_BUT = frozenset("only solely exclusively alone except nothing nowhere nobody unless until just merely no".split())
_EVEN = frozenset("even whether regardless whatever whoever however although though or".split())
_MANY = frozenset("some several".split())
_IS = frozenset("is are was were".split())
_PLURAL = re.compile(r"(?<!ou)(?<!s)s$")  # "laptops", not "populous"


def quantity_faults(said: Said, base: Said) -> set[str]:
    """Return "quantifier" where a sentence speaks of more, or of others, than its base does."""
    own, others = _plain(said), _plain(base)
    wrong = (
        own & _ONLY and not others & (_BUT | _ONLY),
        "even" in own and not others & _EVEN,
        own & _SOME and not others & (_SOME | _MOST) and others & (_ALL | _NONE),
        own & _MANY and not others & (_SOME | _MOST) and "many" not in others,
        own & _MOST and not others & _MOST,
        own & _ALL and others & (_MOST | _SOME) and not others & _ALL,
        own & _ALL and others & _ONLY and not others & _ALL and not own & _BUT,
        "always" in own and not others & _ALL | others & _NONE,
        _of_most(base) & said.held and not own & (_MOST | _SOME),
        "both" in own and "both" not in others and _is_of_one(base.words),
        "both" in others and "both" not in own and _is_of_one(said.words),
    )
    return {"quantifier"} if any(wrong) else set()


def _is_of_one(words: tuple[str, ...]) -> bool:
    """Tell whether a text speaks of one of several: "one of them", "either half"."""
    return "either" in words or ("one", "of") in pairwise(words)


def _of_most(said: Said) -> frozenset[str]:
    """Return the stems of what a text says only of most: "laptop" in "most laptops"."""
    return frozenset(
        said.terms[at + 1]
        for at in range(len(said.words) - 1)
        if said.words[at] == "most" and said.words[at - 1 : at] != ("at",) and _PLURAL.search(said.words[at + 1])
    )


def _plain(said: Said) -> frozenset[str]:
    """Return the words of a text but those of a bound: "at most", "no more"."""
    words = said.words
    covers = any(words[at : at + 3] == (word, "all", "that") for at, word in enumerate(words) if word in _IS)
    only = frozenset({"only"} if covers else ())  # "promotion is all that it covers"
    return only | frozenset(
        word
        for at, word in enumerate(words)
        if not (word == "most" and at and words[at - 1] == "at")
        and not (
            word == "no" and words[at + 1 : at + 2] and words[at + 1] in ("more", "later", "less", "longer", "fewer")
        )
    )
