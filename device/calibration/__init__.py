"""From frames of known light to a calibration page: lamp lines, polystyrene, calcite."""
