"""Training: the loop, what it learns by, and what it leaves behind."""
