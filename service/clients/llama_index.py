"""A retriever of LlamaIndex that finds approved passages over HTTP: `GreenlitRetriever`.

Each retrieval is a search at Greenlit (`POST /v1/search`): within what the caller, or the person they act for, may read
at that moment, and on record before anything is returned. What is found are nodes whose metadata is the citation; a
model is shown document, title and place of it, and nothing is embedded but the text. Loads LlamaIndex and none of the
model libraries. What goes wrong is a `CallError`: nobody is given nothing instead.
"""

import weakref

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from service.clients.calls import Service
from service.clients.client import AsyncGreenlit, Greenlit
from service.clients.nodes import nodes_of


class GreenlitRetriever(BaseRetriever):
    """Finds passages at a running Greenlit. Threads may share one."""

    def __init__(self, service: Service, *, limit: int = 10, on_behalf_of: str | None = None) -> None:
        """Take where Greenlit is; nothing is sent yet.

        Args:
            service: its address, and who calls.
            limit: passages at most, up to 50.
            on_behalf_of: the e-mail address of the person for whom an `act-for` key looks.

        Raises:
            OSError, ssl.SSLError: the certificate cannot be read.
        """
        super().__init__()
        self._service = service
        self._limit = limit
        self._on_behalf_of = on_behalf_of
        self._greenlit = Greenlit(service)
        self._end = weakref.finalize(self, self._greenlit.close)  # nobody closes a retriever

    def close(self) -> None:
        """Close what is open to Greenlit; it is closed at the end in any case."""
        self._end()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._greenlit.search(query_bundle.query_str, limit=self._limit, on_behalf_of=self._on_behalf_of)
        return nodes_of(found, root=self._service.url)

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        async with AsyncGreenlit(self._service) as greenlit:  # one for each: loops come and go
            found = await greenlit.search(query_bundle.query_str, limit=self._limit, on_behalf_of=self._on_behalf_of)
        return nodes_of(found, root=self._service.url)
