"""Makes a large log to measure on: real leaves, sealed texts and checkpoints, as a service leaves them.

Written in batches past the service: one commit a question would take minutes and measure nothing new.
"""

from pathlib import Path

from eval.log.audit_load import ANSWER, LOG_NAME, QUESTION, finished_entry, received_entry
from service.audit.checkpoints.publisher import Publisher
from service.audit.checkpoints.signer import Signer
from service.audit.formats.commitments import commit, new_salt
from service.audit.keys.keyring import Keyring
from service.audit.leaves import Commitment, Pseudonym, Stamp
from service.audit.log import system_clock_us
from service.audit.opening import open_log
from service.audit.sealed_text import payload_context
from service.audit.serialise import FINISHED_TYPE, RECEIVED_TYPE, finished_leaf, received_leaf
from service.audit.shards import key_name, month_of, origin_at
from service.audit.storage.sqlite_store import SqliteLeafStore
from service.audit.storage.store import Entry, Payload

_BATCH = 2000  # leaves in one commit
_CHECKPOINT_EVERY = 20_000  # leaves


def make_large_log(state: Path, leaves: int) -> int:
    """Make a log of so many leaves or a few more, or let the one that is there grow to that.

    Args:
        state: the folder of the log; its keys are in `keys` within.
        leaves: how many, such as 1,000,000.

    Returns:
        How many there are.
    """
    opened = open_log(state, keys=state / "keys", name=LOG_NAME, clock=system_clock_us)
    opened.log.make_ready()
    opened.close()
    store = SqliteLeafStore.open(state)
    signer = Signer(folder=state / "keys", name=key_name(LOG_NAME))
    publisher = Publisher(store=store, signer=signer)
    publisher.restore()
    keyring = Keyring(folder=state / "keys")
    size = store.size()
    origin = origin_at(LOG_NAME, system_clock_us())
    while size < leaves:
        entries: list[Entry] = []
        while len(entries) < _BATCH:
            entries += _pair(keyring, origin, size + len(entries))
        publisher.add(store.append(entries))
        size += len(entries)
        if size // _CHECKPOINT_EVERY != (size - len(entries)) // _CHECKPOINT_EVERY:
            publisher.publish()
    publisher.publish()
    store.close()
    return size


def _pair(keyring: Keyring, origin: str, seq: int) -> list[Entry]:
    """Return both leaves of a question, as `AuditLog` makes them."""
    received = received_entry()
    stamp = Stamp(origin, system_clock_us())
    prompt, prompt_payload = _sealed(keyring, stamp, RECEIVED_TYPE, received.request_id, "prompt", QUESTION)
    asker, asker_payload = _sealed(keyring, stamp, RECEIVED_TYPE, received.request_id, "asker", "somebody@x.example")
    del asker
    pseudonyms = keyring.pseudonyms(month_of(origin))
    known_as = Pseudonym(pseudonyms.actor("somebody@x.example"), pseudonyms.groups_hash({"staff"}))
    answer, answer_payload = _sealed(keyring, stamp, FINISHED_TYPE, received.request_id, "answer", ANSWER)
    first = received_leaf(received, stamp, asker=known_as, prompt=prompt)
    second = finished_leaf(finished_entry(received.request_id, seq), stamp, answer=answer)
    return [
        Entry(origin, RECEIVED_TYPE, stamp.ts_us, received.request_id, first, (prompt_payload, asker_payload)),
        Entry(origin, FINISHED_TYPE, stamp.ts_us, received.request_id, second, (answer_payload,)),
    ]


def _sealed(
    keyring: Keyring, stamp: Stamp, kind: str, request_id: str, field: str, text: str
) -> tuple[Commitment, Payload]:
    salt, body = new_salt(), text.encode()
    context = payload_context(stamp.origin, kind, request_id, field)
    purpose = "identity" if field == "asker" else "payload"
    done = keyring.seal(purpose, month_of(stamp.origin), salt=salt, body=body, context=context)  # type: ignore[arg-type]
    return Commitment(commit(field, salt, body), len(body)), Payload(field, done.key_id, done.sealed)
