"""The rooms of the house as ARCHITECTURE.md lists them: each package with the first sentence of its docstring.

`python -m tests.support.rooms` writes the list anew between its two markers.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "ARCHITECTURE.md"
_PACKAGES = ("indexes", "ingest", "service", "eval")
_BEGIN, _END = "<!-- rooms -->", "<!-- end of rooms -->"


def rooms() -> str:
    """Return the list as lines of Markdown."""
    lines = []
    for package in _PACKAGES:
        for init in sorted((ROOT / package).rglob("__init__.py")):
            doc = ast.get_docstring(ast.parse(init.read_text(encoding="utf-8"))) or ""
            folder = init.parent.relative_to(ROOT)
            purpose = re.split(r"(?<=\.)\s", doc, maxsplit=1)[0].rstrip(".")
            lines.append(f"{'  ' * (len(folder.parts) - 1)}- `{folder.as_posix()}/`: {purpose}")
    return "\n".join(lines)


def listed(text: str) -> str:
    """Return the list that stands in the document."""
    return text.split(_BEGIN, 1)[1].split(_END, 1)[0].strip("\n")


def main() -> None:
    """Write the list anew."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(text.replace(listed(text), rooms()), encoding="utf-8")


if __name__ == "__main__":
    main()
