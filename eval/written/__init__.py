"""Answers that a language model writes: whether planted instructions reach a reader, and how soon sentences do."""
