"""What a form of these pages brings back, made of the session: no other site knows it."""

import base64
import hmac

FORM_TOKEN_FIELD = "form_token"  # nosec B105  # noqa: S105  (a name)
FORM_TOKEN_HEADER = "Greenlit-Form-Token"  # nosec B105  # noqa: S105  (a name)


def form_token(session_id: str) -> str:
    """Return what a form of these pages brings back: made of the session, so that no other site knows it."""
    digest = hmac.digest(session_id.encode("utf-8", "surrogatepass"), b"greenlit-form-v1", "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
