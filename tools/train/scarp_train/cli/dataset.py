"""`scarp-train dataset`: brings other people's datasets into GDCLD's layout, and looks for labels that cannot be right."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..data.importers.base import LeftOut
    from ..data.importers.run import Imported

SHOWN = 20  # errors of a check


class _Parser(argparse.ArgumentParser):
    """A parser whose epilog is written when help is asked for, so that no other command waits for what it names."""

    write_epilog: Callable[[], str] | None = None

    def format_help(self) -> str:
        self.epilog = self.write_epilog and self.write_epilog()
        return super().format_help()


def _layouts() -> str:
    from ..data.importers import LAYOUTS

    return "layouts:\n" + "\n".join(f"  {kind.name:16}{kind.describe}" for kind in LAYOUTS)


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command with `import` and `check`."""
    dataset = commands.add_parser("dataset", help="import other people's datasets; check labels against their images")
    actions = dataset.add_subparsers(required=True, metavar="ACTION", parser_class=_Parser)
    _add_import(actions)
    check = actions.add_parser("check", help="find pairs that cannot be used, doubtful labels, a missing licence")
    check.add_argument("data", type=Path, metavar="DIR", help="dataset in GDCLD's layout, or a zip archive of it")
    check.add_argument("--part", choices=("train", "val", "test"), help="look at this part only")
    check.add_argument("--json", action="store_true", help="print all that was found as JSON")
    check.set_defaults(run=run_check)


def _add_import(actions: argparse._SubParsersAction) -> None:
    command = actions.add_parser(
        "import",
        help="bring a published dataset into GDCLD's layout",
        description="Writes DIR/train_dataset, val_dataset and test_data with labels 0 and 1 (255: ignored), dataset.toml\n"
        "with event, sensor and GSD, and import.json with what was left out and why. The same command goes on where it\n"
        "stopped.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.write_epilog = _layouts
    command.add_argument("source", type=Path, metavar="SOURCE", help="folder of the unpacked dataset")
    command.add_argument("--layout", type=_layout, default="auto", metavar="LAYOUT", help="one of these; default: auto")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="new folder, or one to go on with")
    command.add_argument("--labels", choices=("mask", "label"), help="cas: the folder that holds the labels")
    command.add_argument("--landslide", type=_value, metavar="VALUE", help="label value of landslides: 1, 255, #ff0000")
    command.add_argument("--event", help="event of all images, such as Luding; default: from names")
    command.add_argument("--sensor", help="sensor of all images, such as UAV; default: from the layout or names")
    command.add_argument("--gsd", type=_metres, metavar="METRES", help="metres per pixel; default: layout, names, files")
    command.add_argument("--split", type=_share, default=0.25, help="for validation where none is published (0.25)")
    command.add_argument("--seed", type=int, default=0, help="of that split")
    command.add_argument("--allow-damaged", type=_count, default=0, metavar="N", help="do without N damaged images (0)")
    command.add_argument("--leave-out", type=Path, metavar="FILE", help="images not to import, one a line: NAME REASON")
    command.add_argument("--json", action="store_true", help="print the result as JSON")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Imports, and says what was left out and why, and whether the licence is still to be stated."""
    from ..data.importers import choose
    from ..data.importers.run import Settings, read_leave_out, run_import
    from ..data.licences import describe_sources
    from ..data.origin import Origin

    importer = choose(options.source, options.layout, options.labels)
    settings = Settings(
        origin=Origin(options.event, options.sensor, options.gsd),
        landslide=options.landslide,
        split=options.split,
        seed=options.seed,
        allow_damaged=options.allow_damaged,
        leave_out=read_leave_out(options.leave_out) if options.leave_out else {},
    )
    done = run_import(options.source, importer, options.out, settings)
    if options.json:
        print(json.dumps({"layout": importer.name, **asdict(done)}, ensure_ascii=False))
    else:
        print(told(done, options.out))
        if not describe_sources({"": options.out})[0].licence:
            print(f"licence: copies vary; write the one of yours as [licence] into {options.out / 'dataset.toml'}")


def told(done: Imported, out: Path) -> str:
    """What an import did, in lines; the last one says what is not in the result."""
    parts = ", ".join(f"{done.images[part]} {part}" for part in ("train", "val", "test") if done.images[part])
    share = 100 * done.landslide_pixels / done.label_pixels if done.label_pixels else 0.0
    lines = [f"{out}: {sum(done.images.values())} images ({parts}); {share:.2g} % of labelled pixels are landslide"]
    if done.kept:
        lines.append(f"{done.kept} of them were there already")
    if done.ignored_images:
        lines.append(f"{done.ignored_images} labels hold 255, pixels that nobody judged")
    lines.append(f"split: {done.split}")
    reasons: dict[str, list[LeftOut]] = {}
    for entry in done.left_out:
        reasons.setdefault(entry.why, []).append(entry)
    left = [f"{_places(entries)}: {why}" for why, entries in reasons.items()]
    left += [f"damaged: {reason}" for reason in done.damaged]
    lines.append(f"left out: {'; '.join(left) or 'nothing'}")
    return "\n".join(lines)


def _places(entries: list[LeftOut]) -> str:
    more = f" and {len(entries) - 1} other places" if len(entries) > 1 else ""
    count = sum(entry.count for entry in entries)
    return f"{count} in {entries[0].what}{more}" if count else f"{entries[0].what}{more}"


def run_check(options: argparse.Namespace) -> int:
    """Looks at up to 64 pairs of each part; status 1 if anything was found."""
    from ..data.dataset_check import check_dataset

    found = check_dataset(options.data, options.part)
    if options.json:
        print(json.dumps(asdict(found), ensure_ascii=False))
    else:
        for text in found.unusable[:SHOWN]:
            print(f"error: {text}")
        if len(found.unusable) > SHOWN:
            print(f"error: {len(found.unusable) - SHOWN} more like these; --json lists all")
        for warning in found.warnings:
            print(f"warning: {warning}")
        parts = ", ".join(f"{count} {part}" for part, count in found.pairs.items()) or "none"
        errors, warnings = _counted(len(found.unusable), "error"), _counted(len(found.warnings), "warning")
        print(f"{options.data}: {_counted(found.looked_at, 'pair')} looked at (of {parts}), {errors}, {warnings}")
    return 1 if found.unusable or found.warnings else 0


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _layout(text: str) -> str:
    from ..data.importers import LAYOUTS

    names = ("auto", *(kind.name for kind in LAYOUTS))
    if text not in names:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(names)}")
    return text


def _value(text: str) -> int:
    from ..data.importers.labels import parse

    try:
        return parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is neither a number nor a colour #rrggbb") from error


def _metres(text: str) -> float:
    value = _number(text)
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"{text} is not a length in metres")
    return value


def _share(text: str) -> float:
    value = _number(text)
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a share from 0 to below 1")
    return value


def _count(text: str) -> int:
    value = _number(text)
    if value != int(value) or value < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a count")
    return int(value)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a number") from error
