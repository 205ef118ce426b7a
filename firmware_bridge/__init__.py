"""What host and firmware agree on: wire, calibration page, model slots, simulator."""
