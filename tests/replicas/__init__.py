"""Processes that write one log, killed and stopped in turn: `python -m tests.replicas --rounds 100`."""
