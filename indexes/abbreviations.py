"""Whether a full stop ends a sentence or only an abbreviation: for whoever parts a text into sentences.

A model trained on English news (`ingest.sentences`) knows those of news only. Contracts, manuals and minutes
abbreviate otherwise, and in several languages: "cl. 7.3", "Ref. HR-12", "Nr. 3", "z. B.", "p. ex.", "5 Mio. Euro",
"am 1. März". Asked of two stretches that were parted, `goes_on` says that they are one. What decides is the word
before the stop and the first word after it; where both readings are possible ("See Ref. The ..."), a word that begins
sentences, such as "The", ends the one before.
"""

import re

_LAST = re.compile(r"([^\s(\[{\"'“„‘«]*)\.[\"'”’»)\]]*$")
_FIRST = re.compile(r"[\"'“„‘«(\[]*([^\s,;:)\]]+)")
_IDENTIFIER = re.compile(r"[§(\[#]?\d|§|[A-Z]{1,5}[-/.]?\d|[A-Z]\b|[IVXLC]+\b|[A-Z]{2,5}-")
_SPACED = re.compile(r"(?<!\w)((?:[^\W\d_]\.\s)+[^\W\d_]{1,3})\.$")  # "z. B.", "p. ex.", "i. V. m."
_CITED = re.compile(r"(?:[A-Z]\.)+[A-Z]")  # of a collection: "410 U.S. 113", "1976-1 C.B. 270"
_INITIAL = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_ORDINAL = re.compile(r"(?:^|[\s(])(\w*)\s*\b\d{1,3}$")
_TAIL_CHARS = 60  # of a sentence: no abbreviation with the word before it is longer


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# They never end a sentence: an example, a comparison, a title before a name.
_NEVER_LAST = _words(
    "e.g eg i.e ie cf viz vs v dr mr mrs ms prof messrs z.b d.h bzw vgl sog ggf evtl i.d.r i.v.m i.s.d i.s.v u.u z.t "
    "z.zt hr hrn frl dipl dipl.-ing dipl.-kfm p.ex c.-à-d c-à-d m.m mme mmes mlle p.ej sr sra srta d.ª bijv d.w.z"
)
# They go on with a number, or with what stands for one: "HR-12", "IV", "B", "§ 3", "(b)".
_BEFORE_NUMBER = _words(
    "dir pt pts rm bldg art arts ch chap cl cls no nos nr nrn fig figs sec secs sect para paras par pp pg p s ss ref "
    "refs reg regs rev revs vol vols ver vers v app append sched exh eq eqs tab tbl ext tel fax max min approx ca c "
    "circa op ed iss amend cap lit pos div stat ord ser abt rul proc abs ziff rn rz rdnr kap bd bde abb anl anh aufl "
    "hs lfd tz ausg beil n núm num nro pág págs pag apdo párr env liv tit al jan feb febr mar mär apr jun jul aug sep "
    "sept oct okt nov dec dez jän janv févr avr juil déc ene abr ago dic mon tue tues wed thu thur thurs fri sat sun"
)
# They go on with a small letter, besides those above: units, firms, and what is shortened in tables and forms.
_BEFORE_SMALL = _words(
    "acc seq al dept est etc resp in ft yd yds lb lbs oz kg mm cm km mi gal sq cu hr hrs min mins sec secs std wk wks "
    "yr yrs inc ltd co corp plc llc bros gmbh ag s.a s.l s.r.l e.v jr sr st ave blvd rd govt assn intl mfg misc temp "
    "avg qty ref u.s u.k e.u a.m p.m usw u.a u.ä o.ä u.v.m bspw insb einschl gem entspr mind inkl exkl zzgl abzgl "
    "stellv jhd jh str tgl mtl jährl zzt incl excl f ff sqq ecc enz o.a ph.d b.a m.a n.b uu"
)
# They go on with a capital too, unless it begins one of the words that begin sentences.
_BEFORE_CAPITAL = _words(
    "fa fam st ste mt ft cl cls ref refs reg regs rev revs fig figs sec secs para paras nr abs ziff kap abb anl sched "
    "núm pág mio mrd tsd gem inkl exkl incl excl zzgl abzgl einschl approx ca lt o.g u.a v.a s.o s.u n.b ee dep univ "
    "str insb bspw stellv vors gez i.a i.v hon sen rep gov gen col capt sgt"
)
_FIRMS = _words("inc ltd co corp plc llc bros gmbh jr sr etc usw")
_BEGINNERS = _words(
    "the this that these those it its he she they we you your our their his her there here an in on at if when while "
    "for but and or so as by all each every no not from with after before to please then how what who why where "
    "however some any both one once only since until although because der die das dem den des ein eine einem einen "
    "einer er sie es wir ihr ich im am auf für wenn bei mit nach von vor zu zum zur und oder aber auch alle jede "
    "jeder jedes kein keine keiner diese dieser dieses wie was wer wo dann le les un une il elle ils elles nous vous "
    "ce cette ces dans pour si mais et au aux tout toute tous toutes chaque el los las por para pero este esta estos "
    "estas se cada todo toda todos todas"
)
_MONTHS = _words(
    "januar jänner februar feber märz april mai juni juli august september oktober november dezember jan feb mär apr "
    "jun jul aug sep sept okt nov dez quartal halbjahr jahrhundert jahrtausend etage stock obergeschoss og lebensjahr"
)
_BEFORE_ORDINAL = _words("am vom zum bis ab der die das dem den des im beim zur jeden jeder jedes seinem ihrem einem")


