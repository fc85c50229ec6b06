"""What kinds of answer a unit offers: the other side of `wanted`, told from its words, its kind and its label.

Regular expressions and short word lists, English first. A unit that offers a kind need not answer with it: "within ten
days" offers a time whatever the ten days are for. Whether it is on the subject is weighed elsewhere (`features`).
"""

import re
from functools import lru_cache

from indexes.units import UnitKind
from service.answering.understanding.wanted import Want

_KEPT = 1 << 14  # units and kinds of answer; a few MB when full of them
_COUNT = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|"
    r"eighteen|"
    r"nineteen|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ]\w+)?|hundred|thousand|million|"
    r"billion|dozen|"
    r"half|quarter|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|deux|trois|quatre|cinq|six|sept|huit|"
    r"neuf|dix)"
)
_PERIOD = (
    r"(?:seconds?|minutes?|mins?|hours?|days?|nights?|weekdays?|weekends?|weeks?|fortnights?|months?|quarters?|"
    r"years?|"
    r"decades?|tage?n?|stunden?|wochen?|monate?n?|jahre?n?|jours?|heures?|semaines?|mois|ans?)"
)
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?|may(?= \d)|januar|februar|märz|juni|juli|oktober|dezember)"
)
_YEAR = r"(?:1[89]|20)\d\d"
_DAY = r"(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
# A number with what it counts; not that of a section, nor a year by itself.
_NUMBER = re.compile(
    rf"[€$£]\s?\d|\d\s?[%€$£°]|\b(?!{_YEAR}\b(?! ?(?:euro|dollar|pound|k|m)))\d[\d.,  ]*(?:k|m|kg|g|km|cm|mm|gb|"
    rf"mb|kb)?\b(?!\.\d)|"
    rf"\b{_COUNT}\b|\b(?:an?|one|each|per) (?:{_PERIOD}|euro|dollar|percent|third)\b|\b(?:once|twice|none|"
    rf"no more than)\b"
)
# Figures that count nothing: of a section, a page, a day of a month.
_NO_COUNT = re.compile(
    r"^\s*(?:section |article |clause |§ ?)?\d+(?:\.\d+)*[.)]?\s+(?=\D)|\b(?:section|article|clause|page|§) ?\d[\d.]*|"
    rf"\b\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{_MONTH}\b|\b{_MONTH} \d{{1,2}}\b"
)
_TIME = re.compile(
    rf"\b(?:\d+(?:[.,]\d+)?|{_COUNT}|an?|one|each|every|per|last|next|first|same|working|calendar|following)[- ]"
    rf"(?:(?:working|calendar|full|business|consecutive|more|or|further|to|\d+|{_COUNT}) )*{_PERIOD}\b|"
    rf"\b{_MONTH}\b|\b\d{{4}}-\d\d-\d\d\b|\b\d{{1,2}}[/.]\d{{1,2}}[/.]\d{{2,4}}\b|\b{_YEAR}\b|\b\d{{1,2}}[:.]\d\d\b|"
    r"\b\d{1,2} ?(?:am|pm|a\.m|p\.m|o'clock|uhr)\b|\b(?:noon|midnight|monday|tuesday|wednesday|thursday|friday|"
    r"saturday|sunday)s?\b|"
    r"\b(?:daily|weekly|monthly|quarterly|yearly|annual|annually|hourly|immediately|at once|as soon as|straight away|"
    r"without delay|promptly|right away|end of (?:the|each|every)|at any time|until|deadline|once (?:a|every|per)|"
    r"twice|"
    r"today|tomorrow|weekdays|in advance|before|after|within|during|always|sofort|täglich)\b"
)
_FREQUENCY = re.compile(
    rf"\b(?:once|twice|(?:{_COUNT}|\d+) times|every|each|per|daily|weekly|monthly|quarterly|yearly|"
    rf"annual|annually|hourly|fortnightly|regularly|(?:first|last|second|third|fourth) {_DAY} of|"
    rf"an? (?:day|week|month|quarter|year|shift|season)|{_DAY}s|always|frequency|intervals?|täglich|jede[nsmr]?)\b"
)
_ROLE = (
    r"(?:managers?|officers?|teams?|departments?|head of \w+|directors?|leads?|leaders?|desk|committees?|boards?|"
    r"councils?|"
    r"office|secretar(?:y|ies)|supervisors?|owners?|chiefs?|chair(?:man|woman|person)?|president|administrators?|"
    r"admins?|"
    r"employees?|staff|colleagues?|contractors?|trainees?|interns?|apprentices?|visitors?|guests?|nurses?|doctors?|"
    r"physicians?|guards?|reception(?:ists?)?|caretakers?|janitors?|editors?|reporters?|journalists?|lawyers?|"
    r"counsel|"
    r"accountants?|auditors?|approvers?|engineers?|developers?|designers?|analysts?|coordinators?|representatives?|"
    r"partners?|tenants?|landlords?|suppliers?|vendors?|customers?|clients?|users?|members?|agenc(?:y|ies)|unit|"
    r"group|"
    r"human resources|hr|it|finance|legal|payroll|procurement|security|facilities|helpdesk|service|works council|"
    r"union|ministry|authority|chef|captain|driver|teachers?|students?|people|persons?|everyone|everybody|anyone|"
    r"anybody|"
    r"nobody|no one|vorgesetzte\w*|abteilung|leitung|personal|direction|équipe)"
)
_PERSON = re.compile(rf"\b{_ROLE}\b")
_NAMED = re.compile(
    r"(?<=[a-z,;:] )[A-Z][\w'’-]+ [A-Z][\w'’-]+|\b(?:Mr|Mrs|Ms|Dr|Prof|Herr|Frau|Mme)\b|\b[A-Z]{2,5}\b|@"
)
_PLACE = re.compile(
    r"@|https?:|\+\d|\b\d{4,}\b(?! ?(?:euro|dollar|pound|\w+s\b))|www\.|#\w|\b(?:rooms?|buildings?|floors?|"
    r"streets?|offices?|desk|portal|intranet|pages?|sites?|websites?|"
    r"folders?|drives?|drawers?|cabinets?|shel(?:f|ves)|lockers?|boxes|box|warehouse|entrance|lobby|reception|"
    r"basement|"
    r"kitchen|canteen|parking|garage|yard|hall|wing|library|lab|laboratory|store|shop|address|e-?mail|mail|"
    r"extension|phone|"
    r"telephone|call|dial|ring|contact|channel|slack|teams|ticket|form|system|tool|app|dashboard|register|wiki|"
    r"calendar|"
    r"online|outside|inside|upstairs|downstairs|abroad|at home|on site|on-site|at the|in the|on the|from the|"
    r"country|city|"
    r"town|europe|stored in|kept in|kept at|raum|gebäude|bureau)\b"
)
_RULE = re.compile(
    r"\b(?:must|may|can|cannot|can't|never|not|only|allowed|permitted|forbidden|prohibited|required|mandatory|needs?|"
    r"have to|has to|had to|should|shall|entitled|eligible|optional|obliged|free to|do not|don't|doesn't|isn't|"
    r"aren't|"
    r"without|unless|except|exempt|always|banned|responsible for|as long as|provided that|subject to|"
    r"darf|dürfen|muss|müssen|nicht|nur|kein\w*|verboten|erlaubt|doit|doivent|peut|peuvent|interdit)\b|"
    r"^(?:yes|no|ja|nein|oui|non)\b|\bno \w+"
)
_VERBS = (
    r"(?:add|agree|allow|apply|approve|arrange|ask|attach|avoid|back|begin|book|bring|call|change|check|choose|"
    r"clean|click|"
    r"close|collect|complete|confirm|consider|contact|copy|create|delete|describe|dial|disconnect|do|download|"
    r"email|e-mail|"
    r"encrypt|ensure|enter|evacuate|explain|file|fill|find|finish|follow|forward|get|give|go|hand|head|hold|identify|"
    r"inform|install|invite|join|keep|leave|let|lift|list|lock|log|look|mail|make|mark|measure|meet|move|never|"
    r"note|notify|"
    r"obtain|offer|open|order|pack|pay|phone|pick|place|plan|plug|post|prepare|press|print|provide|publish|pull|"
    r"push|put|"
    r"raise|read|record|register|remember|remove|repeat|replace|reply|report|request|reset|restart|return|review|"
    r"ring|run|"
    r"save|scan|schedule|search|see|select|send|set|share|show|shut|sign|speak|start|state|stay|stop|store|submit|"
    r"switch|"
    r"take|talk|tap|tell|test|tick|transfer|try|turn|type|update|upload|use|verify|visit|wait|walk|wash|wear|work|"
    r"write)"
)
_STEP = re.compile(
    rf"^(?:\W*(?:first|then|next|finally|please|always|simply|also|now|to \w+),? )?{_VERBS}\b|"
    rf"(?:[,;:] |\bplease |\bthen |\band then )(?:please |then |do not )?{_VERBS}\b (?!by\b)|"
    r"\b(?:must|have to|has to|needs? to|should|shall)\b|\bby \w+ing\b|\b(?:using|via|through|step)\b|"
    r"\b(?:is|are|must be|be) (?:\w+ly )?\w+(?:ed|en|wn|nt|de|ld) (?:by|to|within|at|on|in|from|with|through|via|"
    r"before|until)\b"
)
_DEFINITION = re.compile(
    r"\b(?:means?|refers? to|defined as|stands for|is called|are called|known as|consists? of|describes?|denotes?|"
    r"bedeutet|heißt|signifie)\b|^(?:\W*[\w'’()/-]+ ){1,8}?(?:is|are|was) (?:an?|the|any|every|all|our|one|when|"
    r"what|how|"
    r"where|defined|used|information|data|software|anything)\b"
)
_LISTED = re.compile(r"(?:[^,;]+[,;]){2,}.*\b(?:and|or|und|oder|et|ou)\b|:\s*$|:\s+[^,;:]+[,;]")
_REASON = re.compile(
    r"\b(?:because|since|so that|in order to|due to|owing to|reasons?|as a result|therefore|which is why|otherwise|"
    r"to (?:avoid|prevent|protect|ensure|make sure|keep|help|reduce|allow)|risks?|causes?|purpose|leads? to|"
    r"damage|weil|damit|"
    r"deshalb|parce que|afin)\b"
)
_OF_TEXT = {
    Want.TIME: _TIME,
    Want.FREQUENCY: _FREQUENCY,
    Want.PERSON: _PERSON,
    Want.PLACE: _PLACE,
    Want.RULE: _RULE,
    Want.STEP: _STEP,
    Want.DEFINITION: _DEFINITION,
    Want.LIST: _LISTED,
    Want.REASON: _REASON,
}
_OF_KIND = {
    UnitKind.ITEM: {Want.LIST},
    UnitKind.STEP: {Want.LIST, Want.STEP},
    UnitKind.ROW: {Want.LIST},
}


def offered(text: str, wants: frozenset[Want], *, kind: UnitKind, labelled: bool) -> frozenset[Want]:
    """Return which of some kinds of answer a unit offers.

    Args:
        text: of the unit.
        wants: the kinds that are asked for; no other is looked for.
        kind: of the unit.
        labelled: whether it stands under a lead-in, a term or a question.
    """
    if not wants:
        return frozenset()
    of_kind = _OF_KIND.get(kind, set()) | ({Want.DEFINITION} if labelled and kind is UnitKind.FACT else set())
    return frozenset(want for want in wants if want in of_kind or _offers(want, text))


@lru_cache(maxsize=_KEPT)  # it depends on the unit alone, and much is asked of the same documents
def _offers(want: Want, text: str) -> bool:
    lowered = " ".join(text.lower().replace("’", "'").split())
    if want is Want.NUMBER:
        return _NUMBER.search(_NO_COUNT.sub(" ", lowered)) is not None
    if want is Want.PERSON and _NAMED.search(text):
        return True
    return _OF_TEXT[want].search(lowered) is not None
