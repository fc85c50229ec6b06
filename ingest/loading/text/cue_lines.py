"""From the lines of a transcript to its cues: who says what, and when.

Two ways of writing are known: timing lines (`00:00:01.000 --> 00:00:04.000`, as in WebVTT and SubRip, with or without
hours, with a dot or a comma), and marks in the text (`[00:12:31] Anna: ...`, `Anna (12:31): ...`, `Anna Berg  0:03`, a
time alone). What is no speech goes: tags, cue numbers and settings, blocks of NOTE, STYLE and REGION. Clock times of a
plan ("09:30 Coffee") are no marks: they keep to full five minutes, or do not rise.
"""

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_TIME = r"(?:\d{1,4}:)?\d{1,2}:\d{1,2}(?:[.,]\d{1,3})?"
TIMING = re.compile(rf"\s*({_TIME})\s*(?:--?>|–>|→)\s*({_TIME})(?:\s.*)?$")
_TAG = re.compile(r"</?(?:[a-zA-Z][^<>]{0,200}|\d[\d:.,]*)?>|\{\\[^{}]{0,100}\}|\{[biuy]:?[^{}]{0,20}\}")
_VOICE = re.compile(r"<v(?:\.[^\s>]*)?\s+([^<>]{1,100})>")
_NO_SPEECH = re.compile(r"(?:WEBVTT|NOTE|STYLE|REGION)\b")
_DASH = re.compile(r"^(?:[-–—]\s*|>>+\s*)(?=\S)")
_LABEL = re.compile(
    r"(?:>>+\s*)?((?:[A-ZÀ-ÞĀ-Ž]|\d+[ .])[^\W\d_]*[\w.'’()&-]*(?:[ ,]+[\w.'’()&-]+){0,5}?)\s*:(?=\s)\s*(?=\S)"
)
_NO_NAMES = frozenset("note remember example warning tip question answer q a update summary and but so".split())
_NAME_WORDS = 4  # "Dr. Anna Maria Berg"
_MAX_LABEL = 60  # characters

_BRACKETED = rf"[\[(]\s*({_TIME})(?:\s*(?:-+>?|–|to|bis)\s*{_TIME})?\s*[\])]"
_BARE = rf"({_TIME})(?:\s*(?:-+>?|–)\s*{_TIME})?"
_NAME = r"[^\s\d:()\[\]][^:()\[\]\t]{0,59}?"
_MARKS = (
    re.compile(rf"^\s*{_BRACKETED}\s*[-–:]?\s*(?P<rest>.*)$"),  # [00:12:31] Anna: text
    re.compile(rf"^\s*(?P<name>{_NAME})\s*{_BRACKETED}\s*:?\s*(?P<rest>.*)$"),  # Anna (00:12): text
    re.compile(rf"^\s*{_BARE}(?:\s*[-–|]\s*|\s+|$)(?P<rest>.*)$"),  # 00:12:31 Anna: text; a time alone
    re.compile(rf"^\s*(?P<name>{_NAME})(?:\s*[,|–-]\s*|\s+){_BARE}\s*:?\s*$"),  # Anna Berg  0:03
)
_INLINE = re.compile(rf"[\[(]({_TIME})[\])]")
_MIN_MARKS = 2
_SURE_MARKS = 3  # fewer have to begin as a recording does
_UNLIKE = 0.3  # of the marks: a time that returns is one of the day
_MIN_SHARE = 0.15  # of the lines: fewer marks are times that a text happens to name
_RISING = 0.9  # of the marks
_FIRST_MARK_WITHIN_S = 300
_CHARS_LOOKED_AT = 400_000


@dataclass(frozen=True, slots=True)
class Cue:
    """What is said from `start` to `end` (seconds); `speaker` is empty where nobody is named.

    `lines` are as they are shown; `begins` says that a new turn begins, whoever speaks.
    """

    start: float
    end: float
    speaker: str
    lines: tuple[str, ...]
    begins: bool = False


