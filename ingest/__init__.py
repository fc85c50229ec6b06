"""The writer: approved bytes in, a published build out. Start at `pipeline`; `approvals` writes the register."""
