"""Plain text and transcripts to text: `plain` and `cues` are the loaders."""
