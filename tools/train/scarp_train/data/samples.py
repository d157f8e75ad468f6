"""Sample i of step s: the same crop, augmented alike, whatever the number of processes, loader workers, devices or
resumes."""

from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from ..errors import DatasetError
from ..recipe import Crop, Recipe, Source
from . import augment
from .origin import scale_to
from .pairs import Pair
from .read import read_pair

CACHE_BYTES = 384 << 20  # decoded images that are kept, unless the loader finds that there is room for more
CLIPPED = 0.02  # share of an image's values that may lie above the scale: clouds and metal roofs do
TRIES = 8  # images that are tried in place of a damaged one


@dataclass(frozen=True)
class Sample:
    """A crop. `image` is C x S x S, uint8 or (other than 8-bit) float32 in 0..1; `truth` 1 x S/t x S/t, t being the stride.

    `truth` is the landslide share of a cell in 0..1, -1 where a pixel of it is ignored. `damaged` are the errors of images
    that could not be read and were passed over.
    """

    image: torch.Tensor
    truth: torch.Tensor
    damaged: tuple[str, ...]


class Samples:
    """Draws samples from the images of a recipe's sources. `stride` is that of the network's logits in a crop."""

    def __init__(self, recipe: Recipe, pairs: dict[str, list[Pair]], stride: int):
        self.recipe, self.stride = recipe, stride
        self.pairs = [pairs[source.name] for source in recipe.source]
        shares = np.array([source.share for source in recipe.source])
        self.shares = shares / shares.sum()
        self.steps = recipe.steps or self._steps(recipe)
        self.kinds = self._kinds()
        self.firsts = np.concatenate([[0], np.cumsum([recipe.crop[kind].batch for kind in self.kinds])])
        self.cache: OrderedDict[Pair, tuple[np.ndarray, np.ndarray]] = OrderedDict()
        self.cached, self.cache_bytes = 0, CACHE_BYTES
        self.orders: dict[int, tuple[int, np.ndarray]] = {}

    def _steps(self, recipe: Recipe) -> int:
        return -(-recipe.epochs * sum(len(pairs) for pairs in self.pairs) // recipe.crop[0].batch)

    def _kinds(self) -> np.ndarray:
        weights = np.array([crop.share for crop in self.recipe.crop])
        return np.random.default_rng([self.recipe.seed, 0]).choice(len(weights), size=self.steps, p=weights / weights.sum())

    def crop(self, step: int) -> Crop:
        """The kind of crop that a step takes."""
        return self.recipe.crop[self.kinds[step]]

    def __getitem__(self, place: tuple[int, int]) -> Sample:
        """Sample `i` of `step`. Raises DatasetError where no readable image is found in a few tries."""
        step, i = place
        crop = self.crop(step)
        rng = np.random.default_rng([self.recipe.seed, 1, step, i])
        turn = int(self.firsts[step]) + i
        damaged: list[str] = []
        source, image, truth = self._cut(crop, turn, rng, damaged)
        if rng.random() < source.paste:
            _, *other = self._cut(crop, int(rng.integers(1 << 31)), rng, damaged)
            image, truth = augment.paste((image, truth), tuple(other), rng)
        image = self._finish(image, rng)
        return Sample(torch.from_numpy(image.transpose(2, 0, 1).copy()), self._cells(truth), tuple(damaged))

    def _cut(
        self, crop: Crop, turn: int, rng: np.random.Generator, damaged: list[str]
    ) -> tuple[Source, np.ndarray, np.ndarray]:
        index = int(rng.choice(len(self.shares), p=self.shares))
        pair, image, label = self._read(index, turn, damaged)
        scales = crop.scales(scale_to(self.recipe.release.gsd_m, pair.origin.gsd_m))
        return self.recipe.source[index], *augment.cut(image, label, crop.size, scales, rng)

    def _read(self, index: int, turn: int, damaged: list[str]) -> tuple[Pair, np.ndarray, np.ndarray]:
        """The image whose turn it is: all images of a source in a random order, then all in another order."""
        pairs = self.pairs[index]
        for more in range(TRIES):
            epoch, place = divmod(turn + more, len(pairs))
            try:
                pair = pairs[self._order(index, epoch)[place]]
                return pair, *self._decoded(pair)
            except DatasetError as error:
                damaged.append(str(error))
        raise DatasetError(f"{damaged[0]}; {TRIES} images in a row cannot be used")

    def _order(self, index: int, epoch: int) -> np.ndarray:
        if self.orders.get(index, (None,))[0] != epoch:
            rng = np.random.default_rng([self.recipe.seed, 2, index, epoch])
            self.orders[index] = (epoch, rng.permutation(len(self.pairs[index])))
        return self.orders[index][1]

    def read(self, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
        """Image and label. Raises DatasetError where they cannot be read, or are not what the recipe is for."""
        image, label = read_pair(pair)
        self._check(pair, image)
        return image, label

    def _decoded(self, pair: Pair) -> tuple[np.ndarray, np.ndarray]:
        if pair in self.cache:
            self.cache.move_to_end(pair)
            return self.cache[pair]
        image, label = self.read(pair)
        self.cache[pair] = (image, label)
        self.cached += image.nbytes + label.nbytes
        while self.cached > self.cache_bytes and len(self.cache) > 1:
            _, (old, truth) = self.cache.popitem(last=False)
            self.cached -= old.nbytes + truth.nbytes
        return image, label

    def _check(self, pair: Pair, image: np.ndarray) -> None:
        bands = self.recipe.network.bands
        if image.shape[2] < bands or (image.shape[2] != bands and not (bands == 3 and image.shape[2] == 4)):
            raise DatasetError(
                f"{pair.image}: has {image.shape[2]} bands but the recipe's network.bands is {bands}; change one of them"
            )
        if image.dtype == np.uint8:
            return
        scale = self.recipe.pixels.scale
        if scale == 255.0:
            raise DatasetError(
                f"{pair.image}: pixels are {image.dtype}; say their scale, mean and std in the recipe's [pixels]"
            )
        above = float((image > scale).mean())
        if above > CLIPPED:
            raise DatasetError(
                f"{pair.image}: {100 * above:.0f} % of its values are above the recipe's pixels.scale of {scale:g}; raise it"
            )

    def _finish(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Colours as augmentation leaves them: uint8 for 8-bit images, else float32 in 0..1."""
        bands, colour = self.recipe.network.bands, self.recipe.colour
        image = image[:, :, :bands]
        eight_bit = image.dtype == np.uint8
        if colour == 0 and eight_bit:
            return image
        x = np.clip(image.astype(np.float32) / np.float32(self.recipe.pixels.scale), 0, 1)
        if colour > 0:
            x = augment.recolour(x, rng, colour)
        if not eight_bit:
            return x
        image = cv2.convertScaleAbs(x, alpha=255.0).reshape(x.shape)
        return augment.degrade(image, rng) if bands == 3 else image

    def _cells(self, truth: np.ndarray) -> torch.Tensor:
        side = truth.shape[0] // self.stride
        share = cv2.resize(truth.clip(0), (side, side), interpolation=cv2.INTER_AREA) if self.stride > 1 else truth.copy()
        if (truth < 0).any():
            blocks = truth[: side * self.stride, : side * self.stride].reshape(side, self.stride, side, self.stride)
            share[blocks.min(axis=(1, 3)) < 0] = -1.0
        return torch.from_numpy(share)[None]
