"""Reading and encoding on a Ray cluster: an `Engine` for a library that is too large for one machine.

`engine` is the adapter of `ingest.engine.Engine`; it asks `driver`, a process of its own that `process` starts. It
alone knows Ray: what Ray does to a process (threads, handlers of signals, an end with the cluster) it does there.
`work` is what is done on a worker, with what is `agreed`; `messages` is how they speak. Nothing but bytes passes to a
worker and back. What Ray does, scheduling, trying again, moving bytes, is not done again here.
"""
