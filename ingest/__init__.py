"""The writer: approved bytes in, a published build out. Start at `pipeline`, which `watch` calls again and again."""
