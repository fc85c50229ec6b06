"""The contract that the writer (`ingest`) and the reader (`service`) share.

Records (`documents`), the library on disk (`names`, `sources`, `library`), who approved what (`register`, `standing`),
text to vector (`encoder`), the two indexes (`dense`, `lexical`) and the published form of both (`manifest`, `builds`).
Knows no web framework and no command line; reads no environment except in `settings`.
"""
