"""A tree of documents to a folder: all of it or nothing, and only what changed."""

from __future__ import annotations

import json
import os

from iamdsl.emit.tree import MANIFEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


class ForeignOutput(Exception):
    """The folder holds the output of another program."""

    def __init__(self, path: str, program: list[str]) -> None:
        super().__init__(path)
        self.path = path
        self.program = program


def previous(folder: str) -> tuple[list[str], list[str]]:
    """The program and the documents that the manifest in `folder` names; two empty lists without a manifest.

    Raises ForeignOutput if there is a manifest that this compiler did not write, OSError if it cannot be read.
    """
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        return list(found["program"]), list(found["documents"])
    except FileNotFoundError:
        return [], []
    except (ValueError, KeyError, TypeError):
        raise ForeignOutput(path, []) from None


def changes(folder: str, files: Mapping[str, str], program: list[str]) -> dict[str, tuple[str | None, str | None]]:
    """Path → (text there now, text to be), None for no file; only the paths where they differ, A to Z.

    Documents that an earlier compile of the same program wrote and this one does not are to go.
    Raises ForeignOutput and OSError as `previous`.
    """
    before, documents = previous(folder)
    if before and before != program:
        raise ForeignOutput(os.path.join(folder, MANIFEST), before)
    wanted: dict[str, str | None] = {path: None for path in documents if _inside(path)}
    wanted.update(files)
    found: dict[str, tuple[str | None, str | None]] = {}
    for path in sorted(wanted):
        now = _read(os.path.join(folder, path))
        if now != wanted[path]:
            found[path] = (now, wanted[path])
    return found


def write(folder: str, changed: Mapping[str, tuple[str | None, str | None]]) -> None:
    """Carry out `changed`: every new text is on disk beside its place before the first takes it, the manifest last.

    Raises OSError, with nothing changed if it comes before the first file took its place.
    """
    staged: list[tuple[str, str]] = []
    try:
        for path, (_, text) in changed.items():
            if text is not None:
                staged.append(_stage(os.path.join(folder, path), text))
        staged.sort(key=lambda pair: os.path.basename(pair[1]) == MANIFEST)
        while staged:
            part, path = staged[0]
            os.replace(part, path)
            staged.pop(0)
    finally:
        for part, _ in staged:
            os.unlink(part)
    for path, (now, text) in changed.items():
        if text is None and now is not None:
            _remove(folder, path)


def _stage(path: str, text: str) -> tuple[str, str]:
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    part = f"{path}.{os.getpid()}.part"
    try:
        with open(part, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except BaseException:
        if os.path.exists(part):
            os.unlink(part)
        raise
    return part, path


def _remove(folder: str, path: str) -> None:
    """Delete a stale document, and its folders where nothing else is left in them."""
    os.unlink(os.path.join(folder, path))
    while path := os.path.dirname(path):
        try:
            os.rmdir(os.path.join(folder, path))
        except OSError:
            break


def _read(path: str) -> str | None:
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return file.read()
    except FileNotFoundError:
        return None
    except UnicodeDecodeError:
        return ""


def _inside(path: str) -> bool:
    """Whether a path of a manifest stays inside its folder."""
    return not os.path.isabs(path) and ".." not in path.split("/") and path.endswith(".json")
