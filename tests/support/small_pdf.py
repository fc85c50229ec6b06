"""Small PDFs written by hand: lines of text, a page each, without a library that would say what may stand in one."""

from collections.abc import Sequence

_A4 = (595, 842)
_LINE = 16  # points


def small_pdf(
    *pages: Sequence[str], size: tuple[float, float] = _A4, turned: int = 0, script: str = "", labels: str = ""
) -> bytes:
    """Return a PDF of some pages, each with lines in 11 points Helvetica.

    A page without lines shows strokes that are no characters, as writing in a scan is.

    Args:
        pages: the lines of each.
        size: width and height of each page, in points.
        turned: by how many degrees each page is shown turned.
        script: JavaScript that a viewer runs when it opens the file.
        labels: the style of the pages' labels, such as "/S /r".
    """
    more = f" /OpenAction << /S /JavaScript /JS ({_escaped(script)}) >>" if script else ""
    more += f" /PageLabels << /Nums [0 << {labels} >>] >>" if labels else ""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        f"<< /Type /Catalog /Pages 2 0 R{more} >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    fonts = "<< /Font << /F 3 0 R >> >>"
    shape = f"/MediaBox [0 0 {size[0]} {size[1]}] /Rotate {turned}"
    for number, lines in enumerate(pages):
        shown = _shown(lines, size)
        objects += [
            f"<< /Type /Page /Parent 2 0 R {shape} /Resources {fonts} /Contents {5 + 2 * number} 0 R >>",
            f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
        ]
    return _file(objects)


def _shown(lines: Sequence[str], size: tuple[float, float]) -> str:
    if not lines:
        return "\n".join(f"{72 + 20 * at} {80 + 30 * row} 9 7 re f" for row in range(20) for at in range(20))
    top = size[1] - 80
    written = [f"1 0 0 1 72 {top - _LINE * at} Tm ({_escaped(line)}) Tj" for at, line in enumerate(lines)]
    return "\n".join(["BT /F 11 Tf", *written, "ET"])


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _file(objects: Sequence[str]) -> bytes:
    out, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj\n{one}\nendobj\n".encode("latin-1")
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + (head + end).encode()
