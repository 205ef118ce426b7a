"""The compiled part: two hot loops in C, called through ctypes; numpy stands in for it."""
