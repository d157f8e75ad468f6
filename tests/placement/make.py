"""Writes every case as OUT/NAME/*.jpg, with the files beside them and as options.json the options of `scarp replay` that
name these, and OUT/cases.json with what is to become of each photograph: `outcome` as `scarp replay --json` names it,
for one that is placed the corners and the landslide's centroid on the ground (longitude, latitude), else words of the
reason.

    target/pymavlink/bin/python tests/placement/make.py OUT
"""

import json
import sys
from pathlib import Path

from cases import cases


def main():
    out = Path(sys.argv[1])
    truth = {}
    for name, photographs, *beside in cases():
        folder = out / name
        folder.mkdir(parents=True)
        options = []
        for option in beside:
            options += option.write(folder)
        if options:
            (folder / "options.json").write_text(json.dumps(options))
        for file, bytes_, _ in photographs:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(bytes_)
        assert name not in truth, name
        truth[name] = {file: expected for file, _, expected in photographs}
    (out / "cases.json").write_text(json.dumps(truth, indent=1))


if __name__ == "__main__":
    main()
