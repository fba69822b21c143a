"""Training: the loops, what happens around their steps, and what survives an interruption."""
