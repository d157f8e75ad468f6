"""The curves of a cross-validation as pictures: reliability of probabilities, and cost over the threshold."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ..files import replacing

SIDE, MARGIN = 480, 64  # of the plot's square, in pixels
BEFORE, AFTER, INK, RULE = (200, 90, 0), (0, 100, 200), (40, 40, 40), (200, 200, 200)


class Chart:
    """A square plot; x runs over 0..1, y over 0..`top`."""

    def __init__(self, x: str, y: str, top: float = 1.0):
        side = SIDE + 2 * MARGIN
        self.top, self.texts = top, 0
        self.picture = Image.new("RGB", (side, side), (255, 255, 255))
        self.draw, self.font = ImageDraw.Draw(self.picture), ImageFont.load_default(15)
        for tick in np.linspace(0, 1, 6):
            self.draw.line([self._at(tick, 0), self._at(tick, top)], RULE)
            self.draw.line([self._at(0, tick * top), self._at(1, tick * top)], RULE)
            self.draw.text((self._at(tick, 0)[0], side - MARGIN + 6), f"{tick:.1f}", INK, self.font, anchor="mt")
            self.draw.text((MARGIN - 8, self._at(0, tick * top)[1]), f"{tick * top:.3g}", INK, self.font, anchor="rm")
        self.draw.text((side / 2, side - 12), x, INK, self.font, anchor="mb")
        self.draw.text((MARGIN, MARGIN - 12), y, INK, self.font, anchor="lb")

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return MARGIN + x * SIDE, MARGIN + (1 - y / self.top) * SIDE

    def line(
        self, points: list[tuple[float, float]], colour: tuple[int, int, int], text: str = "", dots: bool = True
    ) -> None:
        """A line with a dot at each point, and its text in the corner."""
        at = [self._at(*point) for point in points]
        self.draw.line(at, colour, 3 if dots else 1)
        for x, y in at if dots else ():
            self.draw.ellipse([x - 4, y - 4, x + 4, y + 4], colour)
        if text:
            self.draw.text((MARGIN + 10, MARGIN + 10 + 22 * self.texts), text, colour, self.font)
            self.texts += 1

    def save(self, path: Path) -> None:
        """Writes a PNG."""
        with replacing(path) as file:
            self.picture.save(file, "PNG")


def draw_reliability(summary: dict, path: Path) -> None:
    """Share of landslide over probability, before and after calibration, and the diagonal that both should follow."""
    chart = Chart("probability that the network gives", "share of landslide")
    chart.line([(0, 0), (1, 1)], INK, dots=False)
    for name, colour in (("before", BEFORE), ("after", AFTER)):
        curve = summary["reliability"][name]
        if curve["bins"]:
            points = [(row["mean_probability"], row["landslide_share"]) for row in curve["bins"]]
            chart.line(points, colour, f"{name} calibration: mean gap {curve['mean_gap']:.3f}")
    chart.save(path)


def draw_cost(summary: dict, path: Path) -> None:
    """Cost over the threshold of a calibrated probability, and the threshold of least cost."""
    rows = summary["thresholds"]
    top = 1.05 * max(max(row["cost"] for row in rows), 1e-6)
    chart = Chart("threshold of the calibrated probability", "cost, as a share of all pixels", top)
    text = f"falsely found + {summary['miss_cost']:g} x missed pixels; least at {summary['threshold']:.2f}"
    chart.line([(summary["threshold"], 0), (summary["threshold"], top)], INK, dots=False)
    chart.line([(row["calibrated"], row["cost"]) for row in rows], AFTER, text)
    chart.save(path)
