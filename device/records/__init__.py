"""Every measurement is kept, in a hash chain."""
