"""Addresses of PostgreSQL databases: read, and shown without who connects and how. Opens no connection.

An address is libpq's (`postgresql://USER@HOST:5432/DATABASE?sslmode=verify-full`), so everything that it can say goes
through: TLS, several hosts, a file of passwords. It is never shown whole.
"""

import contextlib
from collections.abc import Mapping

import psycopg
from psycopg.conninfo import conninfo_to_dict

SETTING = "GREENLIT_DATABASE_URL"
UNREADABLE = (
    f"{SETTING} cannot be read: expected an address such as postgresql://USER:PASSWORD@HOST:5432/DATABASE, "
    "with / ? # @ : % and spaces in a password written as %2F %3F %23 %40 %3A %25 %20"
)
# Unless the address says otherwise. The last four notice within some 10 s that the server is gone without a word.
_UNLESS_SAID = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",  # ms
}
_ALWAYS = {"client_encoding": "UTF8"}  # whatever the role, the database or this machine is set to


def read_address(url: str) -> dict[str, str]:
    """Return what an address says, and what we say where it does not; nothing if it cannot be read (`UNREADABLE`)."""
    said: dict[str, str] = {}
    with contextlib.suppress(psycopg.Error):  # what libpq says of it may hold the password
        said = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    return {} if not said or _is_torn(said) else _UNLESS_SAID | said | _ALWAYS


def _is_torn(said: Mapping[str, str]) -> bool:
    """Tell whether an @ or a / in a password made libpq take a part of it for a host, a port or a database."""
    hosts, ports = said.get("host", "").split(","), said.get("port", "").split(",")
    no_host = any("@" in host[1:] for host in hosts)  # the first: a socket without a file
    return no_host or not all(port.isdecimal() or not port for port in ports) or "@" in said.get("dbname", "")


def shown_address(said: Mapping[str, str]) -> str:
    """Return an address, as it was read, without who connects and how."""
    if service := said.get("service"):
        return f"postgresql:?service={service}"
    hosts, ports = said.get("host", "").split(","), said.get("port", "").split(",")
    ports = ports * len(hosts) if len(ports) == 1 else ports  # one is that of all
    where = ",".join(f"{host}:{port}" if port else host for host, port in zip(hosts, ports, strict=False))
    return f"postgresql://{where}/{said.get('dbname', '')}"
