"""Small Word documents, written as XML: a body, and whatever styles, lists, notes and other parts a test needs."""

import io
import zipfile
from collections.abc import Mapping

_OPEN = "http://schemas.openxmlformats.org"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "w": f"{_OPEN}/wordprocessingml/2006/main",
        "m": f"{_OPEN}/officeDocument/2006/math",
        "r": f"{_OPEN}/officeDocument/2006/relationships",
        "a": f"{_OPEN}/drawingml/2006/main",
        "wp": f"{_OPEN}/drawingml/2006/wordprocessingDrawing",
        "pic": f"{_OPEN}/drawingml/2006/picture",
        "c": f"{_OPEN}/drawingml/2006/chart",
        "mc": f"{_OPEN}/markup-compatibility/2006",
        "v": "urn:schemas-microsoft-com:vml",
        "o": "urn:schemas-microsoft-com:office:office",
        "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
_RELATIONS = f"{_OPEN}/package/2006/relationships"
_KINDS = f"{_OPEN}/officeDocument/2006/relationships"


def p(text: str = "", *, style: str = "", properties: str = "", runs: str = "", run: str = "") -> str:
    """Return a paragraph: of text, whose run may have properties, or of runs."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    said = f"<w:pPr>{named}{properties}</w:pPr>" if named or properties else ""
    return f"<w:p>{said}{r(text, run) if text else ''}{runs}</w:p>"


def r(text: str, properties: str = "") -> str:
    """Return a run of text."""
    said = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{said}<w:t xml:space="preserve">{text}</w:t></w:r>'


def item(text: str, level: int = 0, *, number: int = 1, properties: str = "") -> str:
    """Return a paragraph of a list."""
    numbering = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    return p(text, properties=numbering + properties)


def level(depth: int, text: str, kind: str = "decimal", *, start: int = 1, more: str = "") -> str:
    """Return one level of the definition of a list."""
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="{start}"/><w:numFmt w:val="{kind}"/>{more}'
        f'<w:lvlText w:val="{text}"/></w:lvl>'
    )


def lists(*definitions: str, instances: str = "") -> str:
    """Return lists: definition 1, 2, ... each with the instance of its number, and further instances."""
    defined = "".join(
        f'<w:abstractNum w:abstractNumId="{number}">{levels}</w:abstractNum>'
        for number, levels in enumerate(definitions, 1)
    )
    plain = "".join(
        f'<w:num w:numId="{number}"><w:abstractNumId w:val="{number}"/></w:num>'
        for number in range(1, len(definitions) + 1)
    )
    return defined + plain + instances


def style(name: str, properties: str = "", *, kind: str = "paragraph", base: str = "", named: str = "") -> str:
    """Return a style; its id is its name without spaces."""
    based = f'<w:basedOn w:val="{base}"/>' if base else ""
    return (
        f'<w:style w:type="{kind}" w:styleId="{name.replace(" ", "")}"><w:name w:val="{named or name}"/>{based}'
        f"{properties}</w:style>"
    )


def heading_styles(properties: str = "") -> str:
    """Return the styles of title and headings."""
    names = ["Title", *(f"heading {number}" for number in (1, 2, 3))]
    ids = ["Title", "Heading1", "Heading2", "Heading3"]
    return "".join(
        f'<w:style w:type="paragraph" w:styleId="{one}"><w:name w:val="{name}"/>{properties}</w:style>'
        for one, name in zip(ids, names, strict=True)
    )


def table(*rows: str, properties: str = "") -> str:
    """Return a table of rows."""
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr>{''.join(rows)}</w:tbl>"


def row(*cells: str, properties: str = "") -> str:
    """Return a row; a cell that is no element is a text."""
    said = f"<w:trPr>{properties}</w:trPr>" if properties else ""
    return f"<w:tr>{said}{''.join(one if one.startswith('<') else cell(one) for one in cells)}</w:tr>"


def cell(text: str = "", properties: str = "", *, content: str = "", run: str = "") -> str:
    """Return a cell of a text, or of content."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content or p(text, run=run)}</w:tc>"


def word_file(
    body: str, parts: Mapping[str, str] | None = None, /, *, main: str = "word/document.xml", **known: str
) -> bytes:
    """Return a Word document.

    Args:
        body: what stands in the body.
        parts: further parts by name, as they are.
        main: the name of the main part.
        known: what stands in the root of a part that the main part names: `styles`, `numbering`, `footnotes`,
            `endnotes`, `comments`, `settings`, `header`, `footer`; and `title`, the title in the properties, and
            `background`, what stands before the body.
    """
    folder, _, file = main.rpartition("/")
    title, background = known.pop("title", ""), known.pop("background", "")
    roots = {"header": "hdr", "footer": "ftr"}
    files = {main: f"<w:document {_NAMESPACES}>{background}<w:body>{body}</w:body></w:document>"}
    named = ""
    for kind, inside in known.items():
        root = roots.get(kind, kind)
        files[f"{folder}/{kind}.xml"] = f"<w:{root} {_NAMESPACES}>{inside}</w:{root}>"
        named += f'<Relationship Id="{kind}" Type="{_KINDS}/{kind}" Target="{kind}.xml"/>'
    own = f'<Relationship Id="main" Type="{_KINDS}/officeDocument" Target="/{main}"/>'
    if title:
        own += f'<Relationship Id="core" Type="{_RELATIONS}/metadata/core-properties" Target="core.xml"/>'
        files["core.xml"] = f'<x xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title}</dc:title></x>'
    files["_rels/.rels"] = f'<Relationships xmlns="{_RELATIONS}">{own}</Relationships>'
    files[f"{folder}/_rels/{file}.rels"] = f'<Relationships xmlns="{_RELATIONS}">{named}</Relationships>'
    return zipped(files | dict(parts or {}))


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    """Return an archive of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
