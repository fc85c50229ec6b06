"""Transcripts: sentences are whole whatever the cues part, with the time and who said it, and nothing twice."""

import time

import pytest

from ingest.loading.registry import load_document
from ingest.loading.text import cues, plain
from ingest.parsed import Parsed


def _said(document: Parsed) -> list[tuple[str, str]]:
    return [(part.locator.label(), document.text[part.start : part.end]) for part in document.sections]


def _srt(*cues_of: tuple[str, str]) -> Parsed:
    blocks = [f"{number}\n{at},000 --> {at},900\n{said}\n" for number, (at, said) in enumerate(cues_of, start=1)]
    return cues.load("\n".join(blocks).encode())


def test_cues_are_joined_to_sentences_in_captions_and_in_plain_text() -> None:
    vtt = (
        "WEBVTT\n\n00:01.000 --> 00:04.000\nSpeaker one: The new pension plan\nstarts on the first of\n\n"
        "00:04.000 --> 00:08.000\nSeptember. It costs\n\n00:08.000 --> 00:11.000 align:start\nnothing.\n"
    )
    expected = [
        ("at 00:00:01", "Speaker one: The new pension plan starts on the first of September. It costs nothing.")
    ]
    assert _said(cues.load(vtt.encode())) == expected
    assert _said(plain.load(vtt.encode())) == expected


def test_a_subtitle_file_with_a_mark_tags_settings_numbers_and_disorder() -> None:
    srt = (
        "\ufeff1\r\n00:00:05,000 --> 00:00:08,000 X1:40 X2:600\r\n<i>The key</i> is kept\r\n{\\an8}by Dr.\r\n\r\n"
        "2\r\n00:00:01,500 --> 00:00:04,000\r\n- Who has it?\r\n- I do not know.\r\n\r\n"
        "3\r\n00:00:08,100 --> 00:00:10,000\r\nBerg &amp; Co.,\r\n\r\nafter ten.\r\n"
        "4\r\n00:00:11,000 --> 00:00:12,000\r\n[music]\r\n"
    )
    text = cues.load(srt.encode()).text
    assert text.split("\n\n") == [
        "Who has it?",
        "I do not know. The key is kept by Dr. Berg & Co., after ten.",
        "[music]",
    ]


def test_voices_are_named_once_a_turn_and_a_turn_that_is_talked_into_goes_on() -> None:
    document = cues.load(
        b"WEBVTT - Town hall\n\nNOTE made by a machine\n\nSTYLE\n::cue { color: red }\n\n"
        b"f3/1\n00:03.120 --> 00:05.900\n"
        b"<v Anna Berg>The lift is out of order until</v>\n\nf3/2\n00:04.000 --> 00:04.500\n<v Bob>Again?</v>\n\n"
        b"00:06.000 --> 00:09.900\n<v Anna Berg>the end of May. Use</v>\n\n"
        b"00:10.000 --> 00:11.000\n<v Anna Berg>the stairs.</v>"
    )
    assert document.title == "Town hall"
    assert document.text.split("\n\n") == [
        "Anna Berg: The lift is out of order until the end of May. Use the stairs.",
        "Bob: Again?",
    ]
    assert [note.in_words() for note in document.notes] == ["4 words of comments"]


def test_captions_that_roll_up_are_said_once_and_a_repeated_word_is_not_taken_for_one() -> None:
    rolling = cues.load(
        b"WEBVTT\nKind: captions\n\n00:00.000 --> 00:02.000 align:start\n \nthe<00:00:00.320><c> pension</c> plan\n\n"
        b"00:02.000 --> 00:02.010\nthe pension plan\n \n\n00:02.010 --> 00:04.500\nthe pension plan\n"
        b"starts<00:02.400><c> on</c> the first\n\n"
        b"00:04.500 --> 00:04.510\nstarts on the first\n \n\n00:04.510 --> 00:07.000\nstarts on the first\nof September"
    )
    assert rolling.text == "the pension plan starts on the first of September"
    assert _srt(("00:00:01", "No."), ("00:00:02", "No."), ("00:00:03", "It is late.")).text == "No. No. It is late."


