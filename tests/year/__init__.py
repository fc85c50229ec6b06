"""A year of operation in some minutes: one installation, day after day, with what goes wrong in a year."""
