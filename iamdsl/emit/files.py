"""Trees of documents to a folder: all of them or nothing, and only what changed.

A run writes what is new into `STAGE`, a folder inside the output, and then a plan beside it; from then on the new tree
is decided, and moving each file to its place is all that is left. A run that was killed before its plan leaves the old
tree, and one killed after it leaves a plan, which the next run carries out first. Runs on one folder take turns.

The folder holds the tree of one program, or those of several programs, each in a folder of its own, its place. A manifest
of the whole folder then names the programs, so that the tree of one that is given up goes.
"""

from __future__ import annotations

import errno
import json
import os

from iamdsl.emit.lock import Lock
from iamdsl.emit.paths import MANIFEST
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeGuard

TARGETS = ("iam.tf.json", "template.json")  # what targets put into the folder itself
STAGE = ".iamdsl-stage"
PLAN = "plan.json"

Changes = dict[str, tuple[str | None, str | None]]


class ForeignOutput(Exception):
    """The folder holds a file that is not of this program. `program`: whose it is, empty if not of this compiler."""

    def __init__(self, path: str, program: list[str]) -> None:
        super().__init__(path)
        self.path = path
        self.program = program


@record
class Output:
    """What a folder is to hold. `trees`: the documents and manifests to write, text by path, by the place of their
    program ("" for the folder itself, when it is of one program). `programs`: all programs of the folder, each with what
    tells it from others, by place. Those that the folder has besides are given up, and their trees go, if they are not in
    `kept`.
    """

    trees: Mapping[str, Mapping[str, str]]
    programs: Mapping[str, list[str]]
    kept: frozenset[str] = frozenset()


def previous(folder: str) -> tuple[list[str], list[str]]:
    """The program and the documents that the manifest in `folder` names; two empty lists without a manifest.

    Raises ForeignOutput if there is a manifest that this compiler did not write, OSError if it cannot be read.
    """
    found = _manifest(folder)
    if found is None:
        return [], []
    path = os.path.join(folder, MANIFEST)
    if "programs" in found:
        raise ForeignOutput(path, sorted({name for names in programs(folder).values() for name in names}))
    program, documents = found.get("program"), found.get("documents")
    if not _texts(program) or not isinstance(documents, dict) or not all(_inside(path) for path in documents):
        raise ForeignOutput(path, [])
    return list(program), list(documents)


def programs(folder: str) -> dict[str, list[str]]:
    """The programs that the manifest of many in `folder` names, by place; none without a manifest.

    Raises ForeignOutput if it is the manifest of one program, or of nobody, and OSError.
    """
    found = _manifest(folder)
    if found is None:
        return {}
    listed = found.get("programs")
    if not isinstance(listed, dict) or not all(_inside(f"{place}/{MANIFEST}") for place in listed):
        raise ForeignOutput(os.path.join(folder, MANIFEST), previous(folder)[0] if "program" in found else [])
    if not all(map(_texts, listed.values())):
        raise ForeignOutput(os.path.join(folder, MANIFEST), [])
    return listed


def _manifest(folder: str) -> dict[str, Any] | None:
    path = os.path.join(folder, MANIFEST)
    try:
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError):
        raise ForeignOutput(path, []) from None
    if not isinstance(found, dict):
        raise ForeignOutput(path, [])
    return found


def changes(folder: str, output: Output) -> Changes:
    """Path → (text there now, text to be), None for no file; only the paths where they differ, A to Z.

    Documents that an earlier compile of the same program wrote and this one does not are to go.
    Raises ForeignOutput and OSError as `previous`, and ForeignOutput for a file in the way that is nobody's document.
    """
    owned: set[str] = set()
    wanted: dict[str, str | None] = {}
    gone: dict[str, list[str]] = {}
    if "" not in output.programs:
        known = programs(folder)
        gone = {place: names for place, names in known.items() if place not in output.programs}
        there = {place: gone.pop(place) for place in output.kept & set(gone)}
        listed = dict(sorted({**there, **output.programs}.items()))
        wanted[MANIFEST] = json.dumps({"programs": listed}, indent=2, ensure_ascii=False) + "\n"
        owned.add(MANIFEST)
    for place in (*output.trees, *gone):
        wanted.update(_tree(folder, place, output, gone, owned))
    found: Changes = {}
    for path in sorted(wanted):
        now = _read(os.path.join(folder, path))
        if now == wanted[path]:
            continue
        if now is not None and path not in owned:
            raise ForeignOutput(os.path.join(folder, path), [])
        found[path] = (now, wanted[path])
    return found


