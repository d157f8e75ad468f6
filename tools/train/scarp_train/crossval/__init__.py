"""Cross-validation that holds out places: what a recipe finds, and finds falsely, on ground that its network never saw."""
