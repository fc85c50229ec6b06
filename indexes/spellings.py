"""One spelling for a word that is written in several ways: British and American, number words, plurals of acronyms.

It looks at words one by one (`spelled`) and at neighbours (`together`), lower-cased and without the text around them;
what needs the text is done before (`indexes.forms`). British and American are told apart by rules and a short list:
the list packages are dead, and most of theirs is what the stemmer does anyway. "cheque" and "check", "tyre" and "tire",
"storey" and "story" stay two words each, since the American one means something else as well.
"""

import re
from collections.abc import Sequence
from decimal import Decimal

MARK = "\ue000"  # before what `indexes.forms` has already written as the term that it is to be
BELOW, ABOVE = MARK + "<", MARK + ">"

_OUR = re.compile(
    "^((?:dis|mis|un|in)?(?:arm|behavi|cand|clam|col|demean|endeav|fav|ferv|flav|glam|harb|hon|hum|lab|neighb|od|parl"
    "|rig|rum|sav|splend|tum|val|vap|vig))our"
)
_METRE = re.compile(
    "^((?:centi|kilo|milli|deca|nano|micro)?(?:met|lit)|cent|epicent|theat|fib|calib|lust|spect)re([sd]?)$"
)
_IZE = re.compile("^(.{3,})(i|y)z(e|ed|es|er|ers|ing|able|ation|ations|ational)$")
_ENCE = re.compile("^(def|off|pret|lic)ence(s|d|less)?$")
_OGUE = re.compile("^(catal|dial|anal|monol|prol|epil)ogue(s|d)?$")
_OTHERS = dict(
    pair.split("=")
    for pair in """acknowledgement=acknowledgment ageing=aging aluminium=aluminum artefact=artifact artefacts=artifacts
    cosy=cozy enrol=enroll enrolment=enrollment focussed=focused focussing=focusing fulfil=fulfill
    fulfilment=fulfillment fuelled=fueled fuelling=fueling grey=gray instalment=installment instalments=installments
    jewellery=jewelry judgement=judgment judgements=judgments licencing=licensing manoeuvre=maneuver
    manoeuvres=maneuvers mould=mold moulds=molds paediatric=pediatric paediatrician=pediatrician plough=plow
    practise=practice practised=practiced practising=practicing programme=program programmes=programs
    pyjamas=pajamas sceptical=skeptical skilful=skillful wilful=willful eur=euro usd=dollar gbp=pound chf=franc
    pct=percent ok=okay sept=september feb=february aug=august oct=october nov=november apis=api ceos=ceo cfos=cfo
    ctos=cto kpis=kpi ngos=ngo slas=sla""".split()
)
_UNITS = {
    word: str(number)
    for number, word in enumerate(
        "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
        " eighteen nineteen".split(),
        2,
    )
}
TENS = {
    word: str(number)
    for number, word in zip(
        range(20, 100, 10), "twenty thirty forty fifty sixty seventy eighty ninety".split(), strict=True
    )
}
_NUMBERS = {**_UNITS, **TENS}  # "one" is a pronoun as often as a number
# "second" is a stretch of time as often as a rank.
_RANKS = {"first": "1st", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "tenth": "10th"}
_TIMES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
_NO_THOUSANDS = frozenset("401k".split())  # a pension
_ACRONYMS_IN_PLURAL = re.compile("^[bcdfghjklmnpqrtvwxz]{2,4}s$")
_SHORT_UNITS = frozenset("hrs yrs mths wks pcs lbs kbps mbps gbps bps fps dps gps css dns rss tls cms pms sms".split())

# What is written apart, with a hyphen and together, and means the same.
_COMPOUNDS = {
    tuple(pair.split("+")): pair.replace("+", "")
    for pair in """e+mail e+mails on+site off+site set+up log+in log+out sign+up back+up back+ups follow+up
    web+site web+sites wi+fi work+shop work+place co+worker co+workers team+room time+sheet time+sheets pay+slip
    pay+slips lay+out data+base data+set file+name user+name pass+word""".split()
}
_LESS = frozenset("under below less fewer younger lower cheaper shorter smaller beneath".split())
_MORE = frozenset("over above more greater older higher longer larger exceeding exceeds beyond".split())
_BEGIN_PAIRS = frozenset(first for first, _ in _COMPOUNDS)
_JOINS = _BEGIN_PAIRS | _LESS | _MORE | frozenset(_TIMES) | frozenset(TENS) | {"least", "most", "up", "cent"}


