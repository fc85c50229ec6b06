"""What the codes of the log are called on the pages of the console; a code without a word stands for itself."""

from collections.abc import Mapping
from typing import Any

OUTCOMES = ("answered", "refused", "failed", "aborted")
REASONS: Mapping[str, str] = {
    "no_evidence": "no evidence",
    "unsupported_draft": "no sentence could be verified",
    "request_not_supported": "not a question",
    "nothing_approved": "nothing approved yet",
    "overloaded": "too many at once",
    "model_unavailable": "the language model could not be asked",
    "stopped": "stopped by whoever asked",
    "library_unavailable": "approvals could not be read",
    "search_unavailable": "passages could not be looked for",
    "internal_error": "something broke",
    "interrupted": "the service stopped",
}
CHANNELS = ("web", "api", "cli", "slack", "mcp", "openai")
VERDICTS: Mapping[str, str] = {
    "helpful": "helpful",
    "wrong": "wrong",
    "outdated": "outdated",
    "not_supported": "not supported",
    "should_have_answered": "should have answered",
    "beside_the_point": "beside the point",
}
GROUNDS: Mapping[str, str] = {
    "asker_request": "the asker wished it",
    "court_order": "a court ordered it",
    "legal_duty": "the law asks for it",
    "not_needed": "it is not needed any more",
}
LOOKS: Mapping[str, str] = {
    "list": "records in a list",
    "show": "a record, without its texts",
    "payload": "the texts of a record",
    "replay": "an answer made again",
    "reveals": "the reveals that wait",
    "charts": "the charts",
    "verify": "the log verified",
    "feedback": "feedback",
    "requests": "documents asked for",
    "gaps": "knowledge gaps",
}
INSTEAD: Mapping[str, str] = {  # why a language model's words are not the answer, or it did not choose
    "not_approved": "not asked: it was not approved then",
    "nothing_sent": "not asked: it was not to be sent what was found",
    "failed": "it could not be asked, or broke",
    "declined": "it found no answer",
    "unsupported": "nothing that it wrote held up",
}
PROMISES: Mapping[str, str] = {
    "leaf": "the record is as it was written",
    "order": "the records are in order, none missing",
    "tree": "the records are those of the signed tree",
    "checkpoint": "the checkpoint is signed and fits",
    "payload": "the text is the one that the record commits to",
    "witness": "the witness saw the same",
    "file": "the store itself is whole",
    "scope": "the documents that could be seen are kept as they were",
    "memory": "the signer remembers the same",
}
ALL: Mapping[str, Any] = {
    "outcomes": OUTCOMES,
    "reasons": REASONS,
    "channels": CHANNELS,
    "verdicts": VERDICTS,
    "grounds_of_erasing": GROUNDS,
    "looks_called": LOOKS,
    "promises": PROMISES,
    "models_instead": INSTEAD,
}
