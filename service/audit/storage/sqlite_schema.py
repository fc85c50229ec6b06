"""The tables of the SQLite store, and the triggers that let them only grow.

Leaves, checkpoints, subtrees and scopes never change and never go. Payloads never change; they go when they are erased,
which is a leaf of its own. The triggers stop mistakes and ordinary programs; somebody who may write the file can drop
them, and is noticed by whoever holds an earlier checkpoint.
"""

SCHEMA_VERSION = 4
SMALL_TABLES = ("checkpoints", "subtrees", "scopes")  # a hundredth of the file, and what a log is taken up with
QUESTION_TYPES = ("query.received", "query.finished")

TABLES = {
    "leaves": """CREATE TABLE IF NOT EXISTS leaves (
    seq INTEGER NOT NULL, leaf_hash TEXT NOT NULL, type TEXT NOT NULL, ts_us INTEGER NOT NULL,
    request_id TEXT NOT NULL, conversation TEXT NOT NULL, leaf BLOB NOT NULL, PRIMARY KEY (seq))""",
    "payloads": """CREATE TABLE IF NOT EXISTS payloads (
    seq INTEGER NOT NULL, field TEXT NOT NULL, key_id TEXT NOT NULL, sealed BLOB NOT NULL,
    PRIMARY KEY (seq, field), FOREIGN KEY (seq) REFERENCES leaves (seq))""",
    "checkpoints": """CREATE TABLE IF NOT EXISTS checkpoints (
    id INTEGER NOT NULL, origin TEXT NOT NULL, size INTEGER NOT NULL, root TEXT NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (id))""",
    "subtrees": """CREATE TABLE IF NOT EXISTS subtrees (
    origin TEXT NOT NULL, level INTEGER NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (origin, level, number)) WITHOUT ROWID""",
    # without a row number: REPLACE of one would take a scope away without firing a trigger
    "scopes": """CREATE TABLE IF NOT EXISTS scopes (
    filter_hash TEXT NOT NULL, pairs BLOB NOT NULL, PRIMARY KEY (filter_hash)) WITHOUT ROWID""",
}


def _never(table: str, doing: str, what: str) -> str:
    verb = {"UPDATE": "changes", "DELETE": "goes"}[doing]
    return f"""CREATE TRIGGER IF NOT EXISTS {table}_never_{verb} BEFORE {doing} ON {table}
    BEGIN SELECT RAISE(ABORT, '{what} never {verb}'); END"""


def _in_order(table: str, column: str) -> str:
    # REPLACE deletes without firing the trigger above, unless recursive_triggers is on: it must not get that far.
    return f"""CREATE TRIGGER IF NOT EXISTS {table}_in_order BEFORE INSERT ON {table}
    WHEN NEW.{column} IS NOT (SELECT COALESCE(MAX({column}) + 1, 0) FROM {table})
    BEGIN SELECT RAISE(ABORT, 'a row takes the next number'); END"""  # nosec B608  # noqa: S608  (names are of this module)


def _once(table: str, *columns: str) -> str:
    same = " AND ".join(f"{column} = NEW.{column}" for column in columns)
    return f"""CREATE TRIGGER IF NOT EXISTS {table}_once BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE {same})
    BEGIN SELECT RAISE(ABORT, 'it is there already'); END"""  # nosec B608  # noqa: S608  (names are of this module)


TRIGGERS = (
    _never("leaves", "UPDATE", "a leaf"),
    _never("leaves", "DELETE", "a leaf"),
    _in_order("leaves", "seq"),
    _never("checkpoints", "UPDATE", "a checkpoint"),
    _never("checkpoints", "DELETE", "a checkpoint"),
    _in_order("checkpoints", "id"),
    _never("subtrees", "UPDATE", "a subtree"),
    _never("subtrees", "DELETE", "a subtree"),
    _once("subtrees", "origin", "level", "number"),
    _never("scopes", "UPDATE", "a scope"),
    _never("scopes", "DELETE", "a scope"),
    _once("scopes", "filter_hash"),
    _never("payloads", "UPDATE", "a payload"),
    _once("payloads", "seq", "field"),
)
_QUESTIONS = ", ".join(f"'{name}'" for name in QUESTION_TYPES)
INDEXES = (
    # A question's leaves, found by its id; ids rise with time, so this index grows at its end.
    """CREATE INDEX IF NOT EXISTS leaves_by_request ON leaves (request_id, type) WHERE request_id <> ''""",
    # The questions of one person in one conversation. Those of none are not in it, so they cost nothing.
    """CREATE INDEX IF NOT EXISTS leaves_by_conversation ON leaves (conversation, seq) WHERE conversation <> ''""",
    # Everything but questions, by type: few rows, so the hot path does not pay for it.
    f"CREATE INDEX IF NOT EXISTS leaves_by_type ON leaves (type, seq) WHERE type NOT IN ({_QUESTIONS})",
    "CREATE INDEX IF NOT EXISTS checkpoints_by_size ON checkpoints (origin, size)",
)
