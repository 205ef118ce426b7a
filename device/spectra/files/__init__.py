"""One file a spectrum format."""
