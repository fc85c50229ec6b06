"""What Slack sends, from the first byte until it is worked off: taken once, durably, and read again after a crash."""
