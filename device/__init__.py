"""What runs on the handheld. Read runtime.py first."""
