"""What of the passages found is quoted: their units, what each offers, the best first, put into a draft."""