def seconds(time: str) -> float:
    """Return a time as in "1:02:03.5" or "02:03,5" in seconds."""
    total = 0.0
    for part in time.replace(",", ".").split(":"):
        total = total * 60 + float(part)
    return total


def has_timing_lines(text: str) -> bool:
    """Tell whether a text is written as WebVTT or SubRip: it says so, or has two timing lines."""
    start = text[:_CHARS_LOOKED_AT]
    found = sum(bool("-" in line and TIMING.match(line)) for line in start.splitlines() if ">" in line)
    return found > 1 or (found == 1 and start.lstrip().startswith("WEBVTT"))


def timed_cues(text: str) -> tuple[list[Cue], list[str], int]:
    """Return the cues of WebVTT or SubRip, its title and what else stands before them, and the words of its comments.

    A block without a timing line goes on with the cue before in SubRip; in WebVTT nobody is shown it.
    """
    is_vtt = text.lstrip().startswith("WEBVTT")
    cues: list[Cue] = []
    before: list[str] = []
    comments = 0
    for block in _blocks(text):
        timings = [at for at, line in enumerate(block) if TIMING.match(line)]
        if timings:
            over = block[: timings[0]]
            over = over[:-1] if is_vtt or (over and over[-1].strip().isdigit()) else over  # the name of the cue
            if over and cues and not is_vtt:
                cues += _continued(cues.pop(), over)
            for at, end in zip(timings, [*timings[1:], len(block)], strict=True):
                lines = block[at + 1 : end]
                if end < len(block) and lines and lines[-1].strip().isdigit():
                    lines = lines[:-1]  # the number of the next cue
                cues += _cue(block[at], lines)
        elif _NO_SPEECH.match(block[0]) and (is_vtt or not cues):
            comments += sum(len(line.split()) for line in block) - 1 if block[0].startswith("NOTE") else 0
            if block[0].startswith("WEBVTT"):
                before += [block[0].removeprefix("WEBVTT").strip(" \t-–:")]
        elif not is_vtt and cues:
            cues += _continued(cues.pop(), block)
        elif not is_vtt:
            before += block
    return cues, before, comments


def _blocks(text: str) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text.splitlines():
        if line:  # one of blanks ends nothing: captions that roll up show such
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block


def _cue(timing: str, lines: Sequence[str]) -> Iterator[Cue]:
    """Return what is said in a cue, a part for each voice."""
    found = TIMING.match(timing)
    if not found:
        return
    start, end = seconds(found[1]), seconds(found[2])
    pieces = _VOICE.split("\n".join(lines))
    for name, said in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        speaker = plain(name)
        turns: list[tuple[str, list[str], bool]] = [(speaker, [], False)]
        for line in map(plain, said.split("\n")):
            label = "" if speaker else label_of(line)
            dash = _DASH.match(line)
            text = line[_label_end(line) :] if label else line[dash.end() :] if dash else line
            if label or dash:
                turns.append((label or speaker, [], not label))
            if text:
                turns[-1][1].append(text)
        for who, kept, begins in turns:
            if kept:
                yield Cue(start, end, who, tuple(kept), begins)


def _continued(cue: Cue, block: Sequence[str]) -> Iterator[Cue]:
    lines = [line for line in map(plain, block) if line and not line.isdigit()]
    yield Cue(cue.start, cue.end, cue.speaker, (*cue.lines, *lines), cue.begins)


def plain(line: str) -> str:
    """Return a line of a cue without its tags, on one line."""
    return " ".join(html.unescape(_TAG.sub("", line)).split())


