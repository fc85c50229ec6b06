"""What PostgreSQL's errors mean for a register, in words that hold no line of it and no password.

An error of a statement is told by its code (SQLSTATE) alone: what the server says beside it may quote the row that it
refused. Errors of connecting are told where that is done (`postgres_session`).
"""

import psycopg

from indexes.errors import RegisterError
from indexes.postgres_guards import REFUSED_THERE
from indexes.postgres_session import NO_ANSWER, UNCONFIRMED, NoAnswerError

PREPARE = "greenlit audit prepare"
# By how a code begins; the first that fits counts.
_REASONS = {
    "08": "the connection to the server is lost",
    "23505": "another decision came first: try again",
    "23": "its tables refuse the line: another program wrote to it, or it is damaged",
    "25006": "it is read-only: a standby, or set so",
    "28P01": "the server refuses the password",
    "28": "the server refuses the role: see its pg_hba.conf",
    "3D000": "there is no such database",
    "40": "another session is in its way",
    "42501": f"the role may not: run {PREPARE} --role ROLE as the owner of the tables",
    "42": f"its tables are not those of a register: run {PREPARE} as their owner",
    "3F000": f"its tables are not those of a register: run {PREPARE} as their owner",
    "53100": "the server's disk is full",
    "53300": "the server has no connection left",
    "53": "the server lacks what it needs",
    "55P03": "another writer has locked it for too long: try again, or see who holds it",
    "57014": "it was broken off, or took longer than it may",
    "57P": "the server ends, or begins",
    "58": "the server's disk refuses",
    "P0": REFUSED_THERE,
    "XX": "it is damaged: see the server's log",
}
_LOST = "the connection to the server is lost"
_SEE = "greenlit register says whether it was"


def told(words: str, error: psycopg.Error) -> RegisterError:
    """Return our error for one of a statement: what could not be done, and why."""
    return RegisterError(f"{words}: {_reason(error)}")


def is_loss(error: psycopg.Error) -> bool:
    """Tell whether it is the connection that is lost, so that the same may be asked again on another."""
    code = error.sqlstate
    if code is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return code.startswith(("08", "57P"))


def after_commit(words: str, error: psycopg.Error) -> RegisterError:
    """Return our error for one of ending a transaction: whether it is recorded, only the database knows."""
    if error.sqlstate is not None and not is_loss(error):
        return told(words, error)
    return RegisterError(f"{words} for sure: {_reason(error)} meanwhile; {_SEE}")


def unconfirmed(words: str) -> RegisterError:
    """Return our error for a transaction that is kept here, and perhaps not where it has to be kept besides."""
    return RegisterError(f"{words} for sure: {UNCONFIRMED}; {_SEE}")


def _reason(error: psycopg.Error) -> str:
    code = error.sqlstate
    if isinstance(error, NoAnswerError):
        return NO_ANSWER
    if code is None:
        return _LOST if isinstance(error, psycopg.OperationalError) else type(error).__name__
    for begin, reason in _REASONS.items():
        if code.startswith(begin):
            return f"{reason} ({code})"
    return f"SQLSTATE {code}"
