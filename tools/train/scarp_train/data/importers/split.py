"""Parts where none were published: whole events, or whole sites, to one side."""

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from .base import Item


def split(items: Sequence[Item], share: float, seed: int) -> tuple[list[Item], str]:
    """Gives a part to each item that has none, and says in one line how.

    Where the published parts lack a validation set, the training images are divided. Groups are events where they are known,
    else sites; whole ones go to validation in an order of the seed, each if it brings validation nearer to `share`. A single
    group is divided by image, which lets neighbours stand on both sides.
    """
    published = {item.part for item in items} - {None}
    if "val" in published:
        without = sum(item.part is None for item in items)
        how = f"as published; {without} images in no part are for training" if without else "as published"
        return [replace(item, part=item.part or "train") for item in items], how
    rest = [item for item in items if item.part in (None, "train")]
    groups: dict[str, list[Item]] = defaultdict(list)
    for item in rest:
        groups[item.origin.event or item.site].append(item)
    order = sorted(groups)
    random.Random(seed).shuffle(order)
    target = share * len(rest)
    if len(order) > 1:
        chosen: list[str] = []
        count = 0
        for group in order:
            after = count + len(groups[group])
            if len(chosen) < len(order) - 1 and abs(after - target) < abs(count - target):
                chosen.append(group)
                count = after
        if not chosen and share > 0:
            chosen = [min(order, key=lambda group: len(groups[group]))]
        val = {id(item) for group in chosen for item in groups[group]}
        how = f"by event or site: {', '.join(group or 'no site' for group in sorted(chosen)) or 'none'} for validation"
    else:
        shuffled = sorted(rest, key=lambda item: item.name)
        random.Random(seed).shuffle(shuffled)
        val = {id(item) for item in shuffled[: round(target)]}
        how = "by image, since there is one event and site: neighbouring images may be on both sides"
    parts = {id(item): "val" if id(item) in val else "train" for item in rest}
    return [replace(item, part=parts.get(id(item), item.part)) for item in items], f"{how} (seed {seed})"
