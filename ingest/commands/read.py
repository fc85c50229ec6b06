"""The command `read`: one file as it would be stored, and what of it was not read, before anybody approves it.

The text goes to whoever runs the command and nowhere else: no log, no record, no file.
"""

import contextlib
import os
from pathlib import Path
from typing import Annotated

import typer

from indexes.console import out
from indexes.documents import Document, Locator
from indexes.errors import IndexesError
from indexes.library import locate
from indexes.settings import LibrarySettings, read_library_settings
from indexes.sources import read_sources
from ingest import show
from ingest.commands.opening import AsJson, failed, limited_parser
from ingest.errors import IngestError


def read(
    file: Annotated[str, typer.Argument(help="any file, or a document's name")],
    as_json: AsJson = False,
) -> None:
    """Show the text and what was not read of one file, before anybody approves it.

    Exits with 1 if it cannot be read as a document. The text is stored nowhere.
    """
    from ingest.loading.formats import loader_version
    from ingest.read import read_file

    try:
        settings = read_library_settings()
        with limited_parser(settings) as parser:
            read_as = read_file(_path(file, settings), parser, max_bytes=settings.max_file_bytes)
    except IndexesError as error:
        raise failed(error) from error
    except IngestError as error:
        raise failed(f"'{file}': {error}", 1) from error
    loader = loader_version(read_as.document)
    if as_json:
        out.json(show.reading_json(read_as, loader))
    else:
        _show(read_as, loader)


def _path(file: str, settings: LibrarySettings) -> Path:
    """Return where the file lies: as it is given, else where a document of that name does."""
    path = Path(file)
    with contextlib.suppress(IndexesError, ValueError):
        if not os.path.lexists(path):
            return locate(read_sources(settings.library), file)
    return path


def _show(document: Document, loader: str) -> None:
    out.line((document.title, "bold"))
    out.line((f"{document.document}, read by {loader}", "dim"))
    at, where = 0, ""
    for section in document.sections:
        _lines(document.text[at : section.start], heading=True)
        if where != (where := _where(section.locator)):
            out.line()
            out.line((where, "cyan"))
        _lines(document.text[section.start : section.end])
        at = section.end
    _lines(document.text[at:], heading=True)
    out.line()
    if not document.notes:
        out.line(("nothing was found that is not in this text", "dim"))
        return
    out.line("not in this text:")
    for note in show.lacking_first(document.notes):
        out.line((f"  {note.in_words()}", "yellow" if note.lacks else "dim"))


def _lines(text: str, *, heading: bool = False) -> None:
    """Print a piece of the text after an empty line; nothing where it holds none."""
    if text := text.strip("\n"):
        out.line()
        out.text(text, "bold" if heading else None)


def _where(locator: Locator) -> str:
    """Return all that a locator says: page and what it calls itself, or time, and the heading path."""
    if locator.kind not in ("page", "time"):
        return f"[{locator.label()}]" if locator.headings else ""
    return f"[{' › '.join((locator.label(), *locator.headings))}]"
