"""Copies of an installation: taken while it runs, checked, put back."""