def label_of(line: str) -> str:
    """Return who speaks, if a line begins with a name and a colon: "ANNA:", "Speaker one:", ">> Dr. Berg:"."""
    found = _LABEL.match(line)
    if not found or len(found[1]) > _MAX_LABEL or found[1].lower() in _NO_NAMES:
        return ""
    words = found[1].split()
    large = sum(word[0].isupper() or not word[0].isalpha() for word in words)
    is_name = large == len(words) or words[0].lower() in {"speaker", "sprecher", "sprecherin", "voice", "unknown"}
    return found[1] if is_name else ""


def _label_end(line: str) -> int:
    found = _LABEL.match(line)
    return found.end() if found else 0


def has_marks(text: str) -> bool:
    """Tell whether a text is a transcript with times in it, and not a plan or a log of the day."""
    lines = [line for line in text[:_CHARS_LOOKED_AT].splitlines() if line.strip()]
    times = [time for line in lines for time in _times_of(line)]
    if len(times) < _MIN_MARKS or len(times) < _MIN_SHARE * len(lines) or len(set(times)) < len(times) * _UNLIKE:
        return False
    rising = sum(one <= other for one, other in pairwise(map(seconds, times)))
    if rising < _RISING * (len(times) - 1):
        return False
    from_the_start = seconds(times[0]) < _FIRST_MARK_WITHIN_S
    by_the_clock = all(int(re.split("[.,]", time)[0].rsplit(":", 1)[1]) % 5 == 0 for time in times)
    if by_the_clock or len(times) < _SURE_MARKS:
        return from_the_start and (not by_the_clock or any(time.count(":") > 1 for time in times))
    return True


def marked_cues(text: str) -> tuple[list[Cue], list[str]]:
    """Return the cues of a transcript with times in its text, and the lines before the first."""
    cues: list[Cue] = []
    before: list[str] = []
    speaker, at, after_blank = "", 0.0, False
    for line in text.splitlines():
        found = _mark(line)
        if not line.strip():
            after_blank = True
        elif not found and not cues and not _INLINE.search(line):
            before.append(line.strip())
        else:
            if found:
                at, speaker = seconds(found[0]), found[1]
            rest = found[2] if found else line.strip()
            cues += _said(Cue(at, at, speaker, (), after_blank and not found), rest, marked=bool(found))
            at, speaker, after_blank = cues[-1].start, cues[-1].speaker, False
    return [cue for cue in cues if cue.lines], before


def _said(cue: Cue, rest: str, *, marked: bool) -> Iterator[Cue]:
    """Return what a line says after its mark, parted at further marks within it.

    Args:
        cue: when, who and whether a turn begins, as far as the mark and the lines before say so.
        rest: the line behind its mark.
        marked: it has one.
    """
    pieces = _INLINE.split(rest)
    for time, said in zip([None, *pieces[1::2]], pieces[::2], strict=True):
        at = seconds(time) if time else cue.start
        line = plain(said)
        label = label_of(line)
        if label:
            line = line[_label_end(line) :]
        elif marked and not cue.speaker and _is_name_alone(line):
            label, line = line.rstrip(":"), ""
        cue = Cue(at, at, label or cue.speaker, (line,) if line else (), cue.begins and not label)
        yield cue


def _is_name_alone(line: str) -> bool:
    """Tell whether what stands after a time is only who speaks: "00:00:12 Speaker 1"."""
    words = line.rstrip(":").split()
    large = all(word[0].isupper() or word[0].isdigit() for word in words)
    return large and 0 < len(words) <= _NAME_WORDS and not line.endswith((".", "!", "?"))


def _times_of(line: str) -> list[str]:
    found = _mark(line)
    return [found[0]] if found else _INLINE.findall(line)


def _mark(line: str) -> tuple[str, str, str] | None:
    """Return the time of a line, who speaks as far as its mark says so, and the rest."""
    if ":" not in line:
        return None
    for pattern in _MARKS:
        if found := pattern.match(line):
            values = found.groupdict()
            return (
                found[2 if pattern.groupindex.get("name") == 1 else 1],
                (values.get("name") or "").strip(),
                (values.get("rest") or ""),
            )
    return None
