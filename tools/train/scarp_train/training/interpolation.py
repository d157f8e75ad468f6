"""Networks between two of one architecture, and which of them to take at which threshold.

Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022: weights between those before and after fine-tuning keep
more of what the model knew. They are less sure of what they see than either end, so the threshold is chosen with the share.
"""

from typing import NamedTuple

import torch

from ..networks import Network, build

SHARES = (
    0.0,
    0.125,
    0.25,
    0.375,
    0.5,
)  # of the fine-tuned weights; half is what the paper advises where nothing else is known
# Without old pictures nothing shows what is lost elsewhere. Measured by bench/fit.py on 20 red pictures alone: a quarter of
# the change gained 7 points there and lost 1 elsewhere, all of it gained 23 and lost 7. With old pictures half of it gained
# 14 and lost 1, all of it gained 30 and lost 6, which 30 old pictures held out did not show.
MOST_ALONE = 0.25
NEAR_BEST = 0.005  # landslide IoU by which a smaller share may be worse than the best
MOST_LOSS = 0.01  # landslide IoU that may be lost on the old pictures
THRESHOLDS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7)  # tried beside the model's own


class Choice(NamedTuple):
    """The share of the fine-tuned weights, and the probability from which a pixel counts as landslide."""

    share: float
    threshold: float


def interpolate(first: Network, last: Network, share: float) -> Network:
    """A network between two of one architecture; `share` 0 is the first, 1 the last."""
    network = build(first.spec)
    ends = zip(first.state_dict().items(), last.state_dict().values())
    network.load_state_dict({name: torch.lerp(a, b, share) if a.is_floating_point() else b for (name, a), b in ends})
    return network.eval()


def shares(old: bool) -> tuple[float, ...]:
    """The shares of the fine-tuned weights that are tried, with old pictures to judge by or without."""
    return tuple(share for share in SHARES if old or share <= MOST_ALONE)


def thresholds(share: float, own: float) -> tuple[float, ...]:
    """The thresholds that are tried for a share: the model's own, and for changed weights others."""
    return (own,) if share == 0.0 else tuple(sorted({own, *THRESHOLDS}))


def choose(found: dict[Choice, tuple[float, float | None]], before: Choice) -> Choice:
    """What to take, from the landslide IoU on own and old pictures held out; `before` is the model as it was.

    Only what loses a point at most on old pictures is considered. Then the least share whose best threshold is within half a
    point of the best on own pictures; of its thresholds the best, and of equal ones the nearest to the model's own. Old
    pictures have no say in the threshold beyond that: the model has learned them by heart and is sure of them.
    """
    old_before = found[before][1]
    allowed = {tried: own for tried, (own, old) in found.items() if old_before is None or old_before - old <= MOST_LOSS}
    most = max(allowed.values())
    share = min(tried.share for tried, own in allowed.items() if own >= most - NEAR_BEST)
    of_share = (tried for tried in allowed if tried.share == share)
    return max(of_share, key=lambda tried: (allowed[tried], -abs(tried.threshold - before.threshold)))
