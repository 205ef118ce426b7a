"""Arguments in, calls, cards out."""
