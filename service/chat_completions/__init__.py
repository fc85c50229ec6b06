"""The door for programs that speak OpenAI's API: Open WebUI, LibreChat, the `openai` client."""
