"""Transcripts and captions to text: WebVTT, SubRip, and the same in plain text, with the time as the place of a quote.

1. `cue_lines` says who says what, and when; cues are put in the order of their beginnings.
2. Captions that roll up repeat what is still on the screen: only what is new in a cue is taken.
3. Cues of one speaker are one turn, joined whatever their ends part; a turn that another one talks into goes on.
4. A section begins where a sentence does, after some seconds of speech, and bears the time of the cue that it begins
   in. A turn is a paragraph that begins with its speaker: "Anna: ...".

Sounds that are described ("[music]") stay; alone between sentences they are a line of their own. Speech without full
stops, as machines write it, is parted where a cue ends.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from indexes.abbreviations import goes_on
from indexes.readings import Notes
from ingest.loading.sniff import decode_text
from ingest.loading.text.cue_lines import Cue, has_marks, has_timing_lines, marked_cues, timed_cues
from ingest.parsed import Parsed, TextBuilder

_END = re.compile(r"[.!?…][\"'”’»)\]]*(?=\s|$)")
_ENDED = re.compile(r"[.!?…][\"'”’»)\]]*$")
_TAIL_CHARS = 80  # of what was said: enough to tell an abbreviation
_SOUND = re.compile(r"[\[(♪♫][^\[\]]{0,120}[\])♪♫]")
_SECTION_CHARS = 500  # half a minute of speech, half a passage: a quote's time is that near
_TURN_ENDS_CHARS = 250  # of a section: then one who begins to speak begins the next
_UNSTOPPED_CHARS = 240  # without the end of a sentence: then the end of a cue ends one
_PAUSE_S = 30.0  # after it a section begins anew
_TALKED_INTO_S = 15.0  # so long a turn may wait for another one to end
_TURNS_BACK = 3
_MAX_OVERLAP_WORDS = 80
_MIN_OVERLAP_WORDS = 2
_ROLLS = 0.3  # of the cues


@dataclass(slots=True)
class _Turn:
    """What one speaker says in one go: what each cue says, with where it begins in the whole, and when."""

    speaker: str
    is_sound: bool = False
    pieces: list[str] = field(default_factory=list)
    starts: list[tuple[int, float]] = field(default_factory=list)
    length: int = 0
    end: float = 0.0

    def add(self, piece: str, cue: Cue) -> None:
        """Add what a cue says."""
        self.starts.append((self.length, cue.start))
        self.pieces.append(piece)
        self.length += len(piece) + 1
        self.end = max(self.end, cue.end, cue.start)

    def has_ended(self, following: str) -> bool:
        """Tell whether its last sentence has ended, and does not go on with what follows."""
        tail = " ".join(self.pieces[-3:])[-_TAIL_CHARS:]
        return bool(_ENDED.search(tail)) and not goes_on(tail, following)


def is_transcript(text: str) -> bool:
    """Tell whether a plain text is a transcript."""
    return has_timing_lines(text) or has_marks(text)


def load(content: bytes) -> Parsed:
    """Read captions (`.vtt`, `.srt`).

    Raises:
        LoadError: the bytes are no text.
    """
    return transcript(decode_text(content, named="captions"))


def transcript(text: str) -> Parsed:
    """Read a text that is a transcript."""
    notes, title = Notes(), None
    if has_timing_lines(text) or text.lstrip().startswith("WEBVTT"):
        cues, before, comments = timed_cues(text)
        notes.add("comments", count=comments)
        if text.lstrip().startswith("WEBVTT"):
            title, before = next(filter(None, before), None), []
    else:
        cues, before = marked_cues(text)
    builder = TextBuilder()
    for line in before:
        builder.paragraph(line)
    _write(_turns(_rolled(sorted(cues, key=lambda cue: cue.start))), builder)
    return builder.finish(title, notes=notes.finish())


def _rolled(cues: Sequence[Cue]) -> list[tuple[Cue, str]]:
    """Return each cue with what it says anew."""
    said = [" ".join(cue.lines) for cue in cues]
    words = [one.split() for one in said]
    overlaps = [0, *(_overlap(before, after) for before, after in pairwise(words))]
    repeated = sum(
        overlap >= min(_MIN_OVERLAP_WORDS, len(one)) > 0 for overlap, one in zip(overlaps, words, strict=True)
    )
    if repeated < max(_ROLLS * len(cues), 2):
        overlaps = [0] * len(cues)
    pairs = zip(cues, words, overlaps, strict=True)
    return [(cue, " ".join(one[overlap:])) for cue, one, overlap in pairs if one[overlap:]]


def _overlap(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many words of a cue are the last ones of the cue before."""
    longest = min(len(before), len(after), _MAX_OVERLAP_WORDS)
    return next((size for size in range(longest, 0, -1) if before[-size:] == after[:size]), 0)


