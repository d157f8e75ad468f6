"""A look at the images and labels of a run before an hour is spent on them."""

import sys
from collections.abc import Callable

import numpy as np
from tqdm import tqdm

from ..data.checks import check_labels, spread
from ..data.pairs import Pair
from ..data.sources import readable


def look_at_labels(
    parts: dict[str, list[Pair]], read: Callable[[Pair], tuple[np.ndarray, np.ndarray]], quiet: bool
) -> list[str]:
    """Warns of doubtful labels in `parts` by their description; gives the errors of what `read` cannot use."""
    unreadable: list[str] = []
    for what, pairs in parts.items():
        if not pairs:
            continue
        looked_at = tqdm(spread(pairs), desc=f"labels of {what}", unit="image", leave=False, disable=quiet)
        for warning in check_labels(readable(looked_at, read, unreadable)):
            print(f"warning: {what}: {warning}", file=sys.stderr)
    return unreadable
