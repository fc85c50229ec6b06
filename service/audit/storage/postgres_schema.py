"""The tables of the PostgreSQL store, the triggers that let them only grow, and what each of two roles may do.

The tables are those of SQLite. Leaves, checkpoints, subtrees and scopes never change and never go; payloads never
change, and go when they are erased, which is a leaf of its own. A CHECK holds each leaf against its hash. The triggers
fire whatever a session says of triggers. The owner of the tables can drop them: so the service has a role of its own,
which may add and read (and erase texts), and nothing else. Whoever owns the database is noticed by whoever holds an
earlier checkpoint.
"""

from indexes.postgres_guards import let_in, schema_made, trigger

SCHEMA = "greenlit_audit"  # the name space of the tables, not their version
SCHEMA_VERSION = 3
_REFUSED = "integrity_constraint_violation"
OTHER_END = "GL001"  # SQLSTATE: the log does not end as whoever adds to it knows

# `COLLATE "C"`: order and ranges are those of bytes, and stay so when the system's collation changes.
TABLES = {
    "leaves": """(
    seq bigint NOT NULL, leaf_hash text COLLATE "C" NOT NULL, type text COLLATE "C" NOT NULL, ts_us bigint NOT NULL,
    request_id text COLLATE "C" NOT NULL, conversation text COLLATE "C" NOT NULL, leaf bytea NOT NULL,
    PRIMARY KEY (seq), CHECK (seq >= 0),
    CHECK (leaf_hash = encode(sha256('\\x00'::bytea || leaf), 'hex')))""",  # RFC 6962, section 2.1
    "payloads": """(
    seq bigint NOT NULL, field text COLLATE "C" NOT NULL, key_id text COLLATE "C" NOT NULL, sealed bytea NOT NULL,
    PRIMARY KEY (seq, field))""",
    "checkpoints": """(
    id bigint NOT NULL, origin text COLLATE "C" NOT NULL, size bigint NOT NULL, root text COLLATE "C" NOT NULL,
    note text COLLATE "C" NOT NULL, PRIMARY KEY (id), CHECK (id >= 0 AND size >= 0))""",
    "subtrees": """(
    origin text COLLATE "C" NOT NULL, level bigint NOT NULL, number bigint NOT NULL, hash bytea NOT NULL,
    PRIMARY KEY (origin, level, number))""",
    "scopes": """(
    filter_hash text COLLATE "C" NOT NULL, pairs bytea NOT NULL, PRIMARY KEY (filter_hash))""",
    # What was done to the tables as a whole: each step of the schema, and a log that is moved here. Newest last.
    "history": """(
    id bigint NOT NULL, what text COLLATE "C" NOT NULL, value text COLLATE "C" NOT NULL, PRIMARY KEY (id))""",
    # What all processes that write must have in common, such as the key that a name stands for. Who comes first says.
    "agreed": """(
    name text COLLATE "C" NOT NULL, value text COLLATE "C" NOT NULL, PRIMARY KEY (name))""",
}
INDEXES = (
    "CREATE INDEX IF NOT EXISTS leaves_by_request ON {schema}.leaves (request_id, type) WHERE request_id <> ''",
    "CREATE INDEX IF NOT EXISTS leaves_by_conversation ON {schema}.leaves (conversation, seq) WHERE conversation <> ''",
    """CREATE INDEX IF NOT EXISTS leaves_by_type ON {schema}.leaves (type, seq)
    WHERE type NOT IN ('query.received', 'query.finished')""",
    "CREATE INDEX IF NOT EXISTS checkpoints_by_size ON {schema}.checkpoints (origin, size)",
)
_WHAT = {
    "leaves": "a leaf",
    "payloads": "a payload",
    "checkpoints": "a checkpoint",
    "subtrees": "a subtree",
    "scopes": "a scope",
    "history": "what was done",
    "agreed": "what was agreed",
}
_NUMBERED = {"leaves": "seq", "checkpoints": "id", "history": "id"}
_ERASABLE = ("payloads",)


def _raise(words: str) -> str:
    return f"RAISE EXCEPTION '{words}' USING ERRCODE = '{_REFUSED}'"


