"""Answers that a language model writes: what is released of them against its will or ours, and how soon."""
