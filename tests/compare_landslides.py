"""Compares the landslides that two runs over one survey found: `landslides.geojson` of each.

    python3 tests/compare_landslides.py ONE.geojson OTHER.geojson [--within METRES]

They agree when the same landslides are in both and each vertex of either has one of the other's within the distance.
Prints one line; exit status 1 where they differ. Needs nothing but Python.
"""

import argparse
import json
import math
import sys
from pathlib import Path

# WGS 84: equatorial radius in metres, square of the eccentricity.
RADIUS, ECCENTRICITY = 6378137.0, 0.00669437999014


def landslides(path):
    features = json.loads(Path(path).read_text())["features"]
    return {feature["id"]: feature for feature in features}


def rings(feature):
    geometry = feature["geometry"]
    polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return [ring[:-1] for polygon in polygons for ring in polygon]


def metres(ring):
    """East and north of longitude 0 and the equator, true to scale near the ring's first vertex."""
    latitude = math.radians(ring[0][1])
    flattening = 1 - ECCENTRICITY * math.sin(latitude) ** 2
    east = math.radians(RADIUS / math.sqrt(flattening) * math.cos(latitude))
    north = math.radians(RADIUS * (1 - ECCENTRICITY) / flattening**1.5)
    return [(x * east, y * north) for x, y, *_ in ring]


def farthest(ring, other):
    """The greatest distance from a vertex of either ring to the nearest of the other."""
    ring, other = metres(ring), metres(other)
    pairs = [(ring, other), (other, ring)]
    return max(min(math.dist(a, b) for b in there) for here, there in pairs for a in here)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one")
    parser.add_argument("other")
    parser.add_argument("--within", type=float, default=0.05, help="distance in metres [default: 0.05]")
    args = parser.parse_args()
    one, other = landslides(args.one), landslides(args.other)
    if not one:
        sys.exit(f"{args.one} has no landslides, so there is nothing to compare")
    if one.keys() != other.keys():
        alone = sorted(one.keys() ^ other.keys())
        sys.exit(f"{len(one)} and {len(other)} landslides; in one of them only: {', '.join(alone)}")
    distance = area = 0.0
    vertices = 0
    for name, left in one.items():
        right = other[name]
        if len(rings(left)) != len(rings(right)):
            sys.exit(f"landslide {name} has {len(rings(left))} and {len(rings(right))} rings")
        for a, b in zip(rings(left), rings(right)):
            distance = max(distance, farthest(a, b))
            vertices += len(a)
        area = max(area, abs(left["properties"]["area_m2"] - right["properties"]["area_m2"]))
    same = sum(one[name] == other[name] for name in one)
    print(
        f"{len(one)} landslides of {vertices} vertices, {same} of them equal in every digit; "
        f"greatest distance of a vertex {distance:.1e} m, greatest difference of an area {area:.1e} m²"
    )
    if distance > args.within:
        sys.exit(f"a vertex lies {distance:.3f} m from the other's nearest, more than {args.within} m")


main()
