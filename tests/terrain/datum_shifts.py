"""Tells how good the shifts of older datums to WGS84 are, from EPSG's register as PROJ's database has it.

Usage: /usr/bin/python3 datum_shifts.py < SHIFTS    (Debian's Python)

SHIFTS has on each line the parameters of a shift as PROJ writes them (`+towgs84=`), after a name and `=` where PROJ has one
for them (`+datum=`). On each line of the output stands the name or else the parameters, with the register's accuracy in
metres and the name of the operation: where several operations have them, the worst of those whose accuracy is known. So was
`src/geo/datum_shifts.txt` made.
"""

import sqlite3
import sys

UNKNOWN = 999.0  # The register's own number for it.
QUERY = """
    select tx, ty, tz, coalesce(rx, 0), coalesce(ry, 0), coalesce(rz, 0), coalesce(accuracy, 999), name
    from helmert_transformation_table where auth_name = 'EPSG' order by code
"""


def alike(shift, operation):
    """Whether the parameters are an operation's. The signs of its turns depend on its method; some are in other units."""
    turns = any(shift[3:6])
    return all(abs(a - b) < 0.06 for a, b in zip(shift[:3], operation[:3])) and turns == any(operation[3:6])


def main():
    operations = list(sqlite3.connect("file:/usr/share/proj/proj.db?mode=ro", uri=True).execute(QUERY))
    for line in sys.stdin.read().split():
        key, _, parameters = line.rpartition("=")
        shift = [float(number) for number in parameters.split(",")]
        found = [(accuracy, name) for *operation, accuracy, name in operations if alike(shift, operation)]
        known = [one for one in found if one[0] != UNKNOWN]
        accuracy, name = max(known or found, default=(UNKNOWN, "no operation of the register"), key=lambda one: one[0])
        print(f"{key or parameters} {accuracy:g} {name}")


main()
