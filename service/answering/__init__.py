"""From a question to a cited answer or a refusal. Start at `pipeline`: one flow, seven numbered steps."""
