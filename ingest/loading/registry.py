"""From a document's name and bytes to its text: the one place that calls a loader.

The steps: the name's extension says which loader; the loader reads the bytes; what came out must hold text. Whatever a
parser raises becomes a `LoadError`, but for lack of memory, which `worker` reports. Runs in the child process only.
"""

from typing import Protocol

from ingest.errors import LoadError
from ingest.loading.formats import format_of
from ingest.loading.pdf import document as pdf
from ingest.loading.text import cues, plain
from ingest.loading.web import html, markdown
from ingest.loading.word import document as word
from ingest.parsed import Parsed


class Loader(Protocol):
    """What a module of this folder offers to be a loader."""

    def load(self, content: bytes) -> Parsed:
        """Return the document as text, or raise `LoadError` with the reason."""
        ...


LOADERS: dict[str, Loader] = {
    "cues": cues,
    "html": html,
    "markdown": markdown,
    "pdf": pdf,
    "plain": plain,
    "word": word,
}


def load_document(name: str, content: bytes) -> Parsed:
    """Return a document as text.

    Args:
        name: the document's id or file name; only its extension counts.
        content: all of its bytes.

    Raises:
        LoadError: with the reason that is shown to a person.
    """
    loader = LOADERS[format_of(name).name]
    if not content:
        raise LoadError("expected a document, got an empty file (0 bytes)")
    try:
        parsed = loader.load(content)
    except (LoadError, MemoryError):
        raise
    except RecursionError as error:
        raise LoadError("it is nested too deeply to be read: simplify it, or save it again") from error
    except Exception as error:
        raise LoadError(f"it is damaged or unusual: the parser failed with {type(error).__name__}") from error
    if not parsed.sections:
        raise LoadError("expected text, got none: nothing in this document can be read or cited")
    return parsed
