"""What cards and README quote, made again from seeds."""
