"""The pages for approvers: what waits for a decision, the document itself, what changed, deciding, uploads."""
