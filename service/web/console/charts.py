"""The page `/audit/charts`: what was asked and what became of it, in charts, each with a sentence and its table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Response
from markupsafe import Markup

from indexes.counting import counted
from service.audit.errors import FilterError
from service.audit.reading.figures import ENOUGH_PEOPLE, LATENCIES_MS, TENTHS, Figures
from service.web.console.drawing import bars, columns
from service.web.console.frame import ConsolePage, TheConsole, sentence
from service.web.console.spans import Days, days_of, the_last
from service.web.console.words import REASONS

_SPAN_DAYS = 30
_MOST_DAYS = 365  # so that no day of the year comes twice
_FEW = "fewer than five people"

_router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: the question it answers, a sentence with the answer, the drawing, and the table behind it."""

    question: str
    says: str
    drawing: Markup | None
    head: Sequence[str]
    table: Sequence[Sequence[str]]


@_router.get("/audit/charts")
def charts(console: TheConsole) -> Response:
    """Show the charts of a span of days, the last thirty unless another is named."""
    return console.shown(lambda: _charts(console))


ROUTES = _router.routes


def _charts(console: ConsolePage) -> Response:
    asked = console.request.query_params
    given = {name: text for name in ("from", "to") if (text := asked.get(name, "").strip())}
    usual = the_last(_SPAN_DAYS, console.auditing.clock())
    try:
        days = _whole(days_of(given), usual)
    except FilterError as error:
        return console.page("charts", "/audit/charts", 422, given=given, problem=sentence(error))
    figures = console.auditing.figures.figures(console.who, since_us=days.since_us or 0, until_us=days.until_us or 0)
    shown = {"from": days.first, "to": days.last}
    drawn = drawings(figures, days) if figures.questions else []
    return console.page("charts", "/audit/charts", given=shown, figures=figures, charts=drawn, few=ENOUGH_PEOPLE)


def _whole(days: Days, usual: Days) -> Days:
    last = days.last or usual.last
    first = days.first or (last - timedelta(days=_SPAN_DAYS - 1) if last else None)
    if first is None or last is None or first > last:
        raise FilterError(f"expected days in their order, the last of them today or before, got {first} and {last}")
    if (last - first).days >= _MOST_DAYS:
        raise FilterError(f"expected a span of at most {_MOST_DAYS} days, got {(last - first).days + 1}")
    return Days(first, last)


def drawings(figures: Figures, days: Days) -> list[Chart]:
    """Return the charts of figures."""
    made = (_a_day(figures, days), _endings(figures), _documents(figures), _latency(figures), _evidence(figures))
    return [chart for chart in made if chart.table]


def _a_day(figures: Figures, days: Days) -> Chart:
    by_day = {one.day: one for one in figures.days}
    shown = [one for one in figures.days if one.questions is not None]
    says = f"{counted(figures.questions, 'question')} on {counted(len(figures.days), 'day')}."
    if shown:
        most = max(shown, key=lambda one: one.questions or 0)
        says += f" Most were asked on {_written(most.day)}: {most.questions:,}."
    if figures.together is not None:
        says += f" {figures.together:,} of them on days with {_FEW} each, by_day together."
    elif len(shown) < len(figures.days):
        says += f" Days with {_FEW} are left out."
    whole = [_iso(days, number) for number in range(_length(days))]
    heights = [(_short_day(day), (by_day[day].questions or 0) if day in by_day else 0) for day in whole]
    table = [
        [
            _written(one.day),
            f"{one.questions:,}" if one.questions is not None else _FEW,
            _share(one.answered, one.questions),
        ]
        for one in figures.days
    ]
    drawing = columns("Questions a day", heights) if shown else None
    return Chart("How much is asked?", says, drawing, ("Day (UTC)", "Questions", "Answered"), table)


