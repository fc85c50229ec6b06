"""The tree over what is stored: growing it, signing it, proving with it."""
