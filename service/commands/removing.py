"""What the log has to do with removing a build: says what rests on it, and puts on record that it goes."""

from typing import Any

from service.commands.audit import log_client


def questions_asked(build_id: str) -> dict[str, int]:
    """Return how many questions on record a build was asked, by month; ends the command where nobody can say."""
    with log_client() as client:
        return _questions(client.get(f"/builds/{build_id}"))


def record_removal(build_id: str) -> dict[str, int]:
    """Put on record that a build is removed, and return what `questions_asked` does."""
    with log_client() as client:
        return _questions(client.post(f"/builds/{build_id}/removal", {}))


def _questions(answer: Any) -> dict[str, int]:
    return dict(answer["questions"])