def test_a_section_is_some_seconds_long_and_begins_with_a_sentence_and_who_says_it() -> None:
    said = [f"Rule {number} of the house holds for everybody in it and is read aloud" for number in range(40)]
    parts = [piece for one in said for piece in (f"{one} by", "the porter.")]
    document = _srt(*((f"00:{at // 60:02}:{at % 60:02}", f"ANNA: {part}") for at, part in enumerate(parts)))
    sections = _said(document)
    assert 4 < len(sections) < 12
    assert all(text.startswith("ANNA: Rule") and text.endswith("porter.") for _, text in sections)
    label, text = sections[1]
    assert label == f"at 00:00:{2 * int(text.split()[2]):02}"


def test_speech_without_full_stops_is_parted_where_a_cue_ends() -> None:
    document = _srt(*((f"00:00:{at:02}", f"word number {at} of a long talk") for at in range(30)))
    lines = document.text.split("\n\n")
    assert max(map(len, lines)) < 700
    assert " ".join(lines).count("word number") == 30


@pytest.mark.parametrize(
    "transcript",
    [
        "[00:00:12] Anna Berg: The archive moves to the\n[00:00:15] Anna Berg: new building.\n[00:00:21] Bob: When?",
        "Anna Berg  0:12\nThe archive moves to the\nnew building.\n\nBob  0:21\nWhen?\n\nAnna Berg  0:34\nIn May.",
        "Anna Berg (00:12): The archive moves to the new building.\nBob (00:21): When?\nAnna Berg (01:02:07): In May.",
        "00:12 - 00:19 Anna Berg\nThe archive moves to the\nnew building.\n\n00:21 Bob\nWhen?\n\n00:31 Bob\nWhy?",
        "Anna Berg (0:00): The archive moves\nto the new building.\n\nBob (0:17): When?",
        "0:12 Anna Berg: The archive moves\n0:14\nto the new building.\n0:21 Bob: When?",
        "Anna Berg: The archive [00:00:12] moves to the new building.\nBob: When? [00:00:14] And why? [00:00:19] Say.",
        "00:12.000 --> 00:19.000\nAnna Berg: The archive moves to the\n\n00:19 --> 00:21\nnew building.\nBob: When?",
    ],
)
def test_transcripts_are_written_in_many_ways(transcript: str) -> None:
    document = plain.load(f"Town hall of June\n\n{transcript}".encode())
    assert document.text.startswith(
        "Town hall of June\n\nAnna Berg: The archive moves to the new building.\n\nBob: When?"
    )
    assert document.sections[1].locator.at in {"00:00:12", "00:00:00"}


@pytest.mark.parametrize(
    "text",
    [
        "09:00 Opening\n09:30 Talk of Anna\n10:15 Coffee\n12:00 Lunch",
        "The canteen opens at 11:32.\nThe van leaves at 13:41 and returns at 15:47.",
        "08:00 - 12:00 Reception\n12:00 - 13:00 Closed\n13:00 - 17:00 Reception",
        "Write 00:00:01 --> 00:00:02 above each subtitle.",
    ],
)
def test_a_plan_of_the_day_keeps_its_times(text: str) -> None:
    assert plain.load(text.encode()).text.replace("\n", " ") == text.replace("\n", " ")


def test_eight_hours_of_captions_take_seconds() -> None:
    def shown(at: float) -> str:
        return f"{int(at) // 3600:02}:{int(at) // 60 % 60:02}:{at % 60:06.3f}"

    said = [f"{shown(at * 1.44)} --> {shown(at * 1.44 + 1.4)}\n<v Anna>the rule {at} holds" for at in range(20_000)]
    started = time.process_time()
    document = load_document("talk.vtt", ("WEBVTT\n\n" + "\n\n".join(said)).encode())
    assert time.process_time() - started < 10
    assert document.sections[-1].locator.at.startswith("07:5")
