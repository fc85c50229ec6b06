"""Which documents can be read: file name extension to format, and the version of what reads it.

Imports no parser, so that asking costs nothing. `registry` has a loader for each format named here.
"""

import importlib.metadata
from dataclasses import dataclass
from functools import cache
from pathlib import PurePosixPath

from ingest.errors import LoadError
from ingest.parsed import TEXT_VERSION


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of document; `version` rises when our loader reads the same bytes differently."""

    name: str
    version: int
    libraries: tuple[str, ...]  # distributions whose version also decides what is read


_MARKDOWN = Format("markdown", 2, ("markdown-it-py", "mdit-py-plugins", "lxml", "PyYAML", "tinycss2", "cssselect2"))
_HTML = Format("html", 2, ("lxml", "tinycss2", "cssselect2", "webencodings"))
_PLAIN = Format("plain", 2, ())
_CUES = Format("cues", 1, ())
_WORD = Format("word", 2, ("lxml",))
_PDF = Format("pdf", 2, ("pypdf", "pypdfium2"))

FORMATS: dict[str, Format] = {
    ".docx": _WORD,
    ".htm": _HTML,
    ".html": _HTML,
    ".markdown": _MARKDOWN,
    ".md": _MARKDOWN,
    ".pdf": _PDF,
    ".srt": _CUES,
    ".txt": _PLAIN,
    ".vtt": _CUES,
}
_ADVICE = {
    ".doc": "save it as .docx",
    ".odt": "save it as .docx or .pdf",
    ".ppt": "save it as .pdf",
    ".pptx": "save it as .pdf",
    ".rtf": "save it as .docx",
    ".xls": "save it as .pdf",
    ".xlsx": "save it as .pdf",
}


def format_of(name: str) -> Format:
    """Return the format of a document, by the extension of its name.

    Raises:
        LoadError: no loader reads this extension; the message lists those that can be read.
    """
    extension = PurePosixPath(name).suffix.lower()
    if extension not in FORMATS:
        came = f"'{extension}'" if extension else "a name without an extension"
        advice = _ADVICE.get(extension, "convert it, or keep it elsewhere")
        raise LoadError(f"expected a document of type {', '.join(FORMATS)}, got {came}: {advice}")
    return FORMATS[extension]


def loader_version(name: str) -> str:
    """Return what decides how a document is read: stored text may be reused while this stays the same.

    Args:
        name: the document's id or file name.

    Raises:
        LoadError: as `format_of`.
    """
    return _version(format_of(name))


@cache
def _version(document_format: Format) -> str:
    libraries = [f"{library} {importlib.metadata.version(library)}" for library in document_format.libraries]
    return ", ".join([f"{document_format.name} {document_format.version}.{TEXT_VERSION}", *libraries])
