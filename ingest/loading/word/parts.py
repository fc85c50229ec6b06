"""The package that a Word document is: an archive of parts that name each other by relationships.

The steps: check the archive, find the main part by the relationships of the package (its name is anybody's choice),
hand out the parts that are asked for as XML. A strict document (ISO 29500 Strict) has other namespaces: they are
renamed. Nothing outside the archive is ever fetched; document types and entities are refused; what is unpacked is
bounded. Pictures are never unpacked. Knows no text.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lxml import etree

from indexes.kinds import ZIP
from ingest.errors import LoadError
from ingest.loading.sniff import check_kind
from ingest.loading.word.xml import local_name, qn

MAX_UNPACKED_BYTES = 100 * 1000 * 1000  # of XML; some five times that in memory; real documents stay far below
MAX_PARTS = 10_000
_ENCRYPTED = 0x1  # bit of a ZIP entry's flags
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_STRICT = re.compile(r"http://purl\.oclc\.org/ooxml/(\w+)/(.+)")
_STRICT_MARK = b"purl.oclc.org/ooxml"
_DAMAGED = (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, EOFError, ValueError, NotImplementedError, OSError)
_NO_MEMORY = 2  # libxml2's code
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_OTHERS = {"workbook": "a spreadsheet", "presentation": "a presentation"}


@dataclass(frozen=True, slots=True)
class Relation:
    """What a part names: the last word of the relationship's type, and the name of the part, "" outside the archive."""

    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the package: its name, the root of its XML, and what it names, by id."""

    name: str
    root: Any
    relations: dict[str, Relation]

    def named(self, kind: str) -> Iterator[str]:
        """Return the names of the parts of a kind that this one names, in its order."""
        return (relation.target for relation in self.relations.values() if relation.kind == kind and relation.target)


class Package:
    """An open package; each part is read once."""

    def __init__(self, content: bytes) -> None:
        """Open a package.

        Raises:
            LoadError: it is no package that can be read, with the reason.
        """
        if content.startswith(_OLE) and _ENCRYPTED_STREAM in content:
            raise LoadError("expected a Word document that opens without a password, got an encrypted one")
        check_kind(content, ZIP, named="a Word document (.docx)")
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            entries = self._archive.infolist()
        except (zipfile.BadZipFile, ValueError, EOFError, NotImplementedError) as error:
            raise LoadError(
                "expected a Word document (.docx), got a ZIP archive that is cut short or damaged"
            ) from error
        if len(entries) > MAX_PARTS:
            raise LoadError(f"expected a Word document of at most {MAX_PARTS} parts, got {len(entries)}: split it")
        if any(entry.flag_bits & _ENCRYPTED for entry in entries):
            raise LoadError("expected a Word document that opens without a password, got an encrypted one")
        self._entries = {entry.filename.replace("\\", "/").lstrip("/").lower(): entry for entry in entries}
        self._unpacked = 0
        self._parts: dict[str, Part | None] = {}
        self._package = self._relations("")
        self.main = self._main()

    def part(self, name: str) -> Part | None:
        """Return a part, or None if the package has none of that name, or none that is XML.

        Raises:
            LoadError: it is damaged, or too large.
        """
        if name.lower() not in self._parts:
            root = self._xml(name)
            self._parts[name.lower()] = None if root is None else Part(name, root, self._relations(name))
        return self._parts[name.lower()]

    def related(self, part: Part, kind: str) -> Iterator[Part]:
        """Return the parts of a kind that a part names."""
        return (found for name in part.named(kind) if (found := self.part(name)) is not None)

    def title(self) -> str:
        """Return the title in the document's properties, or nothing."""
        for relation in self._package.values():
            if relation.kind == "core-properties" and (part := self.part(relation.target)) is not None:
                return next((element.text or "" for element in part.root.iter() if local_name(element) == "title"), "")
        return ""

    def _main(self) -> Part:
        name = next((one.target for one in self._package.values() if one.kind == "officeDocument" and one.target), "")
        part = self.part(name) if name else None
        if part is None:
            what = "an OpenDocument file" if "mimetype" in self._entries else "a ZIP archive without a Word document"
            raise LoadError(f"expected a Word document (.docx), got {what}: save it as Word document (.docx)")
        if part.root.tag != qn("w:document"):
            what = _OTHERS.get(local_name(part.root), "an Office file of another kind")
            raise LoadError(f"expected a Word document (.docx), got {what}: save it as .docx or .pdf")
        return part

    def _relations(self, name: str) -> dict[str, Relation]:
        folder, file = posixpath.split(name)
        root = self._xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, Relation] = {}
        for element in root.iter(_RELATIONSHIP) if root is not None else ():
            target = unquote(element.get("Target", "")).replace("\\", "/")
            inside = element.get("TargetMode", "Internal") != "External"
            path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/") if inside and target else ""
            found[element.get("Id", "")] = Relation(element.get("Type", "").rpartition("/")[2], path)
        return found

    def _xml(self, name: str) -> Any:
        entry = self._entries.get(name.lower())
        if entry is None:
            return None
        self._unpacked += entry.file_size  # zipfile reads no more of a part than its size given here
        if self._unpacked > MAX_UNPACKED_BYTES:
            raise LoadError(
                f"expected a Word document whose text unpacks to at most {MAX_UNPACKED_BYTES / 1e6:.0f} MB, got more: "
                "split it"
            )
        try:
            return _parsed(self._archive.read(entry))
        except _DAMAGED as error:
            if getattr(error, "code", None) == _NO_MEMORY:  # lxml says so in a syntax error
                raise MemoryError from error
            if "Excessive depth" in str(error):
                raise LoadError("it is nested too deeply to be read: simplify it, or save it again") from error
            raise LoadError(
                f"expected a Word document (.docx), got one that is damaged ({type(error).__name__}): save it again in "
                "Word"
            ) from error


def _parsed(content: bytes) -> Any:
    """Return the root of a part's XML, in the namespaces of transitional documents.

    Raises:
        LoadError: it declares a document type.
        lxml.etree.XMLSyntaxError: it is no XML.
    """
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise LoadError("expected a Word document (.docx), got one that declares entities: save it again in Word")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.internalDTD is not None:  # in an encoding that the search above does not see through
        raise LoadError("expected a Word document (.docx), got one that declares entities: save it again in Word")
    if _STRICT_MARK in content:
        _rename(root)
    return root


def _rename(root: Any) -> None:
    known: dict[str, str] = {}

    def renamed(name: str) -> str:
        if name not in known:
            uri, brace, local = name[1:].partition("}")
            strict = _STRICT.fullmatch(uri) if brace else None
            open_ = f"{{http://schemas.openxmlformats.org/{strict[1]}/2006/{strict[2]}}}{local}" if strict else name
            known[name] = open_
        return known[name]

    for element in root.iter(etree.Element):
        element.tag = renamed(element.tag)
        for name in [name for name in element.attrib if name.startswith("{http://purl")]:
            element.set(renamed(name), element.attrib.pop(name))
