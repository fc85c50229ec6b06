"""Which of several documents of one rule is in force, and what follows for the others."""
