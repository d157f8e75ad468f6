"""`scarp-train networks`: the networks that a recipe can name, and the pretrained weights with their licences."""

import argparse
import json


def add_arguments(commands: argparse._SubParsersAction) -> None:
    """Adds the command."""
    command = commands.add_parser(
        "networks",
        help="list architectures, encoders and pretrained weights with their licences",
        description="What `architecture`, `encoder` and `weights` in a recipe's [network] may be. A model that started from"
        " weights whose licence is marked with * is for research: `release` refuses it without an explicit word.",
    )
    command.add_argument("--encoder", help="only this one; any other model of timm may be asked for too")
    command.add_argument("--json", action="store_true", help="print one JSON object")
    command.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Prints the table."""
    from ..networks.table import architecture_rows, encoder_row, encoder_rows

    encoders = [encoder_row(options.encoder)] if options.encoder else encoder_rows()
    families = {row["family"] for row in encoders}
    architectures = [row for row in architecture_rows() if not options.encoder or families & set(row["families"])]
    if options.json:
        print(json.dumps({"architectures": architectures, "encoders": encoders}))
        return
    print("architecture      encoder as published            small encoder          takes the families; source")
    for row in architectures:
        print(f"{row['name']:17} {row['encoder']:31} {row['small']:22} {', '.join(row['families'])}; {row['source']}")
    print('\nencoder                        family             weights = "none", or (licence; * not for release)')
    for row in encoders:
        weights = [f"{w['name']} ({w['licence']}{'' if w['free'] else ' *'})" for w in row["weights"]]
        print(f"{row['name']:30} {row['family']:18} {', '.join(weights) or '-'}")
