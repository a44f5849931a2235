"""Whether what a compile would do is done: the record of earlier ones, kept for the user on this machine.

For each program of an output a record has what was read and what was written, by path and SHA-256, and what was found. A
program is fresh if all of that is as it was, for the same options, version, and catalog. Files whose size, times and inode are
as they were when they were last compared are not read again.

The record is not in the output, nor are the hashes in the manifest asked: a tree that comes from elsewhere, as with a clone or
a pull request, must not vouch for itself. Without a record all is compiled, and compared.
"""

from __future__ import annotations

import argparse
import os
import time
from hashlib import sha256

from iamdsl import __version__, cache, read
from iamdsl.commands.build.which import Program
from iamdsl.emit.paths import place_of
from iamdsl.source import digest
from iamdsl.syntax.tables import grammar_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from iamdsl.commands.build.make import Made

    Entry = dict[str, Any]

FORMAT = 1  # of the record: raise it when an entry changes
KEPT = 256  # records in the user's cache folder; the oldest go
# what does not change what is compiled, or is asked of each program by itself
_APART = {"files", "each", "programs", "output_format", "jobs", "no_cache", "watch", "check", "diff", "depfile", "settings", "settings_seen"}
_TICK = 20_000_000  # nanoseconds: the clock of a file system moves at least so often, where it counts in fractions of seconds
_SECONDS = 2_000_000_000  # and where it does not
_DAY = 86_400


class Record:
    """What is known of the programs whose output is `folder` (None for no output), compiled with `options`."""

    def __init__(self, folder: str | None, options: argparse.Namespace) -> None:
        self.folder = folder
        self.path = _path(folder, options)
        self.entries: dict[str, Entry] = cache.load(self.path) or {}
        self._changed = False

    def fresh(self, program: Program) -> Entry | None:
        """The entry of a program of which nothing has changed since; None for any other."""
        entry = self.entries.get(program.place)
        if entry is None or tuple(entry["names"]) != program.names:
            return None
        if entry["past"] < 0 or entry["past"] != _past(entry["days"]):
            return None
        files = entry["files"]
        for folder in entry["folders"]:
            if not os.path.isdir(folder) or any(path.replace(os.sep, "/") not in files for path in read.listed(folder)):
                return None
        paths = [*files, *self._outputs(program.place, entry)]
        if entry["seen"] and entry["seen"] == _seen(paths):
            return entry
        return entry if self._compared(paths, entry) else None

    def keep(self, program: Program, entry: Entry) -> None:
        """Remember a program that has just been compiled, and whose files were written."""
        self.entries[program.place] = entry
        if not self._compared([*entry["files"], *self._outputs(program.place, entry)], entry):
            del self.entries[program.place]  # changed on the way
        self._changed = True

    def save(self, places: Iterable[str]) -> None:
        """Write the record, of the programs at `places` alone, if there is something new in it; not being able to is no fault."""
        known = set(places)
        kept = {place: entry for place, entry in self.entries.items() if place in known}
        if self.path and (self._changed or len(kept) < len(self.entries)):
            if cache.keep(self.path, kept):
                _aged(os.path.dirname(self.path))

    def _outputs(self, place: str, entry: Entry) -> list[str]:
        if self.folder is None:
            return []
        base = os.path.join(place_of(self.folder, place), "")
        return [base + path for path in entry["outputs"]]

    def _compared(self, paths: list[str], entry: Entry) -> bool:
        """Whether the files hold what the entry says; their times are then taken down."""
        seen = _seen(paths)
        count = len(entry["files"])
        try:
            for path in paths[:count]:
                if digest(_data(path)) != entry["files"][path]:
                    return False
            if paths[count:] and joined([_data(path) for path in paths[count:]]) != entry["written"]:
                return False
        except OSError:
            return False
        self._changed |= entry["seen"] != seen
        entry["seen"] = seen
        return True


def entry(made: Made, findings: object) -> Entry:
    """What to remember of a program: what was read for it, made of it and found, and the days that it names."""
    files = made.files
    return {
        "names": list(made.program.names),
        "files": made.report.inputs.files,
        "folders": sorted(made.report.inputs.folders),
        "outputs": list(files),
        "written": joined([text.encode() for text in files.values()]) if files else "",
        "days": list(made.days),
        "past": _past(list(made.days)),
        "unknown": sorted(made.unknown),
        "findings": findings,
        "seen": "",
    }


def joined(contents: Iterable[bytes]) -> str:
    """One SHA-256 of several contents."""
    found = sha256()
    for data in contents:
        found.update(b"%d\n" % len(data))
        found.update(data)
    return found.hexdigest()


def _data(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _seen(paths: Iterable[str]) -> str:
    """What the file system says of the files, in short; "" where that cannot tell a file that is changed just now."""
    parts: list[str] = []
    try:
        for path in paths:
            one = os.stat(path)
            age = time.time_ns() - one.st_ctime_ns
            if age < (_TICK if one.st_ctime_ns % 1_000_000_000 else _SECONDS):
                return ""
            parts.append(f"{one.st_size} {one.st_mtime_ns} {one.st_ctime_ns} {one.st_ino}")
    except OSError:
        return ""
    return sha256("\n".join(parts).encode()).hexdigest()


def _past(days: list[str]) -> int:
    """How many of the days are past; -1 close to one of them, when what is said of it may change any time."""
    now = time.time()
    before, after = (time.strftime("%Y-%m-%d", time.gmtime(now + way * 1.5 * _DAY)) for way in (-1, 1))
    if any(before <= day <= after for day in days):
        return -1
    return sum(day < before for day in days)


# ---- the file


def _path(folder: str | None, options: argparse.Namespace) -> str:
    """Where the record is kept; "" for a user without a cache folder."""
    kept = cache.folder()
    if kept is None:
        return ""
    where = os.path.realpath(folder) if folder is not None else ""
    given = sorted((name, repr(value)) for name, value in vars(options).items() if name not in _APART)
    key = repr((FORMAT, __version__, os.getcwd(), where, folder, given, _installed()))
    return os.path.join(kept, "compiled", sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:40] + ".json")


def _installed() -> str:
    """What the file system says of the compiler itself, its catalog and its grammar."""
    package = os.path.dirname(os.path.abspath(read.__file__))
    found = [_stamp(grammar_path(), os.stat(grammar_path()))]
    folders = [package]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for one in entries:
                if one.is_dir():
                    folders += [one.path] if one.name not in ("__pycache__", "explain") else []
                else:
                    found.append(_stamp(one.path, one.stat()))
    return sha256("\n".join(sorted(found)).encode("utf-8", "surrogateescape")).hexdigest()


def _stamp(path: str, state: os.stat_result) -> str:
    return f"{path} {state.st_size} {state.st_mtime_ns}"


def _aged(folder: str) -> None:
    """Take away the oldest records, if there are many."""
    try:
        with os.scandir(folder) as entries:
            aged = sorted((one.stat().st_mtime_ns, one.path) for one in entries)
        for _, old in aged[:-KEPT]:
            os.unlink(old)
    except OSError:
        pass
