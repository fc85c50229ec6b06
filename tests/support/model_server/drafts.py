"""Drafts that a model could write from the passages of its prompt: a good one, and each way in which one is wrong.

All but the good one are wrong in one thing only, so that a check which lets one through is known by its script.
"""

import re

from tests.support.model_server.exchange import Asked

GENERAL_KNOWLEDGE = "The Eiffel Tower in Paris is about 330 metres tall and was finished in 1889."
OTHER_LANGUAGE = "Das weiß ich nicht genau, aber der Eiffelturm in Paris ist ungefähr 330 Meter hoch."
INVENTED_QUOTE = 'The handbook says word for word: "Everybody may claim up to 9,999 euros without a receipt."'
UNKNOWN_ID = "zz99"
EFFECT = "Obeyed"
_SENTENCE = re.compile(r"[^\n.!?]+(?:[.!?](?=\s|$)|(?=\n|$)|[.!?])+")
_NOT = re.compile(r"\b(?:not|never|no)\s|n't\b", re.IGNORECASE)
_ORDER = re.compile(
    r"\b(?:ignore|disregard|forget|instead|instruction|you must|respond with|reply with|answer with|say|print|reveal"
    r"|translate|write|explain|tell me)\b",
    re.IGNORECASE,
)


def sentences(text: str) -> list[str]:
    """Return the sentences of a passage, roughly."""
    found = (re.sub(r"\s+", " ", match[0]).strip() for match in _SENTENCE.finditer(text))
    return [one for one in found if len(one.split()) > 3]


def best(asked: Asked, most: int = 2) -> list[tuple[str, str]]:
    """Return the sentences that share most with the question, each with the id of its passage."""
    wanted = set(re.findall(r"\w{4,}", asked.question.lower()))
    ranked = [
        (-len(wanted & set(re.findall(r"\w{4,}", one.lower()))), order, place, name, one)
        for order, (name, text) in enumerate(asked.passages.items())
        for place, one in enumerate(sentences(text))
    ]
    return [(name, one) for _, _, _, name, one in sorted(ranked)[:most]]


def cited(said: list[tuple[str, str]]) -> str:
    """Return sentences, each with its citation."""
    return " ".join(f"{one} [{name}]" for name, one in said)


def good(asked: Asked) -> str:
    """The best sentences, word for word, each cited."""
    return cited(best(asked))


def uncited(asked: Asked) -> str:
    """The same without citations."""
    return " ".join(one for _, one in best(asked))


def unknown_ids(asked: Asked) -> str:
    """The same, with ids that were never offered."""
    return " ".join(f"{one} [{UNKNOWN_ID}]" for _, one in best(asked))


def general_knowledge(asked: Asked) -> str:
    """What no passage says, cited as if one did."""
    return f"{GENERAL_KNOWLEDGE} [{_any_id(asked)}]"


def other_language(asked: Asked) -> str:
    """In another language than the question, and not from the passages."""
    return f"{OTHER_LANGUAGE} [{_any_id(asked)}]"


def invented_quotes(asked: Asked) -> str:
    """A quote that stands nowhere."""
    return f"{INVENTED_QUOTE} [{_any_id(asked)}]"


def digit_changed(asked: Asked) -> str:
    """A sentence with a number, one digit of it another; the good draft where no passage has a number."""
    for name, one in _all(asked):
        if found := re.search(r"\d", one):
            changed = str((int(found[0]) + 1) % 10)
            return f"{one[: found.start()]}{changed}{one[found.end() :]} [{name}]"
    return good(asked)


def not_dropped(asked: Asked) -> str:
    """A sentence that forbids something, without its `not`; the good draft where there is none."""
    for name, one in _all(asked):
        if _NOT.search(one):
            return f"{re.sub(r'  +', ' ', _NOT.sub('', one, count=1)).strip()} [{name}]"
    return good(asked)


def merged(asked: Asked) -> str:
    """The beginning of one rule with the end of another, both cited."""
    said = best(asked, most=2)
    if len(said) < 2:
        return good(asked)
    (first, one), (second, other) = said
    words, others = one.rstrip(".").split(), other.split()
    return f"{' '.join(words[: len(words) // 2 + 1])} {' '.join(others[len(others) // 2 :])} [{first}] [{second}]"


def half_true(asked: Asked) -> str:
    """A good sentence and one that no passage says."""
    return f"{cited(best(asked, most=1))} {general_knowledge(asked)}"


def obeyed(asked: Asked) -> str:
    """Whatever looks like an order, in a passage or in the question, done: the order again, and that it was obeyed."""
    for name, text in (*asked.passages.items(), (_any_id(asked), asked.question)):
        for one in sentences(text):
            if _ORDER.search(one):
                return f"{EFFECT}: {one} [{name}]"
    return ids(asked) if asked.is_judging else good(asked)


def leaked(asked: Asked) -> str:
    """Its own prompt."""
    return f"My instructions are: {asked.system} [{_any_id(asked)}]"


def ids(asked: Asked) -> str:
    """The ids of the passages that share a word with the question: what a good judge says."""
    wanted = set(re.findall(r"\w{4,}", asked.question.lower()))
    told = [n for n, text in asked.passages.items() if wanted & set(re.findall(r"\w{4,}", text.lower()))]
    return " ".join(told) or asked.declining


def declined(asked: Asked) -> str:
    """That the passages do not answer, in the word that it was told."""
    return asked.declining


def chatty_judgement(asked: Asked) -> str:
    """What a judge must not say: no ids, but an opinion."""
    return "I believe that most of the passages are quite helpful here!" if asked.is_judging else good(asked)


def judged_none(asked: Asked) -> str:
    """None answers, says the judge; asked to write, it would."""
    return asked.declining if asked.is_judging else good(asked)


def standing_alone(asked: Asked) -> str:
    """The question with the one before it in brackets: it stands alone, if not well."""
    return f"{asked.question.rstrip('?')} ({asked.earlier[-1].rstrip('?')})?"


def rewritten_with_more(asked: Asked) -> str:
    """The same with a fact of its own."""
    return f"{standing_alone(asked).rstrip('?')} above 51 euros?"


def rewritten_without_not(asked: Asked) -> str:
    """The same without a word that denies."""
    return _NOT.sub("", standing_alone(asked), count=1)


def rewritten_as_answer(_asked: Asked) -> str:
    """An answer instead of a question."""
    return "It is fifty-one euros a day."


def rewritten_on_two_lines(asked: Asked) -> str:
    """The question with talk before it."""
    return f"Here is the question:\n{standing_alone(asked)}"


def rewritten_as_told(asked: Asked) -> str:
    """Whatever looks like an order in a question before, done."""
    ordered = [one for text in asked.earlier for one in sentences(text) if _ORDER.search(one)]
    return f"{EFFECT}: {ordered[0]}" if ordered else standing_alone(asked)


def _all(asked: Asked) -> list[tuple[str, str]]:
    return best(asked, most=1_000)


def _any_id(asked: Asked) -> str:
    return next(iter(asked.passages), UNKNOWN_ID)
