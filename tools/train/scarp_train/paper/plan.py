"""What a table needs: networks to train, and rows that each name a network, images to score it on, the published row."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..errors import RecipeError
from ..recipe import Recipe, Source, read_recipe
from . import published
from .published import Published

RECIPES = Path(__file__).parents[2] / "recipes" / "paper"
SETS = {"gdcld": "GDCLD", "hr-gldd": "HR-GLDD", "gvlm": "GVLM", "cas": "CAS"}
RGB = 3  # bands that the engine which validates reads
GVLM_TILES = 340  # three quarters of its 164 km2 at 0.6 m, 1024 x 1024 each; its 17 images would give a crop each an epoch


@dataclass(frozen=True)
class Training:
    """A network to train; `key` names its folder. `network` is one of the paper's, whose recipe file it has."""

    key: str
    network: str
    recipe: Recipe

    @property
    def start(self) -> str:
        """What its encoder starts from."""
        network = self.recipe.network
        return f"{self.network} {network.encoder} ({'random' if network.weights == 'none' else network.weights})"


@dataclass(frozen=True)
class Scoring:
    """The images that a network is scored on; `part` is train, val, test or "all" of them."""

    dataset: str
    part: str


@dataclass(frozen=True)
class Row:
    """A row: ours by the network `training` on the images of `event` and `sensor` (None: any), beside the published one."""

    label: str
    training: str
    scoring: Scoring
    published: Published
    event: str | None = None
    sensor: str | None = None


