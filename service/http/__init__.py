"""How HTTP is spoken: what a connection may cost before anybody is known."""