def _tree(
    folder: str, place: str, output: Output, gone: Mapping[str, list[str]], owned: set[str]
) -> dict[str, str | None]:
    """What the files of the program at `place` are to be; the paths that are its own are added to `owned`."""
    inside = os.path.join(folder, place)
    before, documents = previous(inside)
    if before and before != (gone[place] if place in gone else output.programs[place]):
        raise ForeignOutput(os.path.join(inside, MANIFEST), before)
    prefix = f"{place}/" if place else ""
    mine = [prefix + path for path in (*documents, MANIFEST)]
    owned.update(mine)
    wanted: dict[str, str | None] = dict.fromkeys(mine)
    wanted.update({prefix + path: text for path, text in output.trees.get(place, {}).items()})
    return wanted


def unfinished(folder: str) -> bool:
    """Whether a run was killed while it moved files to their places, or one is doing so now."""
    return os.path.exists(os.path.join(folder, STAGE, PLAN))


def settled(folder: str) -> bool:
    """Whether no run has left anything of its own in the folder, or is at work there."""
    return not os.path.lexists(os.path.join(folder, STAGE))


def finish(folder: str) -> None:
    """Carry out what a killed run had decided. Raises OSError."""
    if unfinished(folder):
        with Lock(folder):
            _carry_out(folder)


def update(folder: str, output: Output) -> Changes:
    """Make `folder`, which need not exist, hold `output`; what that changed.

    Raises ForeignOutput and OSError as `changes` does, with nothing changed.
    """
    made = _make(folder)
    try:
        with Lock(folder):
            _carry_out(folder)
            changed = changes(folder, output)
            if changed:
                _write(folder, changed)
            return changed
    except BaseException:
        _unmake(made)
        raise


def replace(path: str, text: str) -> None:
    """Write one file whole or not at all, with the permissions that it has, if it is there. Raises OSError."""
    path = os.path.realpath(path) if os.path.islink(path) else path
    folder, name = os.path.split(path)
    part = os.path.join(folder, f".{name[:200]}.iamdsl-part")
    with Lock(folder):
        try:
            _put(part, text.encode())
            if os.path.exists(path):
                os.chmod(part, os.stat(path).st_mode & 0o7777)
            os.replace(part, path)
        except BaseException:
            _discard(part)
            raise


def _write(folder: str, changed: Changes) -> None:
    before = {path: _bytes(os.path.join(folder, path)) for path in changed}
    new = [path for path, (_, text) in changed.items() if text is not None]
    moves = sorted(new, key=lambda path: (os.path.basename(path) == MANIFEST, path == MANIFEST))
    stale = [path for path, (_, text) in changed.items() if text is None]
    stage = os.path.join(folder, STAGE)
    made = _make(stage)
    try:
        for number, path in enumerate(moves):
            made += _make(os.path.dirname(os.path.join(folder, path)))
            _put(os.path.join(stage, str(number)), (changed[path][1] or "").encode())
        for path in changed:
            _check_place(os.path.join(folder, path))
        plan = os.path.join(stage, PLAN)
        _put(plan + ".part", json.dumps({"move": moves, "remove": stale}).encode())
        os.replace(plan + ".part", plan)
        _carry_out(folder)
    except BaseException:
        _restore(folder, before)
        _unmake(made)
        raise


