"""Trains, exports and scores Scarp's landslide segmentation models."""
