"""What tools and resources are answered from: the port between MCP and whatever does the work.

`within` asks the service that this is a part of, `through` the API of a running one; a command has one of its own for
a machine on which none runs. Each gives what the API gives, as JSON, for one caller, who is fixed when it is made.
"""

from typing import Any, Protocol

Json = dict[str, Any]


class NotGivenError(Exception):
    """There is no result. The message is for whoever asked: what was expected and what came, and no text of theirs."""


class Knowledge(Protocol):
    """Answers, passages and documents for one caller. Any method may raise `NotGivenError`."""

    @property
    def address(self) -> str:
        """Where browsers reach the service, like `https://greenlit.northlight.example`: links begin with it."""

    async def ask(self, question: str, *, conversation_id: str | None) -> Json:
        """Return an answer or a refusal, as `POST /v1/ask` gives it; it is on record."""

    async def search(self, question: str, *, limit: int) -> Json:
        """Return ranked passages, as `POST /v1/search` gives them; it is on record."""

    async def documents(self) -> list[Json]:
        """Return the documents that the caller may read, by name, as `GET /v1/documents` lists them."""

    async def document(self, document: str) -> Json | None:
        """Return a document with its stored text, as `GET /v1/documents/{id}` does.

        `None` if the caller may not read it or there is none: nobody learns which.
        """