def _carry_out(folder: str) -> None:
    """Do what the plan in `folder` says, from wherever it was left, and clear the stage. Raises OSError."""
    stage = os.path.join(folder, STAGE)
    if not os.path.isdir(stage):
        return
    plan = _plan(stage)
    for number, path in enumerate(plan["move"]):
        part = os.path.join(stage, str(number))
        if os.path.exists(part):
            _make(os.path.dirname(os.path.join(folder, path)))  # somebody may have cleared up since
            os.replace(part, os.path.join(folder, path))
    for path in plan["remove"]:
        _remove(folder, path)
    _clear(stage)


def _plan(stage: str) -> dict[str, list[str]]:
    path = os.path.join(stage, PLAN)
    try:
        with open(path, encoding="utf-8") as file:
            found: dict[str, list[str]] = json.load(file)
        known = set(found) == {"move", "remove"} and all(_texts(value) for value in found.values())
        if known and all(_inside(one) or one == MANIFEST for value in found.values() for one in value):
            return found
    except FileNotFoundError:
        return {"move": [], "remove": []}
    except (ValueError, TypeError, RecursionError):
        pass
    raise OSError(errno.EINVAL, "not a plan of iamdsl: delete it", path)


def _restore(folder: str, before: Mapping[str, bytes | None]) -> None:
    """Put back what was there `before`, as far as that is possible, and clear the stage."""
    stage = os.path.join(folder, STAGE)
    try:
        _discard(os.path.join(stage, PLAN))
        for path, data in before.items():
            place = os.path.join(folder, path)
            if _bytes(place) == data:
                continue
            if data is None:
                _discard(place)
            else:
                _put(os.path.join(stage, "old"), data)
                os.replace(os.path.join(stage, "old"), place)
        _clear(stage)
    except OSError:
        pass  # the fault that led here is the one to report


def _check_place(path: str) -> None:
    """Raise the OSError that moving a file to `path`, or removing it, would."""
    folder = os.path.dirname(path)
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def _make(folder: str) -> list[str]:
    """Make `folder` and those above it; return those that were missing, the outermost first."""
    missing: list[str] = []
    while folder and not os.path.isdir(folder):
        missing.insert(0, folder)
        folder = os.path.dirname(folder)
    for one in missing:
        try:
            os.mkdir(one)
        except FileExistsError:
            if not os.path.isdir(one):
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), one) from None
    return missing


def _unmake(folders: list[str]) -> None:
    """Take away those of `folders` that are empty."""
    for one in reversed(folders):
        try:
            os.rmdir(one)
        except OSError:
            pass


def _clear(stage: str) -> None:
    """Take the stage away, its plan before all else: a stage without a plan means nothing."""
    _discard(os.path.join(stage, PLAN))
    for name in os.listdir(stage):
        _discard(os.path.join(stage, name))
    os.rmdir(stage)


def _remove(folder: str, path: str) -> None:
    """Delete a stale document, and its folders where nothing else is left in them."""
    _discard(os.path.join(folder, path))
    while path := os.path.dirname(path):
        try:
            os.rmdir(os.path.join(folder, path))
        except OSError:
            break


def _put(path: str, data: bytes) -> None:
    try:
        with open(path, "wb") as file:
            file.write(data)
    except OSError as fault:
        if fault.filename is None:  # of a write, unlike of an open
            fault.filename = path
        raise


def _discard(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def _bytes(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _read(path: str) -> str | None:
    """The text of a file as it is, None if there is none; bytes that are not UTF-8 never equal a text of ours."""
    data = _bytes(path)
    return None if data is None else data.decode("utf-8", "surrogateescape")


def _texts(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _inside(path: str) -> bool:
    """Whether a path of a manifest or plan is one of a document below its folder."""
    parts = path.split("/")
    return (
        (len(parts) > 1 or path in TARGETS)
        and parts[0] != STAGE
        and not {"", ".", ".."} & set(parts)
        and path.endswith(".json")
    )
