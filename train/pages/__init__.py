"""Tables and pictures, as text and PNG."""
