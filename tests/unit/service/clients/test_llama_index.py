"""The retriever of LlamaIndex: light to load, and nodes that say where they come from."""

import subprocess
import sys
from typing import Any

from service.clients.nodes import nodes_of
from tests.support.forked import ROOT

FOUND: dict[str, Any] = {
    "request_id": "r-1",
    "receipt": {"origin": "greenlit.test/audit/2026-11", "seq": 7, "leaf_hash": "f" * 64},
    "passages": [
        {
            "rank": 1,
            "passage_id": "0" * 24,
            "document": "legal/travel.md",
            "title": "Travel rules",
            "sha256": "a" * 64,
            "text": "The daily travel allowance is fifty euros.",
            "span": [14, 56],
            "locator": {"kind": "document"},
            "score": 0.75,
            "url": "/documents/legal/travel.md?version=a#quote",
            "approved_by": "ann",
            "approved_on": "2026-11-20",
            "expires": "2027-11-20",
        }
    ],
}


def test_it_loads_no_model_library_and_nothing_of_the_service() -> None:
    """In a program of its own: whoever asks over HTTP should not wait for what they do not use."""
    heavy = "torch transformers sentence_transformers faiss sklearn scipy fastapi indexes"
    code = f"import sys, service.clients.llama_index; print(sorted(set({heavy.split()}) & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (run.stdout, run.stderr) == ("[]\n", "")


def test_a_node_is_a_passage_with_its_citation() -> None:
    (found,) = nodes_of(FOUND, root="https://greenlit.northlight.example/")
    assert (found.score, found.node.node_id, found.text) == (0.75, "0" * 24, FOUND["passages"][0]["text"])
    passage = FOUND["passages"][0]
    cited = ("document", "title", "sha256", "passage_id", "span", "locator", "approved_by", "approved_on", "expires")
    address = "https://greenlit.northlight.example/documents/legal/travel.md?version=a#quote"
    beside = {"note": None, "url": address, "request_id": "r-1", "receipt": FOUND["receipt"]}
    assert found.metadata == {name: passage[name] for name in cited} | beside


def test_a_model_reads_where_it_stands_and_nothing_else_of_it() -> None:
    (found,) = nodes_of(FOUND, root="")
    shown, embedded = (found.node.get_content(mode) for mode in ("llm", "embed"))  # type: ignore[arg-type]
    assert "Travel rules" in shown
    assert not any(word in shown for word in ("aaaa", "r-1", "ann", "2027", "http"))
    assert embedded == FOUND["passages"][0]["text"]


def test_a_model_reads_what_was_not_read_of_it() -> None:
    passage = {**FOUND["passages"][0], "note": "page 2 of this document could not be read"}
    (found,) = nodes_of({**FOUND, "passages": [passage]}, root="")
    assert "page 2 of this document could not be read" in found.node.get_content("llm")  # type: ignore[arg-type]
    assert "could not be read" not in found.node.get_content("embed")  # type: ignore[arg-type]
