"""A retriever of LlamaIndex inside the process of the service: `InProcessRetriever`, over parts that are open.

The same search, boundary and record as at every door; what it finds are the nodes of
`service.clients.llama_index.GreenlitRetriever`. Who asks is given, not recognised: whoever builds it answers for that.
It stands among the doors, because it asks as they do; a program beside the service uses the one over HTTP.
"""

import asyncio

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from service.access.errors import NotAllowedError
from service.access.principals import Principal, Role
from service.answering.pipeline import Answering
from service.answering.questions import Question, checked_text
from service.clients.nodes import nodes_of

_MAX_CHARS = 2000


class InProcessRetriever(BaseRetriever):
    """Finds passages that one principal may see. Any thread may call."""

    def __init__(
        self,
        answering: Answering,
        principal: Principal,
        *,
        limit: int = 10,
        root: str = "",
        max_question_chars: int = _MAX_CHARS,
    ) -> None:
        """Take the parts of a service, and who asks.

        Args:
            answering: what answers; see `service.parts`.
            principal: who asks, whose groups decide what is found.
            limit: passages at most.
            root: the public address, which the addresses of sources begin with.
            max_question_chars: longer questions are refused.

        Raises:
            NotAllowedError: they have not the role of staff.
        """
        super().__init__()
        if Role.STAFF not in principal.roles:
            raise NotAllowedError(f"expected somebody with the role {Role.STAFF}")
        self._answering = answering
        self._principal = principal
        self._limit = limit
        self._root = root
        self._max_question_chars = max_question_chars

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        text = checked_text(query_bundle.query_str, max_chars=self._max_question_chars)
        found = self._answering.search(Question(text, self._principal, "api"), limit=self._limit)
        return nodes_of(found.as_json(), root=self._root)

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)
