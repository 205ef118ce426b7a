"""Pure compounds: files, checks, references."""
