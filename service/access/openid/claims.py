"""From what a checked token says to a person. Takes only what is of the right form, and leaves out the rest.

The id has to be there and has to be one that nobody else here can have. An e-mail address that the provider calls
unverified is none. A group whose name would mislead whoever reads it is none.
"""

import re
from collections.abc import Mapping
from typing import Any

from indexes.names import misleading_in
from service.access.errors import NotSignedInError
from service.access.local import PERSON
from service.access.openid.provider_settings import ProviderSettings
from service.access.people import Person

_MOST_CHARS = 255
_MOST_GROUPS = 1000
_KEYS = "key:"  # how API keys are called in the log
_ADDRESS = re.compile(r"[\x21-\x3f\x41-\x7e]{1,64}@[\x21-\x3f\x41-\x7e]{1,255}")
_VERIFIED = (None, True, "true")  # some providers say it in letters


def person_of(claims: Mapping[str, Any], settings: ProviderSettings) -> Person:
    """Return who a token is about.

    Raises:
        NotSignedInError: it names nobody, or in a way that cannot be told from somebody else here.
    """
    person_id, email = claims.get(settings.person_claim), _email(claims, settings.email_claim)
    if not isinstance(person_id, str) or not _is_plain(person_id):
        raise NotSignedInError(f"expected a token that names a person in 1 to {_MOST_CHARS} plain characters")
    if person_id == PERSON or person_id.startswith(_KEYS):
        raise NotSignedInError("expected a person's id, got a name that means something else here")
    if settings.person_claim == settings.email_claim and (email is None or claims.get("email_verified") is None):
        raise NotSignedInError("expected an e-mail address that the provider has verified, as it names people here")
    name = claims.get("name")
    return Person(
        person_id=person_id,
        email=email,
        name=name if isinstance(name, str) and _is_plain(name) else "",
        groups=groups_of(claims.get(settings.groups_claim)),
    )


def is_program(claims: Mapping[str, Any]) -> bool:
    """Tell whether a token is about the program that it was given to, and no person (RFC 9068, section 5)."""
    return claims.get("sub") in {claims.get(name) for name in ("client_id", "azp", "appid")}


def groups_of(value: Any) -> frozenset[str]:
    """Return the groups that a claim names: a list, or one alone. What is no name of a group is left out."""
    listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    named = (group for group in listed if isinstance(group, str))  # as it is: "legal " is another group than "legal"
    return frozenset([group for group in dict.fromkeys(named) if _is_plain(group)][:_MOST_GROUPS])


def _email(claims: Mapping[str, Any], name: str) -> str | None:
    email = claims.get(name)
    if not isinstance(email, str) or not _ADDRESS.fullmatch(email):
        return None
    return email.lower() if claims.get("email_verified") in _VERIFIED else None


def _is_plain(text: str) -> bool:
    return 1 <= len(text) <= _MOST_CHARS and text == text.strip() and not misleading_in(text)
