"""Passages for a question, within the asker's scope: candidates, what ties them to it, their rank."""
