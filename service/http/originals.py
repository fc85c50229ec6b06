"""An approved original as a response that cannot run anything: plain media types, no sniffing, a closed sandbox.

A PDF is saved, not shown: it may hold a script that runs when it is opened, and the viewers of browsers run it. No
policy keeps them from it: Chromium 156 runs it under `sandbox` as well. How its pages look is shown as pictures.
"""

from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.responses import Response

_MEDIA_TYPES = {".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8"}
_SANDBOX = "sandbox; default-src 'none'"
_SHOWN = frozenset({".txt", ".md"})


def original_response(document: str, content: bytes) -> Response:
    """Return a document's original: shown where that is safe (text), else to be saved."""
    name = PurePosixPath(document)
    media_type = _MEDIA_TYPES.get(name.suffix.lower(), "application/octet-stream")
    kind = "inline" if name.suffix.lower() in _SHOWN else "attachment"
    headers = {
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(name.name)}",
        "Content-Security-Policy": _SANDBOX,
    }
    return Response(content, media_type=media_type, headers=headers)