@dataclass(frozen=True)
class Table:
    """A table of a paper: `notes` say what the reader must know of it."""

    name: str
    title: str
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Tables, and every network that they need, once."""

    tables: tuple[Table, ...]
    trainings: tuple[Training, ...]

    def scorings(self, training: Training) -> list[Scoring]:
        """What a network is scored on for all tables together."""
        rows = [row for table in self.tables for row in table.rows if row.training == training.key]
        return list(dict.fromkeys(row.scoring for row in rows))

    @property
    def datasets(self) -> dict[str, set[str]]:
        """Datasets by name with the parts that are read of each."""
        parts: dict[str, set[str]] = {}
        for training in self.trainings:
            for source in training.recipe.source:
                parts.setdefault(source.name, set()).add(source.part)
            if training.recipe.validation:
                parts.setdefault(training.recipe.validation.source, set()).add(training.recipe.validation.part)
            for scoring in self.scorings(training):
                parts.setdefault(scoring.dataset, set()).add(scoring.part)
        return parts


def make_plan(tables: list[str], networks: list[str] | None = None, recipes: Path = RECIPES) -> Plan:
    """The plan for tables by name; `networks` keeps only rows of these networks. A table left without rows is an error."""
    known = sorted({**published.NETWORKS, **published.HR_GLDD_NETWORKS})
    unknown = sorted(set(networks or []) - set(known))
    if unknown:
        raise RecipeError(f"--networks: {', '.join(unknown)} is none of the papers'; they are {', '.join(known)}")
    made = []
    for name in tables:
        table = TABLES[name]()
        rows = tuple(row for row in table.rows if networks is None or _network(row.training) in networks)
        if not rows:
            raise RecipeError(f"table {name} has none of the networks {', '.join(networks or [])}; leave --networks out")
        made.append(Table(table.name, table.title, rows, table.notes))
    keys = dict.fromkeys(row.training for table in made for row in table.rows)
    return Plan(tuple(made), tuple(_training(key, recipes) for key in keys))


def without_pretraining(plan: Plan) -> Plan:
    """The same tables by networks whose encoders start from random weights."""
    none = {"weights": "none", "weights_sha256": None}

    def changed(training: Training) -> Training:
        recipe = training.recipe
        network = recipe.network.model_copy(update=none)
        return Training(training.key, training.network, recipe.model_copy(update={"network": network}))

    return Plan(plan.tables, tuple(changed(training) for training in plan.trainings))


def _network(key: str) -> str:
    return key.partition("-on-")[0]


def _training(key: str, recipes: Path) -> Training:
    network, _, only = key.partition("-on-")
    recipe = read_recipe(recipes / f"{network}.toml")
    if only in SETS:
        recipe = _on_dataset(recipe, only)
    elif only:
        recipe = _on_sensor(recipe, only)
    return Training(key, network, recipe)


def _on_sensor(recipe: Recipe, key: str) -> Recipe:
    sensor = next(sensor for sensor in published.SOURCES_VALIDATION if _word(sensor) == key)
    (source,) = recipe.source
    changes: dict = {"source": (source.model_copy(update={"sensors": (sensor,)}),)}
    if recipe.validation:
        changes["validation"] = recipe.validation.model_copy(update={"sensors": (sensor,)})
    return recipe.model_copy(update=changes)


def _on_dataset(recipe: Recipe, dataset: str) -> Recipe:
    """The recipe on another dataset, whose tiles are brought to the crop's side."""
    (crop,) = recipe.crop
    changes: dict = {"source": (Source(name=dataset),)}
    if recipe.validation:
        changes["validation"] = recipe.validation.model_copy(update={"source": dataset})
    if dataset == "cas":  # 512 x 512
        changes["crop"] = (crop.model_copy(update={"min_scale": 2.0, "max_scale": 2.0}),)
    if dataset == "gvlm" and recipe.epochs:
        changes |= {"epochs": None, "steps": recipe.epochs * GVLM_TILES // crop.batch}
    return recipe.model_copy(update=changes)


def _word(sensor: str) -> str:
    return sensor.lower().replace(" ", "-")


def _table_4() -> Table:
    rows = [
        Row(published.NETWORKS[network], network, Scoring("gdcld", "val"), row)
        for network, row in published.VALIDATION.items()
    ]
    return Table("4", "GDCLD, validation set", tuple(rows))


def _table_5() -> Table:
    rows = [
        Row(published.NETWORKS[network], network, Scoring("gdcld", "test"), row) for network, row in published.TEST.items()
    ]
    return Table("5", "GDCLD, test set (Lushan, Mesetas, Sumatra, Palu)", tuple(rows))


def _table_6() -> Table:
    rows = [
        Row(f"{event}, {sensor}", "segformer", Scoring("gdcld", "test"), row, event, sensor)
        for (event, sensor), row in published.EVENTS.items()
    ]
    return Table("6", "SegFormer on GDCLD's test set, by event and sensor", tuple(rows))


def _by_source(rows: dict[str, tuple[Published, Published]], part: str, event: str | None) -> tuple[Row, ...]:
    made = []
    for sensor, (alone, everything) in rows.items():
        scoring = Scoring("gdcld", part)
        made.append(Row(f"{sensor}, trained on {sensor}", f"segformer-on-{_word(sensor)}", scoring, alone, event, sensor))
        made.append(Row(f"{sensor}, trained on all", "segformer", scoring, everything, event, sensor))
    return tuple(made)


def _table_7() -> Table:
    rows = _by_source(published.SOURCES_VALIDATION, "val", None)
    return Table("7", "SegFormer by training source, GDCLD's validation set", rows)


def _table_8() -> Table:
    rows = _by_source(published.SOURCES_LUSHAN, "test", "Lushan")
    return Table("8", "SegFormer by training source, Lushan", rows)


def _table_9() -> Table:
    rows = [Row(SETS[dataset], "segformer", Scoring(dataset, "all"), row) for dataset, row in published.OTHER_SETS.items()]
    rain = published.GVLM_RAINFALL
    scale = (
        "The images of all parts, enlarged to the network's side where they are smaller; HR-GLDD's first three bands as red,"
        " green and blue"
    )
    note = (
        f"GVLM-rainfall as published: {rain.precision} / {rain.recall} / {rain.f1} / {rain.miou}; which sites of GVLM these"
        " are is not known here, so there is no row of ours"
    )
    return Table("9", "SegFormer trained on GDCLD, on other datasets", tuple(rows), (scale, note))


def _table_10() -> Table:
    made = []
    for (network, dataset), rows in published.LUSHAN_BY_TRAINING.items():
        key = network if dataset == "gdcld" else f"{network}-on-{dataset}"
        name = published.NETWORKS[network].partition(",")[0]
        for sensor, row in rows.items():
            label = f"{name} trained on {SETS[dataset]}, {sensor}"
            made.append(Row(label, key, Scoring("gdcld", "test"), row, "Lushan", sensor))
    return Table("10", "Lushan by training set", tuple(made))


def _hr_gldd() -> Table:
    rows = [
        Row(published.HR_GLDD_NETWORKS[network], network, Scoring("hr-gldd", "test"), row)
        for network, row in published.HR_GLDD_TEST.items()
    ]
    return Table("hr-gldd", "HR-GLDD, test set, four bands", tuple(rows))


TABLES: dict[str, Callable[[], Table]] = {
    "4": _table_4,
    "5": _table_5,
    "6": _table_6,
    "7": _table_7,
    "8": _table_8,
    "9": _table_9,
    "10": _table_10,
    "hr-gldd": _hr_gldd,
}
