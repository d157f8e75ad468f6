"""The networks that can be compared, by the name they have on the command line: SegFormers on MiT and PVTv2.

Needs nothing but Python.
"""

SIZES = ("b0", "b1", "b2", "b3", "b4", "b5")
PVT_V2 = "pvt_v2_"
# The encoder's name in tools/train; a size alone is a MiT, SegFormer's own.
ENCODERS = {size: f"mit_{size}" for size in SIZES} | {f"{PVT_V2}{size}": f"{PVT_V2}{size}" for size in SIZES}


def title(model: str) -> str:
    """The encoder's name for people."""
    family = "PVTv2" if model.startswith(PVT_V2) else "MiT"
    return f"{family}-{model.removeprefix(PVT_V2).upper()}"
