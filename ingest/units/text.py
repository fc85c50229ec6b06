"""What a single line or sentence is by its wording: a question, an answer's mark, a short fact, a title, a lead-in.

Words of English, German, French and Spanish; knows no grammar. A wrong guess costs a quote or lends a label: what is
quoted is the stored text all the same.
"""

import re

from indexes.abbreviations import ends_abbreviated
from indexes.units import MOST_CHARS, UnitKind
from ingest.statements import asks, is_statement

_QUESTION_MARK = re.compile(r"(?:Q(?:uestion)?|Frage|Pregunta)\s?\d{0,3}\s?[:.)]\s*(?=\S)", re.IGNORECASE)
_LETTER_MARK = re.compile(r"[FP]\s?\d{0,3}\s?:\s+(?=\S)")  # "F:" is a question only where it asks
_ANSWER_MARK = re.compile(r"(?:A|R|Answer|Antwort|Réponse|Reponse|Respuesta)\s?\d{0,3}\s?[:.](?:\s+|$)", re.IGNORECASE)
_QUOTED_AT_END = re.compile(r"(?<=\s)[\"'“”„«‘][^\"“”„«»]*\?[\"'”’»]+\W*$")
_WORD = re.compile(r"[^\W_]+(?:['’.,:/-][^\W_]+)*")
_CLOSING = "\"'”’»)]* "
_FACT = re.compile(r"(?P<label>[^:;.!?\n]{2,60}):\s+(?P<value>\S.*)")
_DASHED = re.compile(r"(?P<label>[^:;.!?\n–—]{2,60}) [–—] (?P<value>\S.*)")
_NUMBERED_PART = re.compile(
    r"(?:figure|fig\.|table|tab\.|chapter|part|section|appendix|annex|exhibit|schedule|volume|abbildung|abb\.|tabelle|"
    r"kapitel|teil|abschnitt|anhang|anlage|tableau|chapitre|partie|annexe|tabla|capítulo|anexo)\s+[\dIVXA-Z]+\b",
    re.IGNORECASE,
)
_TIME = r"(?:\w+ )?(?:day|night|morning|week|month|quarter|year|season|Tag\w*|Woche\w*|Monat\w*|Jahr\w*)\b"
_ANNOUNCES = re.compile(
    rf"\b(?:following(?! {_TIME})|follows|below|as listed|these (?:are|steps|rules|points)|"
    rf"folgend\w*\b(?! {_TIME})|folgt|nachstehend\w*|unten|"
    r"suivant\w*|ci-dessous|siguiente\w*|a continuación)\b",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"(?:how|what|when|where|which|who|whom|whose|why|can|may|do|does|is|are|wie|was|wann|wo|wer|welche\w*|warum|wozu|"
    r"darf|kann|comment|quel\w*|quand|où|qui|pourquoi|cómo|qué|cuál|cuándo|dónde|quién)\s",
    re.IGNORECASE,
)
_LEADER = re.compile(r"(?:\.\s?){4,}|…{2,}")  # of a table of contents
_CODE = re.compile(r"[{}<>]|=>|==|\);|^\W*(?://|#!|\$ )|[;\\]$|::|\w\(\)|: '[^']*'")
_MOST_LABEL_WORDS = 6
_MOST_VALUE_WORDS = 12
_MOST_TITLE_WORDS = 12
_LEAST_ENDED = 3  # words of a sentence that a full stop ends
_LEAST_OPEN = 10  # of one that no mark ends: headings and table cells stand as lines too
_LEAST_WITH_NUMBER = 4


def word_count(text: str) -> int:
    """Return how many words a text has."""
    return len(_WORD.findall(text))


def question_mark_end(text: str) -> int:
    """Return where what follows "Q:" begins; 0 where a line has no such mark."""
    found = _QUESTION_MARK.match(text)
    if found and (found.group().rstrip().endswith(":") or asks(text)):
        return found.end()
    found = _LETTER_MARK.match(text)
    return found.end() if found and asks(text) else 0


def answer_mark_end(text: str) -> int:
    """Return where what follows "A:" begins; 0 where a line has no such mark."""
    found = _ANSWER_MARK.match(text)
    return found.end() if found else 0


def is_question(text: str) -> bool:
    """Tell whether a sentence asks, by its mark; one that ends by quoting a question does not."""
    if not asks(text) or is_code(text):
        return False
    quote = _QUOTED_AT_END.search(text)
    return not quote or not text[: quote.start()].strip(_CLOSING + "“„«([¿") or text[quote.start() - 2] in ":?"


def announces(text: str) -> bool:
    """Tell whether a sentence says that a list follows, by its words."""
    return bool(_ANNOUNCES.search(text))


def ends_in_colon(text: str) -> bool:
    """Tell whether a sentence leads in what follows."""
    return text.rstrip(_CLOSING).endswith(":")


def own_label_end(text: str) -> int:
    """Return where the label with which a text begins ends, as in "Per diem: 50 euros"; 0 where it begins with none."""
    found = _FACT.fullmatch(text) or _DASHED.fullmatch(text)
    if not found or _NUMBERED_PART.match(text) or word_count(found["label"]) > _MOST_LABEL_WORDS:
        return 0
    return found.end("label") if word_count(found["label"]) or found["label"].strip() else 0


def is_code(text: str) -> bool:
    """Tell whether a line is of a program or a command, by its signs."""
    return bool(_CODE.search(text))


def is_fact(text: str) -> bool:
    """Tell whether a line is a short fact that bears its own label: "Invoices: ten years", "Library – 9-17"."""
    end = own_label_end(text)
    if not end or _LEADER.search(text) or is_code(text):
        return False
    value = text[end:].lstrip(": –—")
    if text[end : end + 1] != ":":
        return bool(re.search(r"\d", value)) and word_count(value) <= _MOST_LABEL_WORDS
    return word_count(value) <= _MOST_VALUE_WORDS


def is_title(text: str) -> bool:
    """Tell whether a line that is no sentence may name what stands below it."""
    if is_code(text):
        return False
    return 0 < word_count(text) <= _MOST_TITLE_WORDS and not text.rstrip(_CLOSING).endswith((".", ",", ";", "!", "…"))


def asks_by_wording(text: str) -> bool:
    """Tell whether a title asks, by its mark or as it begins: "How to get a badge"."""
    return asks(text) or bool(_ASKED.match(text))


def kind_of(text: str, *, paged: bool) -> UnitKind:
    """Return the kind of a sentence that stands under nothing: QUESTION, LABEL or SENTENCE.

    Args:
        text: one sentence.
        paged: it stands on a page, where lines may be what is left of headings and cells.
    """
    if is_question(text):
        return UnitKind.QUESTION
    return UnitKind.SENTENCE if len(text) <= MOST_CHARS and _says(text, paged=paged) else UnitKind.LABEL


def _says(text: str, *, paged: bool) -> bool:
    if _LEADER.search(text):
        return False
    words = word_count(text)
    bare = text.rstrip(_CLOSING)
    if bare.endswith((".", "!", "?")) and not ends_abbreviated(bare):
        return words >= _LEAST_ENDED or (not paged and words > 1 and bool(re.search(r"\d", text)))
    if words >= _LEAST_OPEN or is_statement(text):
        return True
    return not paged and words >= _LEAST_WITH_NUMBER and bool(re.search(r"\d", text)) and not _NUMBERED_PART.match(text)
