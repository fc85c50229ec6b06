"""Builds in an object store: the store, what lies in it under which key, and the folder here that mirrors it."""
