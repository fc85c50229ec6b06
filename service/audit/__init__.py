"""The record of prompts and answers: no record, no answer.

The rest of `service` records through `log.AuditLog` and reads through `reading`. Inside, one direction: `log` makes a
leaf (`leaves`, `events`, `serialise`) in the month that is open (`shard_keeper`), with sealed texts and a pseudonym
(`keys`); `storage` makes many of them durable in one commit; `checkpoints` follows with a Merkle tree and signs it;
`checking` believes none of this and verifies it. `opening` puts the parts together. Knows no web framework, no
settings, and nothing of how a question is answered.
"""
