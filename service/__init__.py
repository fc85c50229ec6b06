"""The reader: it answers questions from a published build, within the register, on the record."""
