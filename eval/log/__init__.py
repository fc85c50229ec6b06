"""The audit log under load and under failure."""
