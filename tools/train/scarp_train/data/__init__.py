"""Labelled images: where they are, what they hold, and the samples that are drawn from them."""
