"""`scarp-train score`: scores of a run's weights on labelled images, of any number of bands."""

import argparse
import json
from pathlib import Path

from .common import add_hardware, hardware, positive


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "score",
        help="precision, recall, F1 and IoU of a run's weights on labelled images",
        description="Scores in PyTorch, for images of any bands. `scarp-forge validate` scores a released model by the "
        "engine that flies. `release --report` takes what is printed here for the model card.",
    )
    command.add_argument(
        "--weights", type=Path, required=True, help="weights.safetensors of a run or a released float model"
    )
    command.add_argument(
        "--data", type=Path, required=True, help="folder or archives in GDCLD's layout, or images/ and labels/"
    )
    command.add_argument("--part", choices=("train", "val", "test"), default="val")
    command.add_argument("--tile", type=_side, default=1024, help="side of the tiles an image is cut into")
    command.add_argument("--limit", type=positive, help="the first N images only")
    add_hardware(command)
    command.set_defaults(run=run)


def _side(text: str) -> int:
    value = int(text)
    if value < 64 or value % 64:
        raise argparse.ArgumentTypeError("must be a multiple of 64")
    return value


def run(options: argparse.Namespace) -> None:
    """Prints the scores as JSON, with the hash of the weights that they are of."""
    from ..data.pairs import find_pairs
    from ..predict import THRESHOLD
    from ..recipe import Validation
    from ..training.hardware import launch
    from ..training.model import digest, weights_file
    from ..training.validation import validate
    from ..training.weights import load_weights, recipe_of

    network, metadata = load_weights(options.weights)
    recipe = recipe_of(metadata, options.weights)
    pairs = find_pairs(options.data, options.part)[: options.limit]
    recipe = recipe.model_copy(
        update={"validation": Validation(source="data", part=options.part, tile=options.tile, pictures=0)}
    )
    device = launch(hardware(options), recipe).device
    scores = validate(network.to(device), pairs, recipe, device=device, quiet=options.quiet)[THRESHOLD]
    measured = {
        "weights": str(options.weights),
        "weights_sha256": digest(weights_file(options.weights)),
        "data": str(options.data),
        "part": options.part,
        "images": len(pairs),
        "threshold": THRESHOLD,
    }
    print(json.dumps({**measured, **scores.as_dict()}, indent=1))
