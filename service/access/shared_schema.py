"""The second step of the tables in a database: how often callers did something, and requests that were sent by name.

Neither says who or what: both are kept under a keyed hash. Counts are no record, and are gone after a crash of the
server or on a standby that took over; a caller may then do as much again. Each is one statement for whoever calls, so
that no lock is held between two messages; nothing of it waits for the disk. The clock is the server's.
"""

_NOW = "extract(epoch FROM clock_timestamp())::float8"
_UNHURRIED = "PERFORM set_config('synchronous_commit', 'off', true)"  # until the transaction ends


def second_step(schema: str) -> tuple[str, ...]:
    """Return the statements that make the tables, and the functions that work on them."""
    return (
        f"""CREATE UNLOGGED TABLE {schema}.counts (
    counted bytea PRIMARY KEY, minute bigint NOT NULL, before integer NOT NULL, now integer NOT NULL)
    WITH (fillfactor = 50)""",
        _COUNT.format(schema=schema, now=_NOW, unhurried=_UNHURRIED),
        f"""CREATE TABLE {schema}.named (
    name bytea PRIMARY KEY, content bytea NOT NULL, request_id text COLLATE "C" NOT NULL, began_s float8 NOT NULL,
    alive_s float8 NOT NULL, is_done boolean NOT NULL)""",
        _TAKE.format(schema=schema, now=_NOW, unhurried=_UNHURRIED),
    )


# Counts each of some things once more, in their order, up to the first that is full: of that one it returns the place,
# what was counted in the minute before and in this one, and how much of this one is left. What was counted in the
# minute before weighs less and less. Whoever waited for another has a time that may be before what that one wrote: then
# that minute counts, from its beginning. A row from further ahead is of a clock that was put back, and counts nothing.
_COUNT = """CREATE FUNCTION {schema}.count_up(things bytea[], most bigint[], given_s float8)
RETURNS TABLE (place integer, counted_before integer, counted_now integer, left_s float8) LANGUAGE plpgsql AS $$
DECLARE
    at_s CONSTANT float8 := coalesce(given_s, {now});
    this CONSTANT bigint := floor(at_s / 60)::bigint;
    rest CONSTANT float8 := (this + 1) * 60 - at_s;
BEGIN
    {unhurried};
    FOR n IN 1 .. cardinality(things) LOOP
        INSERT INTO {schema}.counts AS known VALUES (things[n], this, 0, 1)
        ON CONFLICT (counted) DO UPDATE SET
            before = CASE known.minute WHEN this - 1 THEN known.now
                WHEN this THEN known.before WHEN this + 1 THEN known.before ELSE 0 END,
            now = CASE WHEN known.minute IN (this, this + 1) THEN known.now ELSE 0 END + 1,
            minute = CASE WHEN known.minute = this + 1 THEN known.minute ELSE this END
        WHERE 1 + CASE known.minute WHEN this - 1 THEN floor(known.now * rest / 60)
            WHEN this THEN floor(known.before * rest / 60 + known.now) WHEN this + 1 THEN known.before + known.now
            ELSE 0 END <= most[n];
        IF NOT FOUND THEN
            RETURN QUERY SELECT n,
                CASE WHEN known.minute = this - 1 THEN known.now ELSE known.before END,
                CASE WHEN known.minute = this - 1 THEN 0 ELSE known.now END,
                CASE WHEN known.minute = this + 1 THEN rest + 60 ELSE rest END
                FROM {schema}.counts AS known WHERE known.counted = things[n];
            RETURN;
        END IF;
    END LOOP;
END $$"""

# Takes a name, or tells how it stands with whoever has it: `other` (something else is called so), `done`, `running`, or
# `left` (it was begun, and nobody says any more that they work on it). One that is of no use to the caller is theirs.
_TAKE = """CREATE FUNCTION {schema}.take_name(
    wanted bytea, said bytea, by_request text, useless text, kept_s float8, silent_s float8)
RETURNS TABLE (standing text, held_by text) LANGUAGE plpgsql AS $$
DECLARE
    now_s CONSTANT float8 := {now};
    held {schema}.named%ROWTYPE;
BEGIN
    {unhurried};
    LOOP
        INSERT INTO {schema}.named AS known VALUES (wanted, said, by_request, now_s, now_s, false)
        ON CONFLICT (name) DO UPDATE SET content = said, request_id = by_request, began_s = now_s, alive_s = now_s,
            is_done = false
        WHERE known.began_s <= now_s - kept_s OR (known.request_id = useless AND known.content = said);
        IF FOUND THEN
            RETURN QUERY SELECT 'taken', by_request;
            RETURN;
        END IF;
        SELECT * INTO held FROM {schema}.named AS known WHERE known.name = wanted;
        IF FOUND THEN
            RETURN QUERY SELECT CASE WHEN held.content <> said THEN 'other' WHEN held.is_done THEN 'done'
                WHEN held.alive_s <= now_s - silent_s THEN 'left' ELSE 'running' END, held.request_id;
            RETURN;
        END IF;  -- whoever had it gave it up meanwhile
    END LOOP;
END $$"""
