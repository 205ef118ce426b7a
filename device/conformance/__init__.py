"""The rules of PROTOCOL.md, tried on any analyzer behind a port."""
