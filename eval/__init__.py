"""The judge: question sets, calibration of the evidence, and benchmarks against what a user would otherwise write."""
