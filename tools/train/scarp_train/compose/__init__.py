"""Composites: real ground with slides and bare fields that are not there, made of other real pictures' pixels."""
