"""Clients of the HTTP API, for programs beside the service; small, and without the model libraries."""
