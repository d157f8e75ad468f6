"""Trains, exports, quantizes and scores Scarp's landslide segmentation models."""
