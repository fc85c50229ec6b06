"""A stand-in for the loader's child that does not start."""

raise SystemExit(9)
