"""An approved original as a response that cannot run anything: plain media types, no sniffing, a closed sandbox."""

from pathlib import PurePosixPath
from urllib.parse import quote

from starlette.responses import Response

_MEDIA_TYPES = {".pdf": "application/pdf", ".txt": "text/plain; charset=utf-8", ".md": "text/plain; charset=utf-8"}
_MEDIA_TYPES |= dict.fromkeys((".srt", ".vtt"), "text/plain; charset=utf-8")
_SANDBOX = "sandbox; default-src 'none'"
_PDF = "default-src 'none'; style-src 'unsafe-inline'"  # a sandbox would keep the browser's own viewer from opening


def original_response(document: str, content: bytes) -> Response:
    """Return a document's original: shown where that is safe (PDF, text), else to be saved."""
    name = PurePosixPath(document)
    media_type = _MEDIA_TYPES.get(name.suffix.lower(), "application/octet-stream")
    kind = "inline" if name.suffix.lower() in _MEDIA_TYPES else "attachment"
    headers = {
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(name.name)}",
        "Content-Security-Policy": _PDF if media_type == "application/pdf" else _SANDBOX,
    }
    return Response(content, media_type=media_type, headers=headers)
