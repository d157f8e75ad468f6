"""What is compared, read from one TOML file, and the cross-validation that each variant and seed becomes."""

import json
import tomllib
from pathlib import Path

from pydantic import Field, ValidationError

from ..compose.run import Plan as Composition
from ..crossval.folds import FOLD, REAL, held_out_places
from ..crossval.run import MISS_COST
from ..crossval.run import Plan as CrossValidation
from ..errors import RecipeError
from ..recipe import Share, Table, parse_recipe, read_recipe, reasons

COMPOSITES = "composites"  # the source that is made for each fold


class Composites(Table):
    """How many composites each fold gets, and the simulated tiles that give their outlines."""

    shapes: str
    count: int = Field(ge=1)


class Variant(Table):
    """A variant: its sources' shares of the crops, and what it changes of the recipe's other keys and tables."""

    name: str = Field(pattern=r"\w")
    shares: dict[str, Share] = Field(min_length=1)
    recipe: dict[str, object] = Field(default_factory=dict)

    @property
    def folder(self) -> str:
        """The name as a folder's."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.name).split())


class Comparison(Table):
    """What is compared. Folders are relative to where the command runs; the first variant is what others are compared to.

    All train for `steps` from the weights `init`, by each of `seeds`, on those of the `folds` of `data` that `only` names
    (all, where it is empty). `places` are without landslides; `sources` are the folders of other sources that variants name.
    """

    recipe: str
    steps: int = Field(ge=1)
    data: str
    init: str | None = None
    groups: str | None = None
    seeds: tuple[int, ...] = Field((0,), min_length=1)
    folds: int = Field(4, ge=2)
    only: tuple[int, ...] = ()
    miss_cost: float = Field(MISS_COST, gt=0.0)
    places: dict[str, str] = Field(default_factory=dict)
    sources: dict[str, str] = Field(default_factory=dict)
    composites: Composites | None = None
    variant: tuple[Variant, ...] = Field(min_length=1)

    def plan(self, variant: Variant, seed: int, out: Path) -> CrossValidation:
        """The cross-validation of a variant by a seed. Raises RecipeError."""
        values = json.loads(read_recipe(Path(self.recipe)).as_json())
        paste = {source["name"]: source["paste"] for source in values["source"]}
        sources = [{"name": n, "share": share, "paste": paste.get(n, 0.0)} for n, share in variant.shares.items()]
        for key, value in variant.recipe.items():
            values[key] = {**values[key], **value} if isinstance(values.get(key), dict) else value
        values |= {"steps": self.steps, "epochs": None, "seed": seed, "source": sources}
        given = {**self.sources, **({COMPOSITES: str(composites_of(out, seed))} if self.composites else {})}
        others = variant.shares.keys() - {REAL} - self.places.keys()
        if unknown := sorted(others - given.keys()):
            raise RecipeError(f"variant '{variant.name}': nothing says where '{unknown[0]}' is; add it to [sources]")
        return CrossValidation(
            parse_recipe(values, f"variant '{variant.name}'"),
            Path(self.data),
            out / variant.folder / f"seed-{seed}",
            groups=None if self.groups is None else Path(self.groups),
            places={name: Path(folder) for name, folder in self.places.items()},
            sources={name: Path(given[name]) for name in sorted(others)},
            folds=self.folds,
            only=self.only,
            init=None if self.init is None else Path(self.init),
            miss_cost=self.miss_cost,
        )

    def composition(self, plan: CrossValidation, fold: int) -> Composition:
        """What the composites of a fold are made of: its inside, and the places that it trains on."""
        unseen = held_out_places(plan.places, fold, plan.folds)
        seen = tuple(folder for place, folder in plan.places.items() if place not in unseen)
        inside, release = plan.out / f"fold-{fold}" / "inside", plan.recipe.release
        return Composition((inside,), seen, Path(self.composites.shapes), plan.recipe.seed, release.gsd_m, release.side)


def composites_of(out: Path, seed: int) -> Path:
    """The folder of a fold's composites, with {fold} in it; each seed has its own."""
    return out / COMPOSITES / f"seed-{seed}" / f"fold-{FOLD}"


def read_comparison(path: Path) -> Comparison:
    """Reads a comparison; a key that does not exist, or a value out of range, is an error that names it."""
    try:
        found = Comparison.model_validate_json(json.dumps(tomllib.loads(path.read_text())))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path}: {error}") from error
    except ValidationError as error:
        raise RecipeError(f"{path}: {'; '.join(reasons(error.errors()))}") from error
    folders = [variant.folder for variant in found.variant]
    if twice := [variant.name for variant in found.variant if folders.count(variant.folder) > 1]:
        raise RecipeError(f"{path}: variant '{twice[0]}' is there twice; give each its own name")
    return found
