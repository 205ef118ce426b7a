"""A chemist's own mixtures: what is in them, how a bundle answers them, response factors."""
