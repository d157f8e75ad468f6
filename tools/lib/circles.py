"""Finds files of one Rust crate that need each other in a circle, by their `use` lines and paths.

Usage: circles.py [ROOT]. Reads every workspace member below ROOT (.), prints each circle, and exits with 1 if there is one.

A name that a module hands on (`pub use`) counts for the file that has it, and `mod` lines count for nothing, so that a
module may gather its children. Tests are left out: they may look at everything.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

PATH = re.compile(r"\b(?:crate|super|self)(?:::\w+)+")
USE = re.compile(r"(?ms)^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);")
TESTS = re.compile(r"(?m)^#\[cfg\((?:test|all\(test[^\n]*)\)\]\nmod tests? \{")


class Crate:
    """The files of a crate by module path, and what each module hands on from its children."""

    def __init__(self, root: Path):
        self.files: dict[tuple[str, ...], Path] = {}
        self.handed_on: dict[tuple[str, ...], dict[str, list[str]]] = {}
        self._add((), root, root.parent)

    def _add(self, module: tuple[str, ...], file: Path, folder: Path) -> None:
        self.files[module] = file
        text = code(file)
        for name in re.findall(r"(?m)^(?:pub(?:\([^)]*\))? )?mod (\w+);", text):
            for child in (folder / f"{name}.rs", folder / name / "mod.rs"):
                if child.exists() and name != "tests":
                    self._add((*module, name), child, folder / name)
        self.handed_on[module] = {path[-1]: path for public, path in uses(text) if public and path[0] not in ("std", "core")}

    def file_of(self, module: tuple[str, ...], path: list[str], depth: int = 0) -> tuple[str, ...] | None:
        """The module whose file has what `path` names from within `module`; None for other crates."""
        here, rest = module, list(path)
        if rest[0] == "crate":
            here, rest = (), rest[1:]
        elif rest[0] == "self":
            rest = rest[1:]
        elif rest[0] != "super" and (*here, rest[0]) not in self.files:
            return None
        while rest and rest[0] == "super":
            here, rest = here[:-1], rest[1:]
        while rest and (*here, rest[0]) in self.files:
            here, rest = (*here, rest[0]), rest[1:]
        handed = self.handed_on.get(here, {}).get(rest[0]) if rest else None
        if handed and depth < 9:
            return self.file_of(here, handed, depth + 1) or here
        return here

    def arrows(self) -> dict[Path, set[Path]]:
        """Which files each file needs."""
        needs: dict[Path, set[Path]] = {}
        for module, file in self.files.items():
            text = code(file)
            paths = [path for public, path in uses(text) if not public]
            paths += [found.split("::") for found in PATH.findall(USE.sub("", text))]
            found = (self.file_of(module, path) for path in paths)
            needs[file] = {self.files[target] for target in found if target is not None} - {file}
        return needs


def code(file: Path) -> str:
    """A file without its comments and its tests."""
    text = re.sub(r"(?m)^\s*//.*$", "", file.read_text())
    tests = TESTS.search(text)
    return text[: tests.start()] if tests else text


def uses(text: str) -> Iterator[tuple[bool, list[str]]]:
    """Every name that the `use` lines bring in, as its path, and whether it is handed on."""
    for public, tree in USE.findall(text):
        for path in leaves("".join(tree.split("\n"))):
            parts = [part.strip() for part in re.sub(r"\s+as\s+\w+", "", path).split("::")]
            yield bool(public), [part for part in parts if part]


def leaves(tree: str) -> Iterator[str]:
    """The paths of a tree such as `a::{b, c::{d, e}}`."""
    head, brace, rest = tree.strip().partition("{")
    if not brace:
        if tree.strip():
            yield tree.strip().removesuffix("::*")
        return
    depth, start, inner = 0, 0, rest[: rest.rindex("}")] + ","
    for at, letter in enumerate(inner):
        depth += (letter == "{") - (letter == "}")
        if letter == "," and depth == 0:
            for leaf in leaves(inner[start:at]):
                yield head + leaf
            start = at + 1


def circles(needs: dict[Path, set[Path]]) -> list[list[Path]]:
    """The groups of files of which each needs, over others perhaps, every other."""

    def reached(start: Path) -> set[Path]:
        seen, waiting = set(), [start]
        while waiting:
            for file in needs[waiting.pop()] - seen:
                seen.add(file)
                waiting.append(file)
        return seen

    reach = {file: reached(file) for file in needs}
    groups = {frozenset(other for other in reach[file] if file in reach[other]) for file in needs if file in reach[file]}
    return sorted(sorted(group) for group in groups)


def roots(top: Path) -> Iterator[Path]:
    """The library and program files of every workspace member."""
    members = tomllib.loads((top / "Cargo.toml").read_text())["workspace"]["members"]
    for folder in [top, *(top / member for member in members)]:
        manifest = tomllib.loads((folder / "Cargo.toml").read_text())
        library = folder / manifest.get("lib", {}).get("path", "src/lib.rs")
        programs = [folder / program["path"] for program in manifest.get("bin", []) if "path" in program]
        yield from (root for root in {library, folder / "src/main.rs", *programs} if root.exists())


def main() -> int:
    top = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    found, files = 0, 0
    for root in roots(top):
        needs = Crate(root).arrows()
        files += len(needs)
        for group in circles(needs):
            found += 1
            print(f"circle of {len(group)} files:")
            for file in group:
                inside = sorted(str(other.relative_to(top)) for other in needs[file] & set(group))
                print(f"  {file.relative_to(top)} needs {', '.join(inside)}")
    print(f"{files} files, {found} circles")
    if files == 0:
        print("no file was read: is ROOT the workspace?", file=sys.stderr)
    return int(found > 0 or files == 0)


if __name__ == "__main__":
    sys.exit(main())
