"""`scarp-train release`: from a run's weights to a model folder."""

import argparse
from pathlib import Path

from ..errors import RecipeError
from .common import named_folders


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "release",
        help="export to ONNX, with manifest, golden output, weights for fine-tuning and model card",
        description="Writes OUT/NAME: GSD and side come from the recipe's [release], data and licences from what was "
        "trained on.",
    )
    command.add_argument("--weights", type=Path, required=True, help="weights.safetensors or best.safetensors of a run")
    command.add_argument("--name", required=True, help="model name")
    command.add_argument(
        "--version",
        help="of this model; 0.1.0 for a new name, else that of the model there, which must then be the same",
    )
    command.add_argument(
        "--calibration",
        type=Path,
        metavar="FILE",
        help="calibration.json of crossval: its scale and bias go into the last layer, and its threshold is taken",
    )
    command.add_argument("--threshold", type=float, help="another threshold (default: the calibration's, or 0.5)")
    command.add_argument(
        "--golden",
        type=Path,
        required=True,
        metavar="PICTURE",
        help="picture whose middle is the golden input and shows both classes: a file, ARCHIVE.zip/path/in/it.tif, or a "
        "dataset, of which one is chosen",
    )
    command.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="figures for the card: what 'scarp-train score' printed on these weights, or 'scarp-forge validate --json' "
        "wrote on this model",
    )
    command.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="folder whose dataset.toml states the licence of a source that had none when it was trained on",
    )
    command.add_argument(
        "--non-commercial",
        action="store_true",
        help="release a model that its training data keep from commercial use, so marked",
    )
    command.add_argument(
        "--despite-scores", action="store_true", help="release a model that found no landslide where it was measured"
    )
    command.add_argument(
        "--standard", action="store_true", help="keep SegFormer's decoder in its textbook order (slower, same output)"
    )
    command.add_argument("--out", type=Path, required=True, help="folder that gets NAME/")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Releases, and says where to."""
    from ..release.release import Plan, release

    if options.threshold is not None and not 0.0 < options.threshold < 1.0:
        raise RecipeError(f"--threshold is {options.threshold:g}; it must lie between 0 and 1")
    folder = release(
        Plan(
            weights=options.weights,
            name=options.name,
            golden=options.golden,
            out=options.out,
            version=options.version,
            threshold=options.threshold,
            calibration=options.calibration,
            folded=not options.standard,
            non_commercial=options.non_commercial,
            despite_scores=options.despite_scores,
            sources=named_folders(options.source),
            reports=tuple(options.report),
        )
    )
    print(f"{folder}: released; what was measured is in MODEL_CARD.md")
