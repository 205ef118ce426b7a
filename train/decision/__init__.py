"""The numbers of the decision: scenes of a library, what network and fit say of them, the fit."""
