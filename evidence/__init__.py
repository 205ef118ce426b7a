"""What cards and docs/figures.md quote, made again from seeds."""
