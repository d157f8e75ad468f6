"""Batches that depend on seed and step only, so that a resumed run sees what an uninterrupted one would have seen."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import torch

from . import augment
from .dataset import Scene
from .recipe import Recipe, Source
from .segformer import STRIDE

Batch = tuple[torch.Tensor, torch.Tensor]


class Batches:
    """Draws augmented crops from sources: images N x 3 x S x S, labels N x 1 x S/4 x S/4 (landslide share of a cell)."""

    def __init__(self, recipe: Recipe, scenes: list[tuple[Source, list[Scene]]]):
        self.recipe = recipe
        self.sources = [source for source, _ in scenes]
        self.scenes = [loaded for _, loaded in scenes]
        shares = np.array([source.share for source in self.sources])
        self.shares = shares / shares.sum()
        weights = np.array([crop.share for crop in recipe.crops])
        self.crop_shares = weights / weights.sum()

    def make(self, step: int) -> Batch:
        rng = np.random.default_rng([self.recipe.seed, step])
        crop = self.recipe.crops[rng.choice(len(self.recipe.crops), p=self.crop_shares)]
        images, labels = [], []
        for _ in range(crop.batch):
            pixels, truth = self._sample(crop.spec, rng)
            cells = crop.size // STRIDE
            images.append(augment.normalise(pixels))
            labels.append(cv2.resize(truth, (cells, cells), interpolation=cv2.INTER_AREA)[None])
        return torch.from_numpy(np.stack(images)), torch.from_numpy(np.stack(labels))

    def _sample(self, spec: augment.CropSpec, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        index = rng.choice(len(self.sources), p=self.shares)
        pixels, truth = self._cut(index, spec, rng)
        if rng.random() < self.sources[index].paste:
            other = rng.choice(len(self.sources), p=self.shares)
            pixels, truth = augment.paste((pixels, truth), self._cut(other, spec, rng), rng)
        return augment.degrade(augment.recolour(pixels, rng, self.recipe.colour), rng), truth

    def _cut(self, index: int, spec: augment.CropSpec, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        scenes = self.scenes[index]
        return augment.cut(scenes[rng.integers(len(scenes))], spec, rng)

    def run(self, first: int, end: int) -> Iterator[tuple[int, Batch]]:
        """Batches `first..end`, the next one made in a thread while the current one is used."""
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.make, first) if first < end else None
            for step in range(first, end):
                batch = waiting.result()
                waiting = pool.submit(self.make, step + 1) if step + 1 < end else None
                yield step, batch
