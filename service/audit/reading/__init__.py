"""Looking at the log, each look on record first; erasing from it, revealing, exporting."""
