"""The door for people in Slack: a process of its own that asks over the HTTP API and keeps no text."""
