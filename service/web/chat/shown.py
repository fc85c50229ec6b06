"""What the page for staff shows beside an answer: what is near to a refused question, and what was looked in.

`shown` returns what the template `chat/answer.html` takes, whoever draws it: a whole page, a stream, a conversation.
"""

from typing import Any

from indexes.errors import BuildError
from indexes.sources import source_name
from service.access.principals import Principal
from service.answering.answers import Answer
from service.answering.errors import AnsweringError
from service.answering.library.reading import Reading, Within
from service.answering.library.starting import Starting
from service.audit.errors import AuditError
from service.web.chat.nearest import nearest

_MOST_TITLES = 3  # that say what a source is about


def shown(answer: Answer, question: str, within: Within, *, conversation_id: str = "") -> dict[str, Any]:
    """Return the values of `chat/answer.html` for an answer or a refusal."""
    return {
        "answer": answer,
        "question": question,
        "conversation_id": conversation_id,
        "nearest": nearest(question, answer.refusal, within),
        "looked_in": looked_in(within) if answer.refusal else (),
    }


def looked_in(within: Within) -> tuple[str, ...]:
    """Return the names of the sources of which somebody may read at least one document, in the allowlist's order."""
    readable = {source_name(document) for document in within.scope.grants}
    return tuple(name for name in within.sources if name in readable)


def start_of(reading: Reading, starting: Starting, person: Principal) -> dict[str, Any]:
    """Return what an empty page offers: questions of the day, and the sources with what each is about.

    Nothing where nobody can say what may be read: the page still takes a question, and says what is wrong then.
    """
    try:
        within = reading.within(person)
        questions = starting.questions(within)
    except (BuildError, AnsweringError, AuditError):
        return {}
    titles: dict[str, list[str]] = {name: [] for name in looked_in(within)}
    for readable in within.readable:
        titles.get(source_name(readable.info.document), []).append(readable.info.title)
    about = [(name, tuple(found[:_MOST_TITLES]), max(0, len(found) - _MOST_TITLES)) for name, found in titles.items()]
    return {"starts": questions, "sources": about}
