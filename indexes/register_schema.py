"""The tables of a register in PostgreSQL: lines that are only ever added, and what each of two roles may do with them.

A line is kept byte for byte, without its newline, with its hash and its `chain`: the SHA-256 of the chain before it and
its hash, so that number and chain of the last line stand for all lines up to it. A line takes the next number and the
chain that follows, never changes and never goes; the triggers say so whatever a session says of triggers. The owner of
the tables can drop them: so the service has a role of its own, which adds and reads. Where decisions lie, the newest
`place` of the history says: `begun` (half of them here), `here`, or `left` (in a file again).
"""

import hashlib

from indexes.postgres_guards import let_in, schema_made, trigger

SCHEMA = "greenlit_register"  # the name space of the tables, not their version
SCHEMA_VERSION = 1
_REFUSED = "integrity_constraint_violation"
NO_CHAIN = "0" * 64  # before the first line

# `COLLATE "C"`: order is that of bytes, and stays so when the system's collation changes.
_TABLES = {
    "lines": """(
    number bigint NOT NULL, line bytea NOT NULL, line_hash text COLLATE "C" NOT NULL, chain text COLLATE "C" NOT NULL,
    PRIMARY KEY (number), CHECK (number >= 1), CHECK (line_hash = encode(sha256(line), 'hex')),
    CHECK (position('\\x0a'::bytea IN line) = 0))""",
    # What was done to the register as a whole: each step of the schema, and where decisions lie. Newest last.
    "history": """(
    id bigint NOT NULL, what text COLLATE "C" NOT NULL, value text COLLATE "C" NOT NULL, PRIMARY KEY (id))""",
}
_WHAT = {"lines": "a line of the register", "history": "what was done"}


def _raise(words: str) -> str:
    return f"RAISE EXCEPTION '{words}' USING ERRCODE = '{_REFUSED}'"


# Two sessions that take the same number meet at the primary key: one waits, and fails if the other commits.
_IN_ORDER = {
    "lines": f"""DECLARE there bigint; chained text; BEGIN
    SELECT number, chain INTO there, chained FROM {SCHEMA}.lines ORDER BY number DESC LIMIT 1;
    IF NEW.number IS DISTINCT FROM COALESCE(there, 0) + 1 OR NEW.chain IS DISTINCT FROM
        encode(sha256(decode(COALESCE(chained, '{NO_CHAIN}'), 'hex') || decode(NEW.line_hash, 'hex')), 'hex')
    THEN {_raise("a line follows the last one")}; END IF; RETURN NEW; END""",  # nosec B608  # noqa: S608  (names are of this module)
    "history": f"""BEGIN IF NEW.id IS DISTINCT FROM (SELECT COALESCE(MAX(id) + 1, 0) FROM {SCHEMA}.history)
    THEN {_raise("a row takes the next number")}; END IF; RETURN NEW; END""",  # nosec B608  # noqa: S608  (names are of this module)
}


def _triggers() -> dict[tuple[str, str], tuple[str, str]]:
    """Return the triggers by table and name: when each fires, and what its function does."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for table, what in _WHAT.items():
        never = f"BEGIN {_raise(f'{what} never changes')}; END"
        goes = f"BEGIN {_raise(f'{what} never goes')}; END"
        found[table, f"{table}_never_change"] = ("BEFORE UPDATE {on} FOR EACH ROW", never)
        found[table, f"{table}_never_go"] = ("BEFORE DELETE {on} FOR EACH ROW", goes)
        found[table, f"{table}_never_go_at_once"] = ("BEFORE TRUNCATE {on} FOR EACH STATEMENT", goes)
        found[table, f"{table}_in_order"] = ("BEFORE INSERT {on} FOR EACH ROW", _IN_ORDER[table])
    return found


TRIGGERS = tuple(_triggers())  # (table, name)


def made() -> list[str]:
    """Return the statements that make what is missing of the tables and triggers, for their owner."""
    statements = [schema_made(SCHEMA)]
    statements += [f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} {columns}" for name, columns in _TABLES.items()]
    for (table, name), (fires, body) in _triggers().items():
        statements += trigger(SCHEMA, table, name, fires=fires, body=body)
    once = f" WHERE NOT EXISTS (SELECT 1 FROM {SCHEMA}.history)"  # nosec B608  # noqa: S608  (a name of ours)
    return [*statements, noted("schema", str(SCHEMA_VERSION)) + once]


def noted(what: str, value: str) -> str:
    """Return the statement that puts down what was done; both are words of ours, without quotes."""
    return f"""INSERT INTO {SCHEMA}.history (id, what, value)
    SELECT (SELECT COALESCE(MAX(id) + 1, 0) FROM {SCHEMA}.history), '{what}', '{value}'"""  # nosec B608  # noqa: S608  (words of ours)


def printed(role: str) -> str:
    """Return what makes the tables in an empty database and lets a role in, as SQL; an empty role is nobody.

    Raises:
        ValueError: the role's name would have to be quoted.
    """
    statements = ("BEGIN", *made(), *(granted(role) if role else []), "COMMIT")
    return "".join(f"{statement};\n" for statement in statements)


def granted(role: str) -> list[str]:
    """Return the statements that let a role read the register and add to it, and nothing more.

    Args:
        role: its name: lower-case letters, digits, `_` and `-`.

    Raises:
        ValueError: it is no such name.
    """
    return [*let_in(SCHEMA, role), f'GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {SCHEMA} TO "{role}"']


def chained(chain: str, line_hash: str) -> str:
    """Return the chain (hex) of a line by the chain before it (`NO_CHAIN` before the first) and its hash (hex)."""
    return hashlib.sha256(bytes.fromhex(chain) + bytes.fromhex(line_hash)).hexdigest()


# What is asked of the tables: where decisions lie and the last line, in one round trip; lines; triggers that fire.
LAST = f"""
    SELECT
        (SELECT value FROM {SCHEMA}.history WHERE what = 'place' ORDER BY id DESC LIMIT 1), last.number, last.chain
    FROM (SELECT 1) AS once LEFT JOIN LATERAL
        (SELECT number, chain FROM {SCHEMA}.lines ORDER BY number DESC LIMIT 1) AS last ON true"""  # nosec B608  # noqa: S608  (a name of ours)
CHAIN_AT = f"SELECT chain FROM {SCHEMA}.lines WHERE number = %s"  # nosec B608  # noqa: S608
LINES = f"SELECT number, line FROM {SCHEMA}.lines WHERE number > %s AND number <= %s ORDER BY number"  # nosec B608  # noqa: S608
ADD = f"""
    INSERT INTO {SCHEMA}.lines (number, line, line_hash, chain)
    SELECT * FROM unnest(%s::bigint[], %s::bytea[], %s::text[], %s::text[])"""  # nosec B608  # noqa: S608
FIRING = """
    SELECT relname, tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname = %s AND NOT tgisinternal AND tgenabled = 'A'"""
