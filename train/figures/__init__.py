"""Every table and picture that is quoted anywhere, made again from seeds by one command."""
