"""The door for people: one page to ask on, one to read a source at the quoted place. Server-rendered, no script."""
