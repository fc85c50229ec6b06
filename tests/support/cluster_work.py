"""What workers of a cluster do in tests: they bring each request to the test's process, which does the real work.

A worker that did it itself would import for seconds what the test has imported, so this imports nothing of ours.
`TEST_CLUSTER_WORK` says where the test listens (`cluster_parts.work_here`); an empty reply tells a worker to die.
"""

import os
import signal
from multiprocessing.connection import Client

WHERE = "TEST_CLUSTER_WORK"


def is_ready(_setup: bytes) -> bool:
    """Say that nothing has to be loaded."""
    return True


def perform(setup: bytes, request: bytes) -> bytes:
    """Have done what a request wants."""
    with Client(os.environ[WHERE], family="AF_UNIX") as test:
        test.send_bytes(setup)
        test.send_bytes(request)
        reply = test.recv_bytes()
    if not reply:
        os.kill(os.getpid(), signal.SIGKILL)
    return reply
