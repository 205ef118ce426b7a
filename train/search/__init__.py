"""Which sizes of network are worth having."""
