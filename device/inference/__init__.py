"""From model input to prediction."""
