"""What a user would otherwise write: plain LlamaIndex over the same texts, dense only, no check, no record.

`VectorStoreIndex` with `HuggingFaceEmbedding` (float32, its own defaults) and a FAISS store, with passages of the same
size as ours. It gets the documents already parsed, so parsing counts against us only, and all cores for each step, as
it would have by itself (our encoder sets PyTorch to one thread a copy).
"""

import contextlib
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import faiss
import torch
from llama_index.core import Document, StorageContext, VectorStoreIndex
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.node_parser import SentenceSplitter
from llama_index.embeddings.huggingface import HuggingFaceEmbedding
from llama_index.vector_stores.faiss import FaissVectorStore

_TOP_K = 10


@dataclass(frozen=True, slots=True)
class PlainIndex:
    """A plain index, and what making it took."""

    retriever: BaseRetriever
    passages: int
    seconds: float


def plain_index(texts: Sequence[str], *, model: Path, dimensions: int, passage_tokens: int, overlap: int) -> PlainIndex:
    """Index texts the plain way.

    Args:
        texts: one a document.
        model: the folder of the same model as ours.
        dimensions: of its vectors.
        passage_tokens: the size of a passage.
        overlap: tokens that neighbours share.
    """
    embedding = HuggingFaceEmbedding(model_name=str(model), device="cpu")
    splitter = SentenceSplitter(chunk_size=passage_tokens, chunk_overlap=overlap)
    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(dimensions))
    with all_threads():
        started = time.monotonic()
        index = VectorStoreIndex.from_documents(
            [Document(text=text) for text in texts],
            storage_context=StorageContext.from_defaults(vector_store=store),
            transformations=[splitter],
            embed_model=embedding,
        )
        seconds = time.monotonic() - started
    return PlainIndex(index.as_retriever(similarity_top_k=_TOP_K), int(store.client.ntotal), seconds)


@contextlib.contextmanager
def all_threads() -> Iterator[None]:
    """Let PyTorch use every core for one step, as it does when nobody tells it otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
