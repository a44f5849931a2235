"""Paths in an output: names as segments, whatever is in them, and what a folder sees of the files around it."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MANIFEST = "manifest.json"
LONGEST = 180  # bytes of a path segment before an ending is added; file systems take 255
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.@+,")
_SMALL = frozenset(c for c in _PLAIN if not c.isupper())
# Microsoft, "Naming files, paths and namespaces": no file can be called so, whatever follows the first dot
_DEVICES = frozenset(("con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))))


def segment(name: str, plain: frozenset[str] = _PLAIN) -> str:
    """`name` as one path segment on any file system: what is not `plain` percent-encoded, and cut where it is long."""
    found = "".join(c if c in plain else _encoded(c) for c in name)
    if found.split(".")[0].lower() in _DEVICES or found.lower() == MANIFEST:
        found = _encoded(found[0]) + found[1:]
    if found.endswith(".") or found.startswith("."):
        found = found.replace(".", "%2E")
    if len(found) > LONGEST:
        from hashlib import sha256  # local: only for a long name

        found = found[:LONGEST] + "~" + sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return found


def segments(names: Iterable[str]) -> dict[str, str]:
    """Each name → its segment; those that differ only in case stay apart on file systems that ignore it."""
    found = {name: segment(name) for name in names}
    folded: dict[str, list[str]] = {}
    for name, made in found.items():
        folded.setdefault(made.lower(), []).append(name)
    for alike in folded.values():
        if len(alike) > 1:
            found.update({name: segment(name, _SMALL) for name in alike})
    return found


def _encoded(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogateescape"))


def seen_from(folder: str, path: str) -> str:
    """`path` relative to `folder`, wherever the compiler runs; `-` stays."""
    if path == "-":
        return path
    try:
        found = os.path.relpath(path, folder)
    except ValueError:  # another drive
        found = os.path.abspath(path)
    return found.replace(os.sep, "/")


def place_of(folder: str, place: str) -> str:
    """The folder of the program at `place`, "" for the only one."""
    return os.path.join(folder, place) if place else folder


def program(names: Iterable[str], folder: str, stdin_name: str) -> list[str]:
    """What tells the program from others that might be compiled to `folder`: the files and folders that it was given as."""
    return sorted({seen_from(folder, stdin_name if name == "-" else name) for name in names})
