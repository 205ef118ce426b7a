"""What was tried, the paper, int8, scaling: run by hand."""
