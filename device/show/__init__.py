"""An answer as people see it: card and picture."""
