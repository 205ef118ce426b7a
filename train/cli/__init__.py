"""The verbs of `ramix-train`."""
