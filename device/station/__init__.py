"""The instrument as one object: analyzer, model, field library and store under one owner."""
