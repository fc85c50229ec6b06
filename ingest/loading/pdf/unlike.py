"""Words that a second look sees on a page and the stored text lacks.

Compared are letters alone, whatever stands between them: so words that were parted at a line's end or spaced out are
not missed. A word is there if the text of its page holds it, or that of the page before or after, where a sentence may
have gone, or a line that was left out because it says nothing of its own. A few words are no news: both looks guess.
"""

from collections.abc import Iterable, Mapping

_LEAST_WORDS = 3  # of a page
_LEAST_SHARE = 0.02  # of a page's words
_MIN_LETTERS = 3  # of a word: shorter ones stand in others


def lacking(seen: Mapping[int, str], stored: Mapping[int, str], dropped: Iterable[str]) -> dict[int, int]:
    """Return how many words of each page are seen and not stored; pages that lack next to none are left out.

    Args:
        seen: the text of each page, as the second look sees it.
        stored: the text of each page, as it is stored.
        dropped: lines that were left out because they say nothing of their own.
    """
    left_out = "".join(map(_letters, dropped))
    letters = {number: _letters(text) for number, text in stored.items()}
    known = {number: set(map(_letters, text.split())) for number, text in stored.items()}
    found: dict[int, int] = {}
    for number, text in seen.items():
        words = [word for word in map(_letters, text.split()) if len(word) >= _MIN_LETTERS]
        near = left_out + "".join(letters.get(number + shift, "") for shift in (-1, 0, 1))
        own = known.get(number, set())
        count = sum(word not in own and word not in near for word in words)
        if count >= max(_LEAST_WORDS, _LEAST_SHARE * len(words)):
            found[number] = count
    return found


def _letters(text: str) -> str:
    return "".join(char for char in text.casefold() if char.isalpha())
