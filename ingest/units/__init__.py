"""What of a document can be quoted and what it stands under; `finding` is where it begins."""
