"""A training recipe: everything that decides the result, read from one TOML file and kept beside the checkpoint."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from .augment import CropSpec


class RecipeError(Exception):
    """A recipe that cannot be used; the text says what to change."""


@dataclass(frozen=True)
class Source:
    """Data by a name that the command line ties to a folder, and its share of the crops.

    `paste` is the chance that a crop gets parts of another crop; `limit` keeps the first images only.
    """

    name: str
    share: float = 1.0
    paste: float = 0.0
    limit: int | None = None


@dataclass(frozen=True)
class Crop:
    """Crops of one size; a step takes `batch` of them, and steps of this kind come with probability ~ `share`."""

    size: int = 256
    batch: int = 8
    min_scale: float = 0.25
    max_scale: float = 1.1
    share: float = 1.0

    @property
    def spec(self) -> CropSpec:
        return CropSpec(self.size, self.min_scale, self.max_scale)


@dataclass(frozen=True)
class Recipe:
    """`features` weighs the ImageNet feature teacher, `dice` a soft Dice term beside BCE; 0 switches either off.

    `colour` scales the strength of the colour augmentation, 1 being strong.
    `reduction` is the network's: crops are drawn at the encoder's resolution, and a crop's scale of 1 / `reduction` is
    what the released network sees.
    `coarse` is the share of the steps, from the start, whose head works at stride 8 (cheaper, near the same function).
    """

    size: str = "b0"
    reduction: int = 1
    steps: int = 1000
    learning_rate: float = 6e-4
    weight_decay: float = 0.01
    warmup: int = 50
    drop_path: float = 0.1
    colour: float = 1.0
    features: float = 0.0
    dice: float = 0.5
    coarse: float = 0.0
    ema: float = 0.99
    seed: int = 0
    sources: tuple[Source, ...] = field(default_factory=tuple)
    crops: tuple[Crop, ...] = (Crop(),)

    def rate(self, step: int) -> float:
        """Linear warm-up, then polynomial decay with power 0.9."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        return self.learning_rate * (1 - (step - self.warmup) / max(self.steps - self.warmup, 1)) ** 0.9


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe; a key that does not exist is an error."""
    try:
        values = tomllib.loads(Path(path).read_text())
        sources = tuple(Source(**s) for s in values.pop("source", []))
        crops = tuple(Crop(**c) for c in values.pop("crop", [])) or (Crop(),)
        recipe = Recipe(sources=sources, crops=crops, **values)
    except (OSError, tomllib.TOMLDecodeError, TypeError) as error:
        raise RecipeError(f"{path}: {error}; see tools/train/recipes for working ones") from error
    return recipe


def as_dict(recipe: Recipe) -> dict:
    """Plain values, to be stored in a checkpoint."""
    return dataclasses.asdict(recipe)
