"""Language models that an organisation approved: which may be called with what, and the client that survives them."""
