"""The judge: asks question sets and counts, holds runs against a baseline, calibrates the evidence, measures speed."""
