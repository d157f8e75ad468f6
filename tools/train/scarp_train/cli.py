"""The commands of `python -m scarp_train`."""

import argparse
import json
import sys
from pathlib import Path

import torch

from .dataset import DatasetError, find_pairs, load_scenes
from .recipe import RecipeError, read_recipe

EPILOG = """\
the usual way, from the root of the repository:
  scarp-sim tiles --seed 1 --count 700 --out data/sim
  python -m scarp_train train --recipe tools/train/recipes/pretrain.toml --source sim=data/sim --out runs/pretrain
  python -m scarp_train crossval --recipe tools/train/recipes/finetune.toml --data data/sichuan \\
      --groups tools/train/recipes/sichuan-groups.txt --source sim=data/sim --init runs/pretrain/weights.pt --out runs/cv
  python -m scarp_train train --recipe tools/train/recipes/finetune.toml --source real=data/sichuan \\
      --source sim=data/sim --init runs/pretrain/weights.pt --out runs/final
  python -m scarp_train release --weights runs/final/weights.pt --name segformer-b0 --training data/training.toml \\
      --golden data/sim/train_dataset/images/NAME.tif --out models
  scarp-forge quantize models/segformer-b0 int8.onnx --calibrate data/sichuan --calibrate data/sim
  python -m scarp_train score --model models/segformer-b0 --data data/held-out
"""


def main(argv: list[str] | None = None) -> int:
    """Runs one command; 0 when it worked, 1 with one line on standard error when it could not."""
    options = _parser().parse_args(argv)
    torch.set_num_threads(options.threads)
    try:
        return options.run(options) or 0
    except (DatasetError, RecipeError, ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "scarp_train", description=__doc__, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads for PyTorch")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands)
    _add_crossval(commands)
    _add_release(commands)
    _add_score(commands)
    return parser


def _add_recipe(command: argparse.ArgumentParser) -> None:
    command.add_argument("--recipe", type=Path, required=True, help="TOML file; see tools/train/recipes")
    command.add_argument(
        "--source",
        action="append",
        default=[],
        metavar="NAME=DIR",
        help="folder for a source the recipe names; GDCLD layout, or images/ and labels/. Repeat for each source",
    )
    command.add_argument("--init", type=Path, help="weights.pt of an earlier run to start from")
    command.add_argument("--out", type=Path, required=True, help="folder for checkpoints and log.csv; run again to resume")


def _add_train(commands) -> None:
    command = commands.add_parser("train", help="train, or go on where an interrupted run stopped")
    _add_recipe(command)
    command.set_defaults(run=_train)


def _train(options: argparse.Namespace) -> None:
    from .batches import Batches
    from .training import Trainer

    recipe = read_recipe(options.recipe)
    folders = _folders(options.source)
    scenes = [(s, load_scenes(_folder(s.name, folders), limit=s.limit)) for s in recipe.sources]
    trainer = Trainer(recipe, options.out, options.init)
    if trainer.resume():
        print(f"resuming at step {trainer.step} of {recipe.steps}", file=sys.stderr)
    trainer.run(Batches(recipe, scenes))


def _add_crossval(commands) -> None:
    command = commands.add_parser("crossval", help="score a recipe on images held out by group")
    _add_recipe(command)
    command.add_argument("--data", type=Path, required=True, help="labelled images; the recipe's source 'real'")
    command.add_argument("--groups", type=Path, help="text file: one line of image names that must stay together")
    command.add_argument("--folds", type=int, default=4)
    command.add_argument("--only", type=int, action="append", help="run this fold only (repeatable); pools what is there")
    command.set_defaults(run=_crossval)


def _crossval(options: argparse.Namespace) -> None:
    from . import crossval

    recipe = read_recipe(options.recipe)
    scenes = load_scenes(options.data)
    names = [scene.name for scene in scenes]
    groups = crossval.read_groups(options.groups, names) if options.groups else [[name] for name in names]
    folds = crossval.make_folds(groups, options.folds)
    options.out.mkdir(parents=True, exist_ok=True)
    folders = _folders(options.source)
    others = {
        s.name: load_scenes(_folder(s.name, folders), limit=s.limit) for s in recipe.sources if s.name != crossval.REAL
    }
    for fold in options.only or range(options.folds):
        for side, held in (("held-out", True), ("inside", False)):
            pairs = [pair for pair in find_pairs(options.data) if (pair.name in folds[fold]) == held]
            crossval.link_images(pairs, options.out / f"fold-{fold}" / side)
        crossval.run_fold(fold, folds[fold], scenes, others, recipe, options.out, options.init)
        print(f"fold {fold}: done, held out {' '.join(folds[fold])}", file=sys.stderr)
    report = crossval.summarise(options.out)
    (options.out / "crossval.json").write_text(json.dumps(report, indent=1))
    print(json.dumps(report, indent=1))


def _add_release(commands) -> None:
    command = commands.add_parser("release", help="export to ONNX, with manifest and golden output")
    command.add_argument("--weights", type=Path, required=True, help="weights.pt of a training run")
    command.add_argument("--name", required=True, help="model name")
    command.add_argument("--version", default="0.1.0")
    command.add_argument("--threshold", type=float, default=0.5, help="best_threshold of crossval, or another")
    command.add_argument("--standard", action="store_true", help="keep the decoder's textbook order (slower, same output)")
    command.add_argument("--golden", type=Path, required=True, help="image whose middle is the golden input")
    command.add_argument("--training", type=Path, required=True, help="TOML with [[training]] data, licence, attribution")
    command.add_argument("--out", type=Path, required=True, help="folder that gets NAME/")
    command.set_defaults(run=_release)


def _release(options: argparse.Namespace) -> None:
    from .release import Plan, release

    release(
        Plan(
            weights=options.weights,
            name=options.name,
            version=options.version,
            training=options.training,
            golden=options.golden,
            out=options.out,
            threshold=options.threshold,
            folded=not options.standard,
        )
    )


def _add_score(commands) -> None:
    command = commands.add_parser("score", help="precision, recall, F1 and landslide IoU of a model on labelled images")
    command.add_argument("--model", type=Path, required=True, help="model folder, .onnx file or weights.pt")
    command.add_argument("--data", type=Path, required=True)
    command.add_argument("--part", default="train", help="train, val or test of a GDCLD folder")
    command.add_argument("--threshold", type=float, default=0.5)
    command.add_argument("--zoom", type=float, default=1.0, help="enlarge images first, e.g. 2 for a coarser GSD")
    command.add_argument("--limit", type=int, help="the first N images only")
    command.set_defaults(run=_score)


def _score(options: argparse.Namespace) -> None:
    from .score import open_predictor, score_folder

    predict = open_predictor(options.model, options.threads)
    report = score_folder(predict, options.data, options.part, options.threshold, options.zoom, options.limit)
    print(json.dumps(report, indent=1))


def _folders(values: list[str]) -> dict[str, Path]:
    pairs = [value.partition("=") for value in values]
    if any(not folder for _, _, folder in pairs):
        raise RecipeError("--source wants NAME=DIR")
    return {name: Path(folder) for name, _, folder in pairs}


def _folder(name: str, folders: dict[str, Path]) -> Path:
    if name not in folders:
        raise RecipeError(f"the recipe uses source '{name}'; add --source {name}=DIR")
    return folders[name]
