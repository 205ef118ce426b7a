"""From an acquisition or a file to the model input; pure."""
