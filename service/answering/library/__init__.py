"""Documents as somebody may read them now: the list, a text, a page, what to ask first."""
