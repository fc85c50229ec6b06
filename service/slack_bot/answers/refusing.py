"""What people are told who get no answer: always polite, never anything of documents, or of who is known here."""

UNREACHABLE = "Greenlit could not be reached, so there is no answer. Please ask again later."
MAY_NOT_ASK = "Greenlit knows you, but you may not ask questions there. Ask whoever runs it for the role of staff."
_NOBODY = (
    "I answer people of this organisation whom Greenlit knows by their confirmed e-mail address. "
    "It does not know you by yours, so nothing was asked or recorded. Whoever runs Greenlit can help."
)
_REASONS = {
    "guest": "I answer members of this workspace, not guests. Nothing was asked or recorded.",
    "stranger": "I answer people of our own organisation only. Nothing was asked or recorded.",
    "elsewhere": "I answer people of our own organisation only. Nothing was asked or recorded.",
    "unconfirmed": (
        "Your e-mail address is not confirmed in Slack, so I cannot tell who you are. "
        "Confirm it, then ask again. Nothing was asked or recorded."
    ),
    "no_email": "Slack does not say what your e-mail address is, so I cannot tell who you are.",
}


def not_ours_in_words(reason: str) -> str:
    """Return why somebody may not ask."""
    return _REASONS.get(reason, _NOBODY)
