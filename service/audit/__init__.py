"""The record of prompts and answers: no record, no answer.

The rest of `service` sees `log.AuditLog` and the records of `leaves` and `actors`. Inside, one direction: `log` makes a
leaf (`leaves`, `serialise`, `canonical`) with its commitments (`commitments`), `writer` makes many of them durable in
one commit, a `store` keeps them (`sqlite_store`, written by one process: `writer_lock`). Knows no web framework, no
settings, and nothing of how a question is answered.
"""
