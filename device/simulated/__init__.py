"""Ports that begin with `sim:`: the simulated analyzer behind the real driver."""
