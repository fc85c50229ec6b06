"""Words that a line's end parts: which hyphen was only there for the line's end, and which belongs to the word.

What decides, in this order: a soft hyphen always goes; what is no small word after it (a capital, a figure) keeps it;
the document's own words, the whole one before the compound; and where they say nothing, what English compounds begin
and end with. Of everything else the hyphen goes: lines are parted within words far more often than at real hyphens.
"""

import re
from collections.abc import Iterable

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_HYPHENS = "-‐\xad"
_PART_BEFORE = re.compile(rf"([^\W\d_]+)[{_HYPHENS}]$")
_COMPOUND_BEFORE = re.compile(r"[^\W_]-[^\W\d_]+[-‐]$")
_PART_AFTER = re.compile(r"[^\W\d_]+")
_MIN_LETTERS = 2  # of a word's part: nobody parts a single letter, so its hyphen is real ("e-mail")
_SUSPENDED = frozenset("and or to nor und oder bis et ou y o e".split())  # "short- and long-term"
_LINKS = frozenset("of the to in on by and or a at up out for off as per vis en de la mother father sister".split())
_HEADS = frozenset(  # first parts of compounds that are written with a hyphen
    """able after air all anti audio back bare best better blue bottom bright broad camera case child clear client
    close co cold color colour cost cross cut data day dead deep direct double down dry dual duty early east
    eco eight eighty eleven employee end energy even ever evidence ex eye face fair fast fat fifteen fifth
    fifty film fine first five fixed flat follow food foot forty four fourteen fourth free fresh front full
    fund gender general gluten good grand great green ground guest half hand hard health heavy high higher
    home hot hour human ice ill in inter job joint key knowledge labour large last late law lead left less
    life light like line little live load long longer low lower machine main man market mass mean medium mid
    middle mini minute month mother multi name near never new next night nine ninety no non north object off
    old on one online open out over own part past pay peer people performance person phone point poor post
    power pre price pro problem process public purpose quarter quasi quick rapid ready real red regular rent
    repeat result right risk rock role room rule run safety sample science second self semi set seven
    seventy shop short side sign single six sixteen sixty slow small so socio soft solar south space special
    stand standard state steam step still strong student sub sugar super table tailor take tax team ten test
    thick thin third thirteen thirty three tight time tip to top trade traffic trial triple true turn twelve
    twenty twice two ultra under unit up user value very vice video visa voice volume walk warm waste water
    wear web week well west white whole wide wind wire work working world write wrong year yellow young zero""".split()
)
_TAILS = frozenset(  # second parts of such compounds
    """access acting added aged ahead air albeit assessment assisted author authored aware away back backed
    balanced based bearing bedroom being board book born borne bound breaking building built burning by call
    campus care case catering causing centered centred certified chair changing charge check checked
    checking class clean colored coloured coming compliance compliant consuming contained container control
    controlled controlling cost covered created criteria cut cutting date dated day deep defence defined
    degree delivery demand dependent depth designed developed dimensional disciplinary disclosure
    discrimination distance done down driven due duty earned earning edge eight eighth eighths employed
    employment end ended ending enforcement engineer equipped essential established esteem euro evaluation
    executive existent existing exposed faced facing fact family fed fifth fifths fight financed fit five
    floor flow focused following foot footed for founded founder four fourth fourths free friendly front
    fuel full funded funding generated generation given glazed go governmental grade grained ground group
    growing grown guided half handed headed heating held help high hold home hosted hour hours house
    identification identified impact in inclusive income independent induced informed inspection intensive
    interest interference invasive invest issue job judgement judgment keeping kept key kilometre known
    language large last lasting late launch law lead leader leading learned led length lent less letter
    level life light like line lined linked list lit living local long looking low made mail maintained
    maker making managed management manager market match meaning medium meter metre mile minded minute month
    months moving nationals needed negotiable nine ninth ninths notch of off office old on one only ons
    operated operator opt oriented out over owned owner owners ownership owning packed page paid paper
    parent party pay payable paying payment permanent person phase phone pilot place planned point points
    poor population pound power powered premises prepared present president priced pro produced profit proof
    protection proved proven purpose purposes quality quarter quarters range ranging rate rated read ready
    recorded reference refundable region regulated regulation related reliance renewable represented
    resident resistant resolution respect rich right rise risk road room round row rule run running safe
    sales save saving scale school screen seater secondary section sector secured seeking sensitive service
    seven seventh seventy shaped shared shift shot side sided sign signatory signed six sixth size sized
    smoker smoking space spaced speaking specific speed spoken square staff stage standard standing star
    start state step stop storey story strength strong style sufficient supply supported tailed taking talk
    taught tax team tech tempered ten tenant tenth term terms testing thinking third thirds threatening
    three through tier time times to tolerance track trained treated turn two type under union up use used
    user value verbal volume volunteer walled watching water way ways wear week weekly weeks wheel while
    white wide width window winner winning with word work worked worker working world worn worth worthy
    written year yearly years zero""".split()
)
_ALWAYS = frozenset(["self", "ex", "vice", "quasi", "non"])  # with any word of the document, or a usual second part


def words_of(lines: Iterable[str]) -> frozenset[str]:
    """Return the words of lines in lower case, compounds with their hyphens; parts at a parted end are no words."""
    words: set[str] = set()
    parted = False
    for line in lines:
        found = _WORD.findall(line.lower())
        first = 1 if parted and line[:1].isalpha() else 0
        parted = bool(_PART_BEFORE.search(line))
        words.update(found[first : len(found) - 1 if parted else len(found)])
    return frozenset(words)


def joined(text: str, more: str, words: frozenset[str]) -> str:
    """Return two lines of a paragraph as one; a word parted between them is put together.

    Args:
        text: the lines so far.
        more: the next line.
        words: the document's words in lower case, compounds with their hyphens.
    """
    before, after = _PART_BEFORE.search(text), _PART_AFTER.match(more)
    if text.endswith("\xad"):
        return text[:-1] + more if before and after else f"{text[:-1]}-{more}"
    if before and after:
        if after[0].lower() in _SUSPENDED and (after[0].lower() != "e" or len(more) == 1):
            return f"{text} {more}"
        real = bool(_COMPOUND_BEFORE.search(text) and before[1].lower() in _LINKS)
        return text + more if real or _is_real(before[1], after[0], words) else text[:-1] + more
    if text[-1:] in {"-", "‐", "/"} and text[-2:-1].strip() and more[:1].isalnum():
        return text + more
    return f"{text} {more}"


def _is_real(before: str, after: str, words: frozenset[str]) -> bool:
    """Tell whether the hyphen between two parts belongs to the word."""
    head, tail = before.lower(), after.lower()
    if not after[0].islower():
        return not (before.isupper() and after.isupper() and head + tail in words)
    if len(before) < _MIN_LETTERS or (before.isupper() and len(before) > 1):
        return True  # "x-ray", "EU-wide"
    if head + tail in words:
        return False
    if f"{head}-{tail}" in words or (head in words and tail in words and len(tail) > _MIN_LETTERS):
        return True
    if head in _ALWAYS and tail in words:
        return True
    return head in _HEADS and tail in _TAILS
