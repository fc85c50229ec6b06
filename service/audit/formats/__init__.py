"""Public formats: canonical JSON, salted commitments, the Merkle tree of RFC 6962, C2SP signed notes."""
