"""One file a link; vendor errors stop here."""
