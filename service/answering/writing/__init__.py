"""What a language model writes: it is asked, read, held against the passages and mended; nothing unverified leaves."""
