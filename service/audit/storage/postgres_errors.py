"""What PostgreSQL's errors mean, in words that hold no text of a question and no password.

An error of a statement is told by its code alone: what the server says beside it may quote the row that it refused.
An error of connecting quotes no row, so its first words are told too, without the password of the address.
"""

import psycopg

from indexes.postgres_guards import REFUSED_THERE
from indexes.postgres_session import NO_ANSWER, NoAnswerError
from service.audit.errors import AuditDamagedError, AuditUnavailableError
from service.audit.storage.postgres_schema import OTHER_END

WHEN_DAMAGED = (
    "stop what uses it and keep the database as it is; put back an undamaged copy that holds the newest records, by "
    "PostgreSQL's own means, and run greenlit audit verify"
)
ANOTHER_END = "it does not end as it was written: another program wrote to it, or the server is another one"
PREPARE = "greenlit audit prepare"
# By how a code (SQLSTATE) begins; the first that fits counts.
_REASONS = {
    "08": "the connection to the server is lost",
    "25006": "it is read-only: a standby, or set so",
    "28P01": "the server refuses the password",
    "28": "the server refuses the role: see its pg_hba.conf",
    "3D000": "there is no such database",
    "3F000": f"it does not hold the tables of a log: run {PREPARE} as their owner",
    "40": "another session is in its way",
    "42501": f"the role may not: run {PREPARE} as the owner of the tables",
    "42883": f"it does not hold the tables of a log: run {PREPARE} as their owner",
    "42P01": f"it does not hold the tables of a log: run {PREPARE} as their owner",
    "53100": "the server's disk is full",
    "53300": "the server has no connection left",
    "53": "the server lacks what it needs",
    "55P03": "another session has locked it",
    "57014": "it was broken off, or took longer than it may",
    OTHER_END: ANOTHER_END,
    "57P": "the server ends, or begins",
    "58": "the server's disk refuses",
    "P0": REFUSED_THERE,
}
_DAMAGE = {
    "23": "its rows are not in order: another program wrote to it, or it is damaged",
    "42703": "its tables are not those of a log, or damaged",
    "XX001": "it is damaged",
    "XX002": "it is damaged",
}
_LOST = "the connection to the server is lost"
_MOST_SAID = 300  # characters of what is said of a connection that does not come about


def told(words: str, error: psycopg.Error) -> AuditUnavailableError:
    """Return our error for one of a statement: what could not be done, and why."""
    code = error.sqlstate
    if isinstance(error, NoAnswerError):
        return AuditUnavailableError(f"{words}: {NO_ANSWER}")
    if code is None:
        lost = isinstance(error, psycopg.OperationalError)
        return AuditUnavailableError(f"{words}: {_LOST if lost else type(error).__name__}")
    for begin, reason in _DAMAGE.items():
        if code.startswith(begin):
            return AuditDamagedError(f"{words}: {reason} ({code}): {WHEN_DAMAGED}")
    for begin, reason in _REASONS.items():
        if code.startswith(begin):
            return AuditUnavailableError(f"{words}: {reason} ({code})")
    return AuditUnavailableError(f"{words}: SQLSTATE {code}")


def refused(words: str, error: psycopg.Error, password: str) -> AuditUnavailableError:
    """Return our error for a connection that does not come about."""
    said = " ".join(str(error).split())
    if password:
        said = said.replace(password, "…")
    return AuditUnavailableError(f"{words}: {said[:_MOST_SAID]}")
