#!/usr/bin/env bash
# Peak memory and time of `scarp-forge validate` on one large scene, stored in three ways.
# Usage: tools/forge/bench-memory.sh [side in pixels, 20000] [model folder, models/segformer-lite1-int8]
# The scene is a simulated one, repeated to the size asked for. Needs GDAL; takes about 2 GB below target/ at full size.
# WORKERS sets the tiles searched at a time (default 2): each of them holds one run of the network.
set -euo pipefail
cd "$(dirname "$0")/../.."
side=${1:-20000}
model=${2:-models/segformer-lite1-int8}
work=target/bench-memory
rm -rf "$work" && mkdir -p "$work"

[ -x target/release/scarp-forge ] && [ -x target/release/scarp-sim ] || cargo build --release --workspace --quiet
target/release/scarp-sim tiles --seed 900001 --count 1 --out "$work/sim" >&2

# A virtual mosaic repeats the tile without writing the scene twice.
for part in images labels; do
    tile=$(find "$work/sim/train_dataset/$part" -type f)
    tile_side=$(gdalinfo -json "$tile" | python3 -c 'import json, sys; print(json.load(sys.stdin)["size"][0])')
    python3 - "$tile" "$side" "$tile_side" $([ $part = images ] && echo 3 || echo 1) >"$work/$part.vrt" <<'PYTHON'
import os
import sys

tile, (side, step, bands) = os.path.abspath(sys.argv[1]), map(int, sys.argv[2:])
print(f'<VRTDataset rasterXSize="{side}" rasterYSize="{side}">')
for band in range(1, bands + 1):
    colour = ["Red", "Green", "Blue"][band - 1] if bands == 3 else "Gray"
    print(f'<VRTRasterBand dataType="Byte" band="{band}"><ColorInterp>{colour}</ColorInterp>')
    for y in range(0, side, step):
        for x in range(0, side, step):
            w, h = min(step, side - x), min(step, side - y)
            print(
                f'<SimpleSource><SourceFilename>{tile}</SourceFilename><SourceBand>{band}</SourceBand>'
                f'<SrcRect xOff="0" yOff="0" xSize="{w}" ySize="{h}"/><DstRect xOff="{x}" yOff="{y}" xSize="{w}" ySize="{h}"/></SimpleSource>'
            )
    print("</VRTRasterBand>")
print("</VRTDataset>")
PYTHON
done

printf '%-16s  %8s  %8s  %8s\n' "$side x $side" 'peak MB' seconds 's/tile'
measure() { # name, options of gdal_translate
    local name=$1 data=$work/data
    shift
    rm -rf "$data" && mkdir -p "$data/images" "$data/labels"
    for part in images labels; do
        gdal_translate -q -co INTERLEAVE=PIXEL "$@" "$work/$part.vrt" "$data/$part/scene.tif"
    done
    local start=$SECONDS
    target/release/scarp-forge validate "$model" --data "$data" --out "$work/out-$name" \
        --workers "${WORKERS:-2}" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
    python3 - "$work/out-$name/report.json" "$name" $((SECONDS - start)) <<'PYTHON'
import json
import sys

report = json.load(open(sys.argv[1]))
print(f"{sys.argv[2]:16}  {report['peak_rss_bytes'] / 1e6:8.0f}  {sys.argv[3]:>8}  {report['seconds_per_tile']:8.3f}")
PYTHON
}
measure striped-lzw -co COMPRESS=LZW
measure tiled-deflate -co TILED=YES -co COMPRESS=DEFLATE
measure bigtiff -co TILED=YES -co BIGTIFF=YES -co COMPRESS=DEFLATE
rm -rf "$work/data" "$work/sim"
