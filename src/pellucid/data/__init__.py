"""Data: sets to learn from, splits, encodings, and checks that data can be learned from."""
