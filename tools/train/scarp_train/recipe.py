"""A training recipe: everything that decides the result of a run, read from one TOML file and kept in its checkpoints."""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from .errors import RecipeError

Share = Annotated[float, Field(gt=0.0)]
Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Weight = Annotated[float, Field(ge=0.0)]


class Table(BaseModel):
    """A table of the recipe: refuses keys it does not know and values of another type, and never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class NetworkSpec(Table):
    """The network: architecture, encoder, and where the encoder's first weights come from.

    `weights` is "none" (random) or the name of pretrained ones (`scarp-train networks` lists them with their licences);
    `weights_sha256` is the hash of a local file of them. `bands` counts the image's channels. `reduction` averages blocks of
    that many pixels squared before the encoder in the exported graph; crops are drawn at the encoder's resolution, so a
    crop's scale of 1 / `reduction` is what the released network sees.
    """

    architecture: str = "segformer"
    encoder: str = "mit_b0"
    weights: str = "none"
    weights_sha256: str | None = Field(None, pattern="^[0-9a-f]{64}$")
    bands: int = Field(3, ge=1, le=32)
    reduction: Literal[1, 2, 4] = 1
    drop_path: Fraction = 0.1


class Source(Table):
    """Labelled images under a name that the command line ties to a folder or archive, and their share of the crops.

    `part` is the part of a dataset in GDCLD's layout. `events` and `sensors` keep only images of these; `limit` keeps the
    first ones. `paste` is the chance that a crop gets parts of another crop.
    """

    name: str
    part: Literal["train", "val", "test"] = "train"
    share: Share = 1.0
    paste: Fraction = 0.0
    events: tuple[str, ...] = ()
    sensors: tuple[str, ...] = ()
    limit: int | None = Field(None, ge=1)


class Crop(Table):
    """Crops of one side in pixels at a scale drawn log-uniformly (1 is the image's pixels, or, of an image known to be
    finer, the release's GSD).

    A step takes `batch` of them over all devices; steps of this kind come with probability ~ `share`. With both scales 1 a
    crop is cut on the pixel grid and only mirrored and turned by quarters.
    """

    size: int = Field(256, ge=32, multiple_of=32)
    batch: int = Field(8, ge=1)
    min_scale: float = Field(0.25, gt=0.0, le=8.0)
    max_scale: float = Field(1.1, gt=0.0, le=8.0)
    share: Share = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> "Crop":
        if self.max_scale < self.min_scale:
            raise ValueError("max_scale is below min_scale")
        return self

    def scales(self, to_gsd: float) -> tuple[float, float]:
        """The bounds of the scale for an image that `to_gsd` brings to the release's GSD; crops on the grid stay there."""
        on_grid = self.min_scale == self.max_scale == 1.0
        return (1.0, 1.0) if on_grid else (self.min_scale * to_gsd, self.max_scale * to_gsd)


class Optimiser(Table):
    """AdamW or Adam. The rate rises linearly over `warmup` steps, then falls to zero (`poly`: power 0.9) or stays
    (`constant`).

    `clip` bounds the norm of the gradient; 0 leaves it as it is.
    """

    name: Literal["adamw", "adam"] = "adamw"
    learning_rate: float = Field(6e-4, gt=0.0)
    weight_decay: float = Field(0.01, ge=0.0)
    warmup: int = Field(50, ge=0)
    schedule: Literal["poly", "constant"] = "poly"
    clip: float = Field(1.0, ge=0.0)

    def rate(self, step: int, steps: int) -> float:
        """The learning rate of a step of `steps`."""
        if step < self.warmup:
            return self.learning_rate * (step + 1) / self.warmup
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * (1 - (step - self.warmup) / max(steps - self.warmup, 1)) ** 0.9


class Loss(Table):
    """Weights of the loss's terms; 0 switches a term off. Each term is the mean over the samples of a batch.

    `tversky` and `focal_tversky` weigh false negatives by `alpha` and false positives by 1 - `alpha`. `levels` gives the
    focal Tversky loss of the deeper outputs of networks that have them. `features` weighs the ImageNet feature teacher.
    """

    bce: Weight = 1.0
    dice: Weight = 0.5
    tversky: Weight = 0.0
    focal_tversky: Weight = 0.0
    levels: Weight = 0.0
    alpha: Fraction = 0.7
    gamma: float = Field(0.75, gt=0.0)
    features: Weight = 0.0

    @model_validator(mode="after")
    def _something(self) -> "Loss":
        if not (self.bce or self.dice or self.tversky or self.focal_tversky):
            raise ValueError("every term is 0; give bce, dice, tversky or focal_tversky a weight")
        return self


class Validation(Table):
    """Whole images that are scored each `every` steps; the best weights by landslide IoU are kept beside the last.

    `pictures` of them are drawn with what the network sees. `tile` is the side of the tiles an image is cut into.
    """

    source: str
    part: Literal["train", "val", "test"] = "val"
    events: tuple[str, ...] = ()
    sensors: tuple[str, ...] = ()
    every: int = Field(500, ge=1)
    limit: int | None = Field(200, ge=1)
    pictures: int = Field(4, ge=0, le=64)
    tile: int = Field(1024, ge=64, multiple_of=64)


class Pixels(Table):
    """How pixel values become the network's input: (value / `scale` - `mean`) / `std`, one mean and deviation for each band.

    As it stands, 8-bit RGB with ImageNet's statistics.
    """

    scale: float = Field(255.0, gt=0.0)
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[Annotated[float, Field(gt=0.0)], ...] = (0.229, 0.224, 0.225)


class Release(Table):
    """What the trained network is for: ground sampling distance in metres and side in pixels of the exported input."""

    gsd_m: float = Field(0.2, gt=0.0)
    side: int = Field(1024, ge=64, multiple_of=64)


class Recipe(Table):
    """A whole run. Its length is `steps`, or `epochs` over all images of all sources; one of the two.

    `colour` scales the strength of the colour augmentation, 1 being strong, 0 none. `coarse` is the share of the steps, from
    the start, whose SegFormer head works at stride 8 (cheaper, near the same function). `ema` is the decay of the averaged
    weights, 0 keeps the newest. `batch_norm` "frozen" uses the statistics the weights came with, "synced" those of all
    devices' samples. `damaged` is the share of the images that may turn out unreadable before the run stops, one
    image at least unless it is 0. `quantize_aware` trains with the rounding of the 8-bit form.
    """

    steps: int | None = Field(None, ge=1)
    epochs: int | None = Field(None, ge=1)
    seed: int = Field(0, ge=0)
    precision: Literal["float32", "bfloat16"] = "float32"
    ema: float = Field(0.99, ge=0.0, lt=1.0)
    colour: float = Field(1.0, ge=0.0, le=2.0)
    coarse: Fraction = 0.0
    batch_norm: Literal["own", "synced", "frozen"] = "own"
    damaged: Fraction = 0.01
    quantize_aware: bool = False
    network: NetworkSpec = NetworkSpec()
    pixels: Pixels = Pixels()
    optimiser: Optimiser = Optimiser()
    loss: Loss = Loss()
    source: tuple[Source, ...] = Field(min_length=1)
    crop: tuple[Crop, ...] = Field((Crop(),), min_length=1)
    validation: Validation | None = None
    release: Release = Release()

    @model_validator(mode="after")
    def _length(self) -> "Recipe":
        if (self.steps is None) == (self.epochs is None):
            raise ValueError("give either steps or epochs")
        if self.epochs is not None and len(self.crop) > 1:
            raise ValueError("epochs want one kind of [[crop]]; with several give steps")
        names = [source.name for source in self.source]
        if twice := [name for name in names if names.count(name) > 1]:
            raise ValueError(f"source '{twice[0]}' is there twice; give each its own name, which may have the same folder")
        if not len(self.pixels.mean) == len(self.pixels.std) == self.network.bands:
            raise ValueError(
                f"pixels.mean and pixels.std want {self.network.bands} numbers each, one for each of network.bands"
            )
        return self

    @property
    def source_names(self) -> set[str]:
        """The sources that the command line has to tie to folders."""
        return {source.name for source in self.source} | ({self.validation.source} if self.validation else set())

    def as_json(self) -> str:
        """The recipe as one line of JSON, equal for equal recipes; kept in checkpoints."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe; a key that does not exist, or a value out of range, is an error that names it."""
    try:
        values = tomllib.loads(Path(path).read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path}: {error}") from error
    return parse_recipe(values, str(path))


def parse_recipe(values: dict, where: str) -> Recipe:
    """The recipe of plain values, as TOML or JSON give them; `where` opens the text of an error."""
    try:
        return Recipe.model_validate_json(json.dumps(values))
    except ValidationError as error:
        raise RecipeError(f"{where}: {'; '.join(reasons(error.errors()))}") from error


def reasons(errors: list[dict]) -> list[str]:
    """One text for each error; a list is not also called too short for an entry of it that is wrong."""
    wrong = {entry["loc"][0] for entry in errors if len(entry["loc"]) > 1}
    return [_reason(entry) for entry in errors if not (entry["type"] == "too_short" and entry["loc"][0] in wrong)]


def _reason(entry: dict) -> str:
    place = ".".join(str(part) for part in entry["loc"]) or "recipe"
    match entry["type"]:
        case "extra_forbidden":
            return f"unknown key '{place}'; see tools/train/README.md for all keys"
        case "missing":
            return f"{place}: is missing"
        case "too_short" | "tuple_type" if place in ("source", "crop"):
            return f"{place}: wants one [[{place}]] table at least, in double brackets"
        case "model_type":
            return f"{place}: wants a table [{place}]"
        case "string_pattern_mismatch":
            return f"{place}: must be 64 hexadecimal digits, as sha256sum prints them"
    return f"{place}: {entry['msg'].removeprefix('Value error, ').replace('Input should be', 'must be')}"
