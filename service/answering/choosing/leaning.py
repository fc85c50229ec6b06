"""Sentences that say little without the one before them, because they begin with a word that points back to it.

They are quoted together with what they lean on, as one sentence. Looks at the first word alone: what it points back to,
and whether that is the sentence before, it does not know.
"""

from indexes.words import words

_LEANING = frozenset("it they this these that those such he she its their".split())


def leans(text: str) -> bool:
    """Tell whether a sentence begins with a word that points back."""
    return bool(_LEANING.intersection(words(text)[:1]))
