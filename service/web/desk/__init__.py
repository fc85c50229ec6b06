"""The pages for approvers: what waits for a decision, the document, what changed, deciding, bringing files in."""
