"""Checking the log without believing whoever runs it: the verifier, the whole store, the witness."""