def _turns(said: Sequence[tuple[Cue, str]]) -> list[_Turn]:
    turns: list[_Turn] = []
    speaker = ""
    for cue, text in said:
        is_sound = bool(_SOUND.fullmatch(text))
        speaker = cue.speaker or ("" if cue.begins else speaker)
        turn = _open_turn(turns, cue, speaker, text)
        if turn is None or turn.is_sound or (is_sound and turn.has_ended(text)):
            turn = _Turn("" if is_sound else speaker, is_sound=is_sound)
            turns.append(turn)
        turn.add(text, cue)
    return turns


def _open_turn(turns: Sequence[_Turn], cue: Cue, speaker: str, text: str) -> _Turn | None:
    """Return the turn that a cue goes on with: the last one, or one that was talked into."""
    if not turns:
        return None
    last = turns[-1]
    if last.speaker == speaker and cue.start - last.end <= _PAUSE_S:
        return None if cue.begins and last.has_ended(text) else last
    for turn in turns[-_TURNS_BACK:]:
        near = cue.start - turn.end < _TALKED_INTO_S
        if speaker and turn.speaker == speaker and near and not turn.has_ended(text):
            return turn
    return None


def _write(turns: Sequence[_Turn], builder: TextBuilder) -> None:
    """Write turns as paragraphs, in sections of some seconds each; each section says again who speaks."""
    size, speaker, end = _SECTION_CHARS, "", 0.0
    for turn in turns:
        if size >= _TURN_ENDS_CHARS or turn.starts[0][1] - end > _PAUSE_S:
            size = _SECTION_CHARS
        end = turn.end
        lines: list[str] = []
        for at, piece in _sentences(turn):
            if size >= _SECTION_CHARS:
                _paragraph(builder, lines)
                builder.time(_shown(at))
                size, speaker = 0, ""
            name = f"{turn.speaker}: " if turn.speaker not in ("", speaker) else ""
            speaker = turn.speaker or speaker
            lines.append(name + piece)
            size += len(piece)
        _paragraph(builder, lines)


def _paragraph(builder: TextBuilder, lines: list[str]) -> None:
    if lines:
        builder.paragraph(" ".join(lines))
    lines.clear()


def _sentences(turn: _Turn) -> Iterator[tuple[float, str]]:
    """Return the sentences of a turn, each with the time of the cue that it begins in."""
    text = " ".join(turn.pieces)
    starts = iter(turn.starts)
    _, time = next(starts)
    following = next(starts, None)
    begin = 0
    for end in _ends(text, [at - 1 for at, _ in turn.starts[1:]]):
        while following and following[0] <= begin:
            time, following = following[1], next(starts, None)
        piece = text[begin:end].strip()
        if piece:
            yield time, piece
        begin = end + 1


def _ends(text: str, cue_ends: Sequence[int]) -> Iterator[int]:
    """Return where the sentences of a turn end; where none does for long, a cue's end does."""
    last = 0
    cues = iter(cue_ends)
    cue_end = next(cues, None)
    for end in [*(found.end() for found in _END.finditer(text)), len(text)]:
        while cue_end is not None and cue_end < end:
            if cue_end - last >= _UNSTOPPED_CHARS:
                yield cue_end
                last = cue_end
            cue_end = next(cues, None)
        goes_on_here = end < len(text) and goes_on(
            text[max(last, end - _TAIL_CHARS) : end], text[end + 1 : end + _TAIL_CHARS]
        )
        if end > last and not goes_on_here:
            yield end
            last = end


def _shown(at: float) -> str:
    whole = int(at)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
