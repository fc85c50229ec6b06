"""The pages of what Greenlit knows: the documents somebody may read, and a reader for each."""