def goes_on(sentence: str, following: str) -> bool:
    """Tell whether the stop at the end of `sentence` ends nothing, so that `following` belongs to it."""
    ended, begun = _LAST.search(sentence[-_TAIL_CHARS:]), _FIRST.match(following)
    if not ended or not begun or ended[0][-1] != ".":
        return False
    last, first = ended[1], begun[1]
    name = _name(sentence, last)
    if name in _NEVER_LAST:
        return True
    if (name in _BEFORE_NUMBER and _IDENTIFIER.match(following)) or (first[0].isdigit() and _CITED.fullmatch(last)):
        return True
    if first[0].islower():
        return name in _BEFORE_NUMBER or name in _BEFORE_SMALL or name in _BEFORE_CAPITAL or len(last) == 1
    if name in _BEFORE_CAPITAL or _is_initial(sentence, last):
        return first.lower().rstrip(".’'!?") not in _BEGINNERS
    return last.isdigit() and _is_ordinal(sentence[-_TAIL_CHARS:].removesuffix("."), first)


def ends_abbreviated(text: str) -> bool:
    """Tell whether a text ends with an abbreviation, so that its stop may be no full stop."""
    found = _LAST.search(text[-_TAIL_CHARS:])
    if not found:
        return False
    name = found[1].lower()
    return name in _FIRMS or name in _NEVER_LAST or bool(_INITIAL.fullmatch(found[1]))


def _name(sentence: str, last: str) -> str:
    """Return an abbreviation as the lists have it: small, without blanks, and of a compound what is abbreviated."""
    name = last.lower()
    spaced = _SPACED.search(sentence[-_TAIL_CHARS:])
    whole = re.sub(r"\s", "", spaced[1]).lower() if spaced else name
    if whole in _NEVER_LAST or whole in _BEFORE_SMALL or whole in _BEFORE_CAPITAL:
        return whole
    if name in _NEVER_LAST:
        return name
    if name.endswith("str"):  # "Hauptstr."
        return "str"
    return re.split("[-–—/]", name)[-1]  # "sub-para."


def _is_initial(sentence: str, last: str) -> bool:
    """Tell whether a letter before a stop is a part of an abbreviation written with blanks: "z. B.", "J. R. Smith".

    A single capital is the model's to judge: of "Plan B. Then" and "J. Smith" it knows more.
    """
    return len(last) == 1 and last.isalpha() and (last.islower() or bool(_SPACED.search(sentence[-_TAIL_CHARS:])))


def _is_ordinal(sentence: str, first: str) -> bool:
    """Tell whether the number at a sentence's end, with its stop, is a German ordinal: "1. März", "der 2. Stock"."""
    if first.lower().rstrip(".,") in _MONTHS:
        return True
    found = _ORDINAL.search(sentence)
    before = found[1].lower() if found else ""
    return before in _BEFORE_ORDINAL and first.lower() not in _BEGINNERS
