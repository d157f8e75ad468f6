"""The images of a run that cannot be used: each is named once, and they are counted against the recipe's limit."""

import math
from collections.abc import Iterable

from ..errors import DatasetError

ROUNDING = 1e-9  # of a share times a count that is whole


class Damaged:
    """`share` of `images` may be damaged, one at least where it is not 0. `texts` are the errors so far, one an image."""

    def __init__(self, share: float, images: int, texts: Iterable[str] = ()):
        self.images, self.allowed = images, math.ceil(share * images - ROUNDING)
        self.texts = list(texts)

    def new(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Those of `texts` that were not counted yet."""
        return tuple(text for text in dict.fromkeys(texts) if text not in self.texts)

    def count(self, texts: Iterable[str]) -> None:
        """Counts new errors. Raises DatasetError, and counts none, where they are more than allowed."""
        new = self.new(texts)
        found = len(self.texts) + len(new)
        if new and found > self.allowed:
            raise DatasetError(
                f"{new[0]}; {found} of {self.images} images cannot be used, and the recipe's 'damaged' allows {self.allowed}"
            )
        self.texts += new