def _endings(figures: Figures) -> Chart:
    called = [(_ending(*how), count) for how, count in figures.endings]
    if figures.other_endings:
        called.append((f"otherwise, {_FEW} each", figures.other_endings))
    answered = sum(count for (outcome, _), count in figures.endings if outcome == "answered")
    says = f"{_percent(answered, figures.questions)} of the questions were answered."
    refused = [(reason, count) for (outcome, reason), count in figures.endings if outcome == "refused"]
    if refused:
        reason, count = refused[0]
        says += f" The most frequent reason for a refusal was: {REASONS.get(reason or '', reason)} ({count:,})."
    table = [[name, f"{count:,}", _percent(count, figures.questions)] for name, count in called]
    drawing = _drawn(bars, "How questions ended", called)
    return Chart("How many were refused, and why?", says, drawing, ("Ended", "Questions", "Share"), table)


def _documents(figures: Figures) -> Chart:
    named = figures.documents
    if not named:
        return Chart("", "", None, (), ())
    says = f"{named[0][0]} was cited for most questions: {named[0][1]:,}."
    if figures.other_documents:
        says += f" {figures.other_documents} more were cited, each less often or to {_FEW}."
    table = [[name, f"{count:,}"] for name, count in named]
    drawing = _drawn(bars, "Documents cited", named)
    return Chart("Which documents carry the answers?", says, drawing, ("Document", "Questions"), table)


def _latency(figures: Figures) -> Chart:
    names = [f"{_ms(low)} to {_ms(high)}" for low, high in zip((0, *LATENCIES_MS), LATENCIES_MS, strict=False)]
    classes = list(zip([*names, "longer"], figures.latencies, strict=True))
    says = f"Half of the questions took at most {figures.half_ms:,.0f} ms, 95 of 100 at most {figures.most_ms:,.0f} ms."
    table = [[name, f"{count:,}"] for name, count in classes]
    ends = [f"≤ {_ms(end)}" for end in LATENCIES_MS]
    drawing = _drawn(columns, "How long questions took", list(zip([*ends, "longer"], figures.latencies, strict=True)))
    return Chart("How long does an answer take?", says, drawing, ("Took", "Questions"), table)


def _evidence(figures: Figures) -> Chart:
    total = sum(figures.evidence)
    if not total:
        return Chart("", "", None, (), ())
    strong = sum(figures.evidence[-2:])
    says = f"{_percent(strong, total)} of the questions had evidence of 0.8 or more, of 1."
    names = [f"{low / TENTHS:.1f} to {(low + 1) / TENTHS:.1f}" for low in range(TENTHS)]
    table = [[name, f"{count:,}"] for name, count in zip(names, figures.evidence, strict=True)]
    classes = [(f"{low / TENTHS:.1f}", count) for low, count in enumerate(figures.evidence)]
    drawing = _drawn(columns, "Evidence of questions", classes)
    return Chart("How strong is the evidence?", says, drawing, ("Evidence", "Questions"), table)


def _drawn(draw: Callable[[str, Any], Markup], name: str, values: Sequence[tuple[str, int]]) -> Markup | None:
    return draw(name, values) if any(count for _, count in values) else None


def _ending(outcome: str, reason: str | None) -> str:
    return outcome if reason is None else f"{outcome}: {REASONS.get(reason, reason)}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"


def _share(part: int | None, whole: int | None) -> str:
    return "" if part is None or not whole else f"{part:,} ({_percent(part, whole)})"


def _ms(end: int) -> str:
    return f"{end // 1000} s" if end >= 1000 else f"{end} ms"  # noqa: PLR2004  (a second)


def _length(days: Days) -> int:
    return (days.last - days.first).days + 1 if days.first and days.last else 0


def _iso(days: Days, number: int) -> str:
    return ((days.first or date.min) + timedelta(days=number)).isoformat()


def _written(day: str) -> str:
    return f"{date.fromisoformat(day):%-d %b %Y}"


def _short_day(day: str) -> str:
    return f"{date.fromisoformat(day):%-d %b}"
