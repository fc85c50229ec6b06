"""Whether a sentence that somebody wrote holds up: what it says is found in the passages that it cites."""
