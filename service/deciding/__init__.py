"""Deciding on documents through a door: who may, on which version, and what waits for a decision."""
