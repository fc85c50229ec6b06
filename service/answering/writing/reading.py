"""Reads what a model writes while it comes, sentence by sentence. Nothing is checked here and nothing leaves.

1  plain text, without tags and what they hide (`plain`)
2  lines: a newline ends a sentence, unless the next line goes on in small letters after none (`lines`)
3  sentences (`endings`), each with its citations (`citing`)
4  what an item stands under is said with it (`under`)
5  what is no sentence of an answer gets its flaw (`telling`), as does what was said already

Reading is bounded in characters and claims, and ends after the same was said again and again. The same text gives the
same claims in whichever pieces it comes, so that a recorded output can be read again.
"""

import re
from collections.abc import Collection, Iterator
from enum import StrEnum

from indexes.abbreviations import ends_abbreviated
from service.answering.writing.citing import ends_cited, without_citations
from service.answering.writing.claims import Claim, Flaw
from service.answering.writing.endings import LOOK_AHEAD, is_ended, sentence_end
from service.answering.writing.lines import FENCE, HEAD_CHARS, Head, Kind, head_of, is_bold, may_be_bold, plain_words
from service.answering.writing.plain import Plain
from service.answering.writing.telling import Known, flaw_of, is_declined, is_fragment, is_neutral, without_opening
from service.answering.writing.under import Under

MOST_CHARS = 24_000  # of a model's output; an answer has some hundreds
MOST_CLAIMS = 60
MOST_SENTENCE = 1_000  # characters; what is longer nobody could check
MOST_REPEATS = 3
MOST_LINES = 12  # that a sentence may go on over
_COLONS = (":", "：")
_SOME_WORD = re.compile(r"\w")
_OPEN_BRACKET = re.compile(r"\s*[\[【][^\]】]*$")
_WRAPPED = re.compile(r"[\"“„«](?P<text>[^\"“”„«»]+)[\"”“»]([.!]?)")
_MARKS = "*_`~ "
_FAR_IN = 2  # blanks before a line that goes on with an item


class Ended(StrEnum):
    """Why reading ended before the text did."""

    TOO_LONG = "too_long"
    REPEATS = "repeats"
    DECLINED = "declined"  # the model said that the passages do not answer, before it said anything else


