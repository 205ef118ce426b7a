"""RaMixNet I and II: layers, training, measuring."""
