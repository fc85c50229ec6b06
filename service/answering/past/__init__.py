"""Answers of the past: shown again within the boundary of now, made again, compared, accounted for."""
