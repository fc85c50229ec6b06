"""The store of the log and its single writer. `store` is the port, `sqlite_store` the one that there is."""
