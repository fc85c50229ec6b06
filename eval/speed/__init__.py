"""How fast and how large, beside what a user would otherwise write."""
