"""Wildcards as the Rust crate `glob` reads them, because `dataset.toml` is read by both programs.

`?` is any character, `*` any number of them (`/` included), `[a-z]` and `[!a-z]` one of a set, `**` any number of folders.
Python's `fnmatch` differs where it matters: it takes `a[` for a name and `**` for `*`.
"""

import re


class WildcardError(ValueError):
    """A text that is no wildcard; says why."""


class Wildcard:
    """A compiled wildcard. Raises `WildcardError` where `glob::Pattern::new` returns an error."""

    def __init__(self, text: str):
        self.text = text
        self._expression = re.compile(_expression(text), re.DOTALL)

    def matches(self, name: str) -> bool:
        """Whether the whole of `name` matches, case by case."""
        return self._expression.fullmatch(name) is not None


def _expression(text: str) -> str:
    parts = []
    at = 0
    while at < len(text):
        if text[at] == "*":
            end = at + len(text[at:]) - len(text[at:].lstrip("*"))
            part, at = _stars(text, at, end)
        elif text[at] == "[":
            part, at = _set(text, at)
        else:
            part, at = "." if text[at] == "?" else re.escape(text[at]), at + 1
        parts.append(part)
    return "".join(parts)


def _stars(text: str, start: int, end: int) -> tuple[str, int]:
    if end - start == 1:
        return ".*", end
    if end - start > 2:
        raise WildcardError("wildcards are either regular `*` or recursive `**`")
    if (start > 0 and text[start - 1] != "/") or (end < len(text) and text[end] != "/"):
        raise WildcardError("recursive wildcards must form a single path component")
    return ("(?:.*/)?", end + 1) if end < len(text) else (".*", end)


def _set(text: str, start: int) -> tuple[str, int]:
    """One character of a set; a `]` that comes first belongs to the set."""
    inverted = text[start + 1 : start + 2] == "!"
    first = start + (2 if inverted else 1)
    end = text.find("]", first + 1)
    if end < 0:
        raise WildcardError("invalid range pattern")
    members = _members(text[first:end])
    if not members:  # only empty ranges such as `z-a`, which are no error in the crate
        return ("." if inverted else r"[^\s\S]"), end + 1
    return f"[{'^' if inverted else ''}{members}]", end + 1


def _members(text: str) -> str:
    members = []
    at = 0
    while at < len(text):
        if text[at + 1 : at + 2] == "-" and at + 2 < len(text):
            low, high = text[at], text[at + 2]
            if low <= high:
                members.append(f"{re.escape(low)}-{re.escape(high)}")
            at += 3
        else:
            members.append(re.escape(text[at]))
            at += 1
    return "".join(members)
