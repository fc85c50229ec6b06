"""The contract that the writer (`ingest`) and the reader (`service`) share.

Records (`documents`), the library on disk (`names`, `look_alikes`, `sources`, `library`), who approved what (`events`,
`people`, `decisions`, `register`, `standing`), the one held against the other (`stock`), deciding on documents
(`approvals`, `terms`), text to vector (`encoder`), the two indexes (`dense`; `words` and `lexical`), the stored
passages (`passages`) and the published form of all of them (`manifest`, `builds`).
Knows no web framework and no command line; settings are read by the doors and flow down as arguments.
"""

import os

# Nothing phones home: the model libraries read these when they are first imported, which is after this line.
os.environ.update({"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1"})
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# Weights are read by one thread: PyTorch's own pool, first used by several at once, fails now and then.
os.environ["HF_DEACTIVATE_ASYNC_LOAD"] = "1"
