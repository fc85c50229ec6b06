"""The commands ask and search.

While a service runs it holds the audit log, so they go through it; with none running they open the same parts in this
process. Exit codes: 0 answered, 1 refused or found wrong, 2 bad usage.
"""

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from indexes.console import fail, out, problem
from indexes.documents import locator_from_json
from indexes.errors import IndexesError, SettingsError
from service.access.errors import AccessError
from service.answering.errors import AnsweringError, QuestionError
from service.audit.errors import AuditBusyError, AuditError
from service.clients.by_model import by_model, wrote
from service.clients.lines import either, ended, lines_in, not_looked_up
from service.commands.opening import opened_service
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from service.parts import Service

_OK = 200

QuestionArgument = Annotated[str, typer.Argument(help="the question, in words")]
AsJson = Annotated[bool, typer.Option("--json", help="print JSON")]


def ask(question: QuestionArgument, as_json: AsJson = False) -> None:
    """Answer a question from the approved documents, or refuse it with a reason."""
    result = _ask_somewhere("/v1/ask", question, {})
    if as_json:
        out.json(result)
    elif result["refusal"]:
        out.line(("No answer:", "yellow"), f" {result['refusal']['message']}")
        _print_model(result)
        _print_not_looked_up(result)
        _print_notes(result)
    else:
        _print_answer(result)
    if result["refusal"]:
        raise typer.Exit(1)


def _print_model(result: dict[str, Any]) -> None:
    """Print what a language model did for it."""
    for line in by_model(result.get("model"), (result["refusal"] or {}).get("reason")):
        out.line((line, "dim"))


def _print_notes(result: dict[str, Any]) -> None:
    for note in result.get("notes", ()):
        out.line((f"Note: {ended(note)}", "yellow"))


def _print_not_looked_up(result: dict[str, Any]) -> None:
    if left := not_looked_up(result.get("not_looked_up", ())):
        out.line((left, "yellow"))


def _print_answer(result: dict[str, Any]) -> None:
    _print_model(result)
    for number, sentence in enumerate(result["sentences"]):
        _print_sentence(sentence, result["citations"], leads=not number)
    if result.get("not_mentioned"):
        out.line((f"The sources do not mention {either(result['not_mentioned'])}.", "yellow"))
    _print_not_looked_up(result)
    _print_notes(result)
    out.line()
    for source, cited in groupby(result["citations"], key=_source):
        quoted = list(cited)
        out.line(("".join(f"[{citation['n']}]" for citation in quoted), "cyan"), (f" {source}", "cyan"))
        for citation in quoted if wrote(result.get("model")) else ():
            out.line((f"  “{' '.join(citation['quote'].split())}”", "dim"))
    if result.get("passages"):
        out.line()
        out.line("Also on this:")
        for passage in result["passages"]:
            out.line((f"  {_source(passage)}", "cyan"))


def _print_sentence(sentence: dict[str, Any], citations: list[dict[str, Any]], *, leads: bool) -> None:
    """Print its lines, the leading sentence's in bold."""
    for line in lines_in(sentence, citations):
        numbers = "".join(f"[{n}]" for n in line.citations)
        said = f"{line.mark}{line.text}"
        out.line((said, "bold") if leads else said, (f" {numbers}", "cyan") if numbers else "")
    if sentence.get("more"):
        last = next(one for one in citations if one["n"] == sentence["citations"][-1])
        out.line((f"and {sentence['more']} more, in {_source(last)}", "dim"))


def _source(place: dict[str, Any]) -> str:
    where = locator_from_json(place["locator"]).label()
    return f"{place['title']}{f', {where}' if where else ''} ({place['document']}, until {place['expires']})"


def search(
    question: QuestionArgument,
    limit: Annotated[int, typer.Option(min=1, max=50, help="at most this many passages")] = 10,
    as_json: AsJson = False,
) -> None:
    """Show the ranked passages for a question, without an answer."""
    result = _ask_somewhere("/v1/search", question, {"limit": limit})
    if as_json:
        out.json(result)
        return
    for passage in result["passages"]:
        out.line((f"{passage['rank']}  {passage['score']:.3f}  {passage['document']}", "cyan"))
        out.text(passage["text"])
        if passage.get("note"):
            out.line((f"Note: {passage['note']}.", "yellow"))
        out.line()


def _ask_somewhere(path: str, question: str, more: dict[str, Any]) -> dict[str, Any]:
    """Ask the running service, or, with none running, the same parts in this process."""
    try:
        settings = read_settings()
        _check(question, settings)
    except (SettingsError, QuestionError) as error:
        raise fail(error, 2) from error
    notices: list[str] = []
    try:
        with opened_service(settings, notices.append) as service:
            if service.followed:
                service.followed.wait()  # with a service running it was looked at before
            result = _ask_here(service, path, question, more)
    except AuditBusyError:
        return _ask_running(settings, path, {"question": question, **more})
    except SettingsError as error:
        raise fail(error, 2) from error
    except (IndexesError, AccessError, AuditError, AnsweringError) as error:
        raise fail(error, 1) from error
    for notice in notices:
        problem(notice)
    return result


def _check(question: str, settings: Settings) -> None:
    from service.answering.questions import checked_text

    checked_text(question, max_chars=settings.max_question_chars)


def _ask_here(service: "Service", path: str, text: str, more: dict[str, Any]) -> dict[str, Any]:
    from service.answering.questions import Question

    question = Question(text.strip(), service.owner, "cli")
    if path == "/v1/search":
        return service.answering.search(question, limit=more["limit"]).as_json()
    return service.answering.ask(question).as_json()


def _ask_running(settings: Settings, path: str, body: dict[str, Any]) -> dict[str, Any]:
    from service.commands.calling import CallError, called

    try:
        status, value = called(settings, "POST", path, body=body)
    except CallError as error:
        raise fail(error, 1) from error
    if status != _OK:
        raise fail(f"{value.get('title')}: {value.get('detail')}", 1)
    return value
