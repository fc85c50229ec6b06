"""What stands around every door over HTTP."""
