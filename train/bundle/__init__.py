"""A trained model as one signed file, with its card and report."""
