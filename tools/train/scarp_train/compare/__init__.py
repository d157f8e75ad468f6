"""Variants of a recipe side by side: the same steps and seeds, each judged on ground that its networks never saw."""