def spelled(word: str) -> str:
    """Return the one spelling of a lower-cased word or number."""
    if word[0].isdigit():
        return _number(word)
    if word in _NUMBERS:
        return _NUMBERS[word]
    if word in _RANKS:
        return _RANKS[word]
    if word in _OTHERS:
        return _OTHERS[word]
    if _ACRONYMS_IN_PLURAL.match(word) and word not in _SHORT_UNITS:
        return word[:-1]
    word = _OUR.sub(r"\1or", word)
    word = _METRE.sub(r"\1er\2", word)
    word = _ENCE.sub(r"\1ense\2", word)
    word = _OGUE.sub(r"\1og\2", word)
    return _IZE.sub(r"\1\2s\3", word)


def _number(word: str) -> str:
    if re.fullmatch(r"\d{1,3}(?:[,']\d{3})+(?:\.\d+)?|\d{1,3}(?:\.\d{3}){2,}", word):
        whole, point, part = word.partition(".") if re.search(r"[,']", word) else (word.replace(".", ""), "", "")
        word = re.sub(r"[,']", "", whole) + point + part
    elif re.fullmatch(r"\d+,\d{1,2}", word):
        word = word.replace(",", ".")
    elif re.fullmatch(r"\d{2,3}k", word) and word not in _NO_THOUSANDS:
        word = word[:-1] + "000"
    return word.removesuffix(".00")


def together(words: list[str]) -> list[str]:
    """Return words in order, with neighbours that make one word or number put together.

    "set", "up" is "setup"; "twenty", "five" is 25 and "1.5", "million" 1500000; "more", "than" before a number is a
    mark of its own, as "under" is, which would say nothing anywhere else.
    """
    if _JOINS.isdisjoint(words):
        return words
    made: list[str] = []
    done = 0
    for at in [at for at, word in enumerate(words) if word in _JOINS]:
        if at >= done:
            made += words[done:at]
            word, used = _joined(words[at], words[at + 1 : at + 4], made)
            made.append(word)
            done = at + used
    return made + words[done:]


def _joined(word: str, after: Sequence[str], made: list[str]) -> tuple[str, int]:
    """Return what a word and those after it are together, and how many words that uses; `made` may lose its last."""
    if after and (compound := _COMPOUNDS.get((word, after[0]))):
        return compound, 2
    if word in TENS and after and len(unit := _UNITS.get(after[0], "")) == 1:
        return TENS[word][0] + unit, 2
    if word in _TIMES and made and (amount := _amount(made[-1])) is not None:
        made.pop()
        return _plain(amount * _TIMES[word]), 1
    if word == "cent" and made and made[-1] == "per":
        made.pop()
        return "percent", 1
    return _compared(word, after, made)


def _compared(word: str, after: Sequence[str], made: list[str]) -> tuple[str, int]:
    mark = BELOW if word in _LESS else ABOVE if word in _MORE else ""
    if mark and after and after[0] == "than" and _is_number(after[1:]):
        if made and made[-1] in ("no", "not"):
            made.pop()
            mark = ABOVE if mark == BELOW else BELOW
        return mark, 2
    if mark and word not in ("more", "less", "fewer") and _is_number(after):
        return mark, 1
    if word in ("least", "most") and made and made[-1] == "at" and _is_number(after):
        made.pop()
        return (ABOVE if word == "least" else BELOW), 1
    if word == "up" and after and after[0] == "to" and _is_number(after[1:]):
        return BELOW, 2
    return word, 1


def _is_number(words: Sequence[str]) -> bool:
    return bool(words) and (words[0][0].isdigit() or words[0] in _NUMBERS)


def _amount(word: str) -> Decimal | None:
    if word in _NUMBERS:
        return Decimal(_NUMBERS[word])
    number = _number(word) if word[0].isdigit() else ""
    return Decimal(number) if re.fullmatch(r"\d{1,9}(?:\.\d{1,6})?", number) else None


def _plain(amount: Decimal) -> str:
    return format(amount.normalize(), "f")
