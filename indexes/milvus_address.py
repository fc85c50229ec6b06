"""Where Milvus is: the address of the settings, taken apart into where, who and which database.

`http://HOST:19530/DATABASE`, `https://USER:PASSWORD@HOST:19530/DATABASE`, or `https://TOKEN@HOST` for a token of a
hosted one; a database is `default` unless named. What may be shown is where; who connects never is. Opens nothing.
"""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

_EXPECTED = "expected http://HOST:19530 or https://USER:PASSWORD@HOST:19530/DATABASE"
_DATABASE = "default"


@dataclass(frozen=True, slots=True)
class MilvusAddress:
    """An address taken apart; `uri` says where, without who connects, `token` is `USER:PASSWORD`, a token or empty."""

    uri: str
    database: str
    token: str = field(repr=False)

    @property
    def shown(self) -> str:
        """What may be printed: where it is, and the database."""
        return f"{self.uri}/{self.database}"


def milvus_address(text: str) -> MilvusAddress:
    """Take an address apart.

    Raises:
        ValueError: it is none; the message does not repeat it.
    """
    try:
        parts = urlsplit(text.strip())
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"{_EXPECTED}, got what is no address") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"{_EXPECTED}, got what does not begin so")
    if parts.query or parts.fragment:
        raise ValueError(f"{_EXPECTED}, got more behind it")
    database = parts.path.strip("/")
    if "/" in database:
        raise ValueError(f"{_EXPECTED}, got a database with a slash in its name")
    shown_host = f"[{host}]" if ":" in host else host
    who = [unquote(one) for one in (parts.username, parts.password) if one]
    return MilvusAddress(
        uri=f"{parts.scheme}://{shown_host}{f':{port}' if port else ''}",
        database=unquote(database) or _DATABASE,
        token=":".join(who),
    )
