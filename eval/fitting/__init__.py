"""The weights and thresholds that answering reads, made anew."""
