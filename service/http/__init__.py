"""What stands around every door over HTTP, and what a connection may cost before anybody is known."""
