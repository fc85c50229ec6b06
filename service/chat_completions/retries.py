"""A question that a client sends again by itself is the same question; one that a person asks again is another.

Clients of OpenAI's API try again on their own when they hear nothing, and say so (`x-stainless-retry-count`). They name
nothing, so a question is its own name here (`service/http/once`): one that is sent again gets what came of it, and so
does one whose like from the same caller is still being answered; any other is answered anew.
"""

import hashlib

from service.answering.questions import Question

RETRY_COUNT = "x-stainless-retry-count"


def name_of(question: Question) -> str:
    """Return the name under which a question is answered, in which it cannot be read."""
    told = (question.text, question.conversation_id, question.earlier)
    return f"chat {hashlib.sha256(repr(told).encode()).hexdigest()}"  # no Idempotency-Key holds a blank


def is_again(retry_count: str | None) -> bool:
    """Tell whether a client says that it sends a request again."""
    return retry_count is not None and retry_count.isdecimal() and int(retry_count[:9]) > 0
