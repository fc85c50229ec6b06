"""The page of what the log holds about whoever looks, and who looked at it."""
