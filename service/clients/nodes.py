"""Passages that a search found as nodes of LlamaIndex, whose metadata is the citation.

A model is shown document, title and place of a passage beside its text, and what was not read of it; nothing but the
text is embedded.
"""

from collections.abc import Mapping
from typing import Any

from llama_index.core.schema import NodeWithScore, TextNode

_CITED = ("document", "title", "sha256", "passage_id", "locator", "span", "approved_by", "approved_on", "expires")
_SHOWN_TO_MODELS = frozenset({"document", "title", "locator"})


def nodes_of(found: Mapping[str, Any], *, root: str) -> list[NodeWithScore]:
    """Return what a search found, as nodes.

    Args:
        found: as `POST /v1/search` gives it.
        root: the address of Greenlit, which the addresses of sources begin with; may be empty.
    """
    on_record = {"request_id": found["request_id"], "receipt": found["receipt"]}
    return [_node(passage, on_record, root.rstrip("/")) for passage in found["passages"]]


def _node(passage: Mapping[str, Any], on_record: Mapping[str, Any], root: str) -> NodeWithScore:
    cited = {name: passage[name] for name in _CITED} | {"note": passage.get("note")}
    shown = _SHOWN_TO_MODELS | ({"note"} if cited["note"] else set())
    metadata = {**cited, "url": f"{root}{passage['url']}", **on_record}
    start, end = passage["span"]
    node = TextNode(
        id_=passage["passage_id"],
        text=passage["text"],
        metadata=metadata,
        excluded_llm_metadata_keys=[name for name in metadata if name not in shown],
        excluded_embed_metadata_keys=list(metadata),
        start_char_idx=start,
        end_char_idx=end,
    )
    return NodeWithScore(node=node, score=passage["score"])
