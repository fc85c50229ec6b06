"""Keys and what is made with them: files of secret bytes, sealed texts, pseudonyms."""
