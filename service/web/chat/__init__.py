"""The page for staff: asks, shows the answer beside its sources, keeps one's own conversations at hand."""