class Reader:
    """Reads one output. Not for several threads."""

    def __init__(self, *, offered: Collection[str], known: Known) -> None:
        """Begin.

        Args:
            offered: the ids that the model was given.
            known: what tells a piece of the prompt.
        """
        self.ended: Ended | None = None
        self._offered, self._known = frozenset(offered), known
        self._plain, self._under = Plain(), Under()
        self._raw: list[str] = []
        self._chars = 0
        self._text = ""  # plain text that is not read yet
        self._head: Head | None = None  # of the line that it begins within; `None` at the beginning of a line
        self._in_code = False
        self._joined = 0  # lines that went on with it
        self._skips = False  # within a sentence that is too long
        self._said: set[str] = set()
        self._count, self._good, self._repeats = 0, 0, 0

    @property
    def raw(self) -> str:
        """What came, up to the bound."""
        return "".join(self._raw)

    def feed(self, piece: str) -> list[Claim]:
        """Return the claims that are complete after one more piece; none once reading has ended."""
        if self.ended:
            return []
        piece = piece[: MOST_CHARS - self._chars]
        self._raw.append(piece)
        self._chars += len(piece)
        self._text += self._plain.feed(piece)
        claims = self._all(last=False)
        if self._chars >= MOST_CHARS and not self.ended:
            self.ended = Ended.TOO_LONG
        return claims

    def end(self, *, whole: bool) -> list[Claim]:
        """Return what is left.

        Args:
            whole: the model ended the text itself. If not, what is left is cut off, however it looks: "1." may have
                been on its way to "1.5".
        """
        if self.ended:
            return []
        self._text += self._plain.end()
        if not whole:
            left, self._text = self._text, ""
            return self._counted(iter([self._claim(left, Flaw.CUT_OFF)] if _SOME_WORD.search(left) else []))
        return self._all(last=True)

    def _all(self, *, last: bool) -> list[Claim]:
        return self._counted(self._read(last=last))

    def _counted(self, claims: Iterator[Claim]) -> list[Claim]:
        """Give the flaw that depends on what was said before, and end reading where it is enough."""
        out: list[Claim] = []
        for claim in claims:
            key = re.sub(r"\W+", " ", claim.text.casefold()).strip()
            is_said = key in self._said and claim.flaw is not Flaw.HEADING
            self._said.add(key)
            self._repeats += is_said
            self._count += 1
            self._good += claim.flaw is None
            out.append(Claim(claim.text, claim.ids, claim.not_offered, Flaw.REPEATS) if is_said else claim)
            if claim.flaw is Flaw.DECLINES and not self._good and is_declined(claim.text):
                self.ended = Ended.DECLINED
            elif self._repeats > MOST_REPEATS:
                self.ended = Ended.REPEATS
            elif self._count >= MOST_CLAIMS:
                self.ended = Ended.TOO_LONG
            if self.ended:
                break
        return out

    def _read(self, *, last: bool) -> Iterator[Claim]:
        """Take claims off the text as long as there are complete ones."""
        while self._text and not self.ended:
            line, newline, rest = self._text.partition("\n")
            is_whole = bool(newline) or last
            if self._head is None and not self._begin(line, is_whole=is_whole):
                if not is_whole:
                    return
                yield from self._without_sentences(line)
                self._next_line(rest)
                continue
            if self._head is None:
                raise AssertionError  # `_begin` has set it
            line = self._text.partition("\n")[0]
            if end := sentence_end(line, 0, whole=False, offered=self._offered):
                yield from self._sentence(line[:end])
                self._text = self._text[end:]
            elif not is_whole:
                yield from self._too_long(line)
                return
            elif (end := sentence_end(line, 0, whole=True, offered=self._offered)) and end < len(line):
                yield from self._sentence(line[:end])
                self._text = self._text[end:]
            elif newline and self._is_open(line) and not last and not _can_be_told(rest):
                return
            elif newline and self._is_open(line) and _goes_on(rest):
                self._text = f"{line.rstrip()} {rest.lstrip()}"
                self._joined += 1
            else:
                yield from self._sentence(line, ends_text=not newline, ends_line=True)
                self._next_line(rest)

    def _begin(self, line: str, *, is_whole: bool) -> bool:
        """Begin a line that may hold sentences; `False` if it holds none, or if more of it has to be seen."""
        if not is_whole and len(line.lstrip()) < HEAD_CHARS:
            return False
        head = head_of(line)
        if self._in_code or head.kind in (Kind.NOTHING, Kind.FENCE, Kind.HEADING) or (is_whole and is_bold(line)):
            return False
        if not is_whole and may_be_bold(line):
            return False
        self._head = head
        self._text = self._text[head.start :]
        return True

    def _next_line(self, rest: str) -> None:
        self._text, self._head, self._joined, self._skips = rest, None, 0, False

    def _without_sentences(self, line: str) -> Iterator[Claim]:
        """Read a line that holds none: of code, a heading, or nothing."""
        head = head_of(line)
        if head.kind is Kind.FENCE:
            yield from [] if self._in_code else [self._claim(line, Flaw.CODE)]
            self._in_code ^= line.count(FENCE) % 2 == 1
        elif head.kind is not Kind.NOTHING and not self._in_code:
            words = line[head.start :] if head.kind is Kind.HEADING else line
            claim = self._claim(words, Flaw.HEADING)
            if is_declined(claim.text):
                yield self._claim(words, Flaw.DECLINES)
            else:
                self._under.heading("" if is_neutral(claim.text) else claim.text)
                yield claim

    def _sentence(self, stretch: str, *, ends_text: bool = False, ends_line: bool = False) -> Iterator[Claim]:
        """Read a stretch that is one sentence, with its citations."""
        if self._skips:
            self._skips = False
            return
        if len(stretch) > MOST_SENTENCE:
            yield self._claim(stretch[:MOST_SENTENCE], Flaw.TOO_LONG)
            return
        claim = self._claim(_OPEN_BRACKET.sub("", stretch) if ends_text else stretch, None)
        if not _SOME_WORD.search(claim.text):
            return
        if ends_line and claim.text.endswith(_COLONS):
            yield self._led_in(claim)
            return
        flaw = Flaw.CODE if FENCE in stretch else flaw_of(claim.text, self._known)
        self._in_code ^= stretch.count(FENCE) % 2 == 1
        is_complete = ends_cited(stretch, self._offered) or (is_ended(claim.text) and not ends_abbreviated(claim.text))
        if flaw is None and ends_text and not is_complete:
            flaw = Flaw.CUT_OFF
        if flaw is None:
            claim = self._with_what_is_above(claim)
            flaw = Flaw.TOO_LONG if len(claim.text) > MOST_SENTENCE else None
            flaw = Flaw.FRAGMENT if is_fragment(claim.text) else flaw
        yield Claim(claim.text, claim.ids, claim.not_offered, flaw)

    def _led_in(self, claim: Claim) -> Claim:
        """Take a lead-in: it is said with what follows."""
        text = "" if is_neutral(claim.text) or without_opening(f"{claim.text[:-1]}, x") == "X" else claim.text
        self._under.lead_in(text, claim.ids, indent=self._indent)
        return Claim(claim.text, claim.ids, claim.not_offered, Flaw.HEADING)

    def _with_what_is_above(self, claim: Claim) -> Claim:
        text = without_opening(claim.text)
        if self._indent is None:
            text, ids = self._under.sentence(text, claim.ids)
        else:
            text, ids = self._under.item(text, claim.ids, indent=self._indent)
        text = text if is_ended(text) else f"{text.rstrip(',;')}."
        return Claim(text, ids, claim.not_offered)

    @property
    def _indent(self) -> int | None:
        """How far in the line stands if it is an item, a row, or goes on with one; `None` if it is other text."""
        if self._head is None or (self._head.kind is Kind.TEXT and self._head.indent < _FAR_IN):
            return None
        return self._head.indent

    def _is_open(self, line: str) -> bool:
        """Tell whether a line ends without a stop, so that the next may go on with it."""
        if self._skips or self._joined == MOST_LINES or not line.strip():
            return False
        if self._head is None or self._head.kind is Kind.ROW:
            return False
        bare = without_citations(line, self._offered).text.rstrip(_MARKS)
        return not is_ended(bare) and not bare.endswith(_COLONS)

    def _too_long(self, line: str) -> Iterator[Claim]:
        """Give up a sentence that has become too long; what tells its end is kept."""
        if len(line) <= MOST_SENTENCE + LOOK_AHEAD:
            return
        if not self._skips:
            self._skips = True
            yield self._claim(line[:MOST_SENTENCE], Flaw.TOO_LONG)
        self._text = self._text[-LOOK_AHEAD * 2 :]

    def _claim(self, stretch: str, flaw: Flaw | None) -> Claim:
        cited = without_citations(stretch[: MOST_SENTENCE + 1], self._offered)
        again = without_citations(plain_words(cited.text), self._offered)  # an id may have been hidden in marks
        text = plain_words(again.text)
        if found := _WRAPPED.fullmatch(text):
            text = found["text"] + found[2]
        ids = dict.fromkeys([*cited.ids, *again.ids])
        return Claim(text, tuple(ids), cited.not_offered + again.not_offered, flaw)


def _can_be_told(rest: str) -> bool:
    """Tell whether enough of the next line is there to see how it begins."""
    return "\n" in rest or len(rest.lstrip()) >= HEAD_CHARS


def _goes_on(rest: str) -> bool:
    """Tell whether the next line goes on with a sentence: it begins small, and with no mark."""
    line = rest.partition("\n")[0]
    head = head_of(line)
    return head.kind is Kind.TEXT and line[head.start : head.start + 1].islower()
