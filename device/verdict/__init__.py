"""From network and fit to one answer."""