def _next_only(table: str, column: str) -> str:
    # Two sessions that take the same number meet at the primary key: one waits, and fails if the other commits.
    return f"""
    IF NEW.{column} IS DISTINCT FROM (SELECT COALESCE(MAX({column}) + 1, 0) FROM {SCHEMA}.{table}) THEN
        {_raise("a row takes the next number")}; END IF; RETURN NEW;"""  # nosec B608  # noqa: S608  (names are of this module)


def _triggers() -> dict[tuple[str, str], tuple[str, str]]:
    """Return the triggers by table and name: when each fires, and what its function does."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for table, what in _WHAT.items():
        never = _raise(f"{what} never changes") + ";"
        found[table, f"{table}_never_changes"] = ("BEFORE UPDATE {on} FOR EACH ROW", never)
        goes = _raise(f"{what} never goes") + ";"
        found[table, f"{table}_never_go_at_once"] = ("BEFORE TRUNCATE {on} FOR EACH STATEMENT", goes)
        if table not in _ERASABLE:
            found[table, f"{table}_never_go"] = ("BEFORE DELETE {on} FOR EACH ROW", goes)
        if table in _NUMBERED:
            body = _next_only(table, _NUMBERED[table])
            found[table, f"{table}_in_order"] = ("BEFORE INSERT {on} FOR EACH ROW", body)
    with_a_leaf = f"""IF NOT EXISTS (SELECT 1 FROM {SCHEMA}.leaves WHERE leaves.seq = NEW.seq) THEN
        {_raise("a payload has a leaf")}; END IF; RETURN NEW;"""  # nosec B608  # noqa: S608  (names are of this module)
    # The signer's memory: no size of a shard twice, none smaller than before, and no way back into a shard that ended.
    forward = f"""IF EXISTS (SELECT 1 FROM {SCHEMA}.checkpoints WHERE origin = NEW.origin AND (size >= NEW.size
        OR NEW.origin <> (SELECT origin FROM {SCHEMA}.checkpoints ORDER BY id DESC LIMIT 1))) THEN
        {_raise("checkpoints only go forward")}; END IF; RETURN NEW;"""  # nosec B608  # noqa: S608  (names are of this module)
    found["checkpoints", "checkpoints_go_forward"] = ("BEFORE INSERT {on} FOR EACH ROW", forward)
    found["payloads", "payloads_of_a_leaf"] = ("BEFORE INSERT {on} FOR EACH ROW", with_a_leaf)
    return found


# Called before leaves are added, in the same transaction: with it, all of it is one round trip.
_EXPECT_LAST = f"""CREATE OR REPLACE FUNCTION {SCHEMA}.expect_last(known_seq bigint, known_hash text)
    RETURNS void LANGUAGE plpgsql AS $$ DECLARE seq_there bigint; hash_there text; BEGIN
    SELECT seq, leaf_hash INTO seq_there, hash_there FROM {SCHEMA}.leaves ORDER BY seq DESC LIMIT 1;
    IF COALESCE(seq_there, -1) <> known_seq OR COALESCE(hash_there, '') <> known_hash THEN
        RAISE EXCEPTION 'the log ends otherwise' USING ERRCODE = '{OTHER_END}'; END IF; END $$"""  # nosec B608  # noqa: S608  (names are of this module)
TRIGGERS = tuple(_triggers())  # (table, name)


def made() -> list[str]:
    """Return the statements that make what is missing of the tables, triggers and indexes, for their owner."""
    statements = [schema_made(SCHEMA)]
    statements += [f"CREATE TABLE IF NOT EXISTS {SCHEMA}.{name} {columns}" for name, columns in TABLES.items()]
    for (table, name), (fires, body) in _triggers().items():
        statements += trigger(SCHEMA, table, name, fires=fires, body=f"BEGIN {body} END")
    return statements + [_EXPECT_LAST] + [statement.format(schema=SCHEMA) for statement in INDEXES]


def granted(role: str) -> list[str]:
    """Return the statements that let a role write the log and nothing more: it adds, reads, and erases texts.

    Args:
        role: its name: lower-case letters, digits, `_` and `-`.

    Raises:
        ValueError: it is no such name.
    """
    return [
        *let_in(SCHEMA, role),
        f'GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA {SCHEMA} TO "{role}"',
        *(f'GRANT DELETE ON {SCHEMA}.{table} TO "{role}"' for table in _ERASABLE),
    ]
