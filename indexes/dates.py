"""Dates and times of a text in one form each: "1 march 2026" and "17:30", whatever they were written as.

A date in figures is read day first; where it could be month first as well, both readings are terms of a text, and a
question is read day first. A month alone and a year alone are left as they are.
"""

import re

from indexes.spellings import MARK

MONTHS = "january february march april may june july august september october november december".split()
_MONTHS, _DAYS, _HOURS = range(1, 13), range(1, 32), range(1, 13)
_BY_SHORT = {name[:3]: name for name in MONTHS}
_MONTH = (
    r"(?P<month>[Jj]an(?:uary)?|[Ff]eb(?:ruary)?|[Mm]ar(?:ch)?|[Aa]pr(?:il)?|[Mm]ay|[Jj]une?|[Jj]uly?|[Aa]ug(?:ust)?"
    r"|[Ss]ept?(?:ember)?|[Oo]ct(?:ober)?|[Nn]ov(?:ember)?|[Dd]ec(?:ember)?)"
)
_ANY_MONTH = re.compile(r"\b(?:[Jj]an|[Ff]eb|[Mm]a[ry]|[Aa]pr|[Jj]u[nl]|[Aa]ug|[Ss]ep|[Oo]ct|[Nn]ov|[Dd]ec)")
_YEAR_FIRST = re.compile(r"(?<![\w.-])((?:19|20)\d\d)([-/.])(\d\d?)\2(\d\d?)(?![\w-]|\.\d)")
_YEAR_LAST = re.compile(r"(?<![\w./-])(\d\d?)([-/.])(\d\d?)\2((?:19|20)\d\d)(?![\w-]|\.\d)")
_SHORT_YEAR = re.compile(r"(?<![\w./-])(\d\d?)/(\d\d?)/(\d\d)(?![\w/.-])")
_DAY_MONTH = re.compile(
    rf"(?<![\w.,:])(?P<day>\d\d?)(?:st|nd|rd|th)?(?: of)? {_MONTH}\b\.?,?(?P<year> (?:19|20)\d\d\b)?"
)
_MONTH_DAY = re.compile(
    rf"(?<!{MARK})\b{_MONTH}\.? (?P<day>\d\d?)(?:st|nd|rd|th)?(?![\w%]|[.,:]\d)(?P<year>,? (?:19|20)\d\d\b)?"
)
_MONTH_YEAR = re.compile(rf"(?<!{MARK})\b{_MONTH}\.? (?=(?:19|20)\d\d\b)")
_HALF_DAY = re.compile(r"(?<![\w.:])(\d\d?)(?:[:.]([0-5]\d))? ?([AaPp])\.?[Mm]\b\.?")
_CLOCK = re.compile(rf"(?<![\w.:{MARK}])([01]?\d|2[0-3]):([0-5]\d)(?![\w:]|\.\d)(?: ?o'clock)?")
_O_CLOCK = re.compile(r"(?<![\w.:])(1?\d|2[0-4])() o'clock\b")


def dated(text: str, extra: list[str]) -> str:
    """Return a text with its dates and times in one form; what they may be asked for as besides goes to `extra`."""
    text = _YEAR_FIRST.sub(lambda found: _in_words(found[0], found[4], found[3], found[1]), text)
    text = _YEAR_LAST.sub(lambda found: _either(found[0], found[1], found[3], found[4], extra), text)
    if "/" in text:
        text = _SHORT_YEAR.sub(lambda found: _either(found[0], found[1], found[2], "20" + found[3], extra), text)
    if _ANY_MONTH.search(text):
        text = _DAY_MONTH.sub(_of_month, text)
        text = _MONTH_DAY.sub(_of_month, text)
        text = _MONTH_YEAR.sub(lambda found: month_term(found["month"]) + " ", text)
    text = _HALF_DAY.sub(lambda found: _half_day(found, extra), text)
    if ":" in text:
        text = _CLOCK.sub(lambda found: _on_the_clock(found, extra), text)
    return _O_CLOCK.sub(lambda found: _on_the_clock(found, extra), text) if "clock" in text else text


def month_term(name: str) -> str:
    """Return a month as the text of its term; May is marked, for the verb says nothing."""
    month = _BY_SHORT[name[:3].lower()]
    return f"{MARK}{month}" if month == "may" else month


def _in_words(written: str, day: str, month: str, year: str) -> str:
    if int(day) not in _DAYS or int(month) not in _MONTHS:
        return written
    return f" {int(day)} {month_term(MONTHS[int(month) - 1])} {year} "


def _either(written: str, first: str, second: str, year: str, extra: list[str]) -> str:
    if int(second) not in _MONTHS:  # the American order
        first, second = second, first
    elif first != second and int(first) in _MONTHS:
        extra += [month_term(MONTHS[int(first) - 1]), str(int(second))]
    return _in_words(written, first, second, year)


def _of_month(found: re.Match[str]) -> str:
    if int(found["day"]) not in _DAYS:
        return found[0]
    year = (found["year"] or "").removeprefix(",")
    return f"{int(found['day'])} {month_term(found['month'])}{year} "


def _half_day(found: re.Match[str], extra: list[str]) -> str:
    hour = int(found[1])
    if hour not in _HOURS:
        return found[0]
    extra.append(str(hour))
    return _time(hour % 12 + (12 if found[3] in "pP" else 0), found[2] or "00")


def _on_the_clock(found: re.Match[str], extra: list[str]) -> str:
    extra.append(str(int(found[1])))
    return _time(int(found[1]), found[2] or "00")


def _time(hour: int, minute: str) -> str:
    return f" {MARK}{hour}:{minute} "
