"""The mock instrument: the bytes, rules and faults of the firmware."""
