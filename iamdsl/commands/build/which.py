"""Which programs a command is about, and where in the output each belongs.

Without more, all that is named is one program. `--each`, or `programs` in the settings of the project, makes every file and
folder that a pattern matches a program of its own; then FILE and DIR choose among the programs of the settings.
"""

from __future__ import annotations

import argparse
import os

from iamdsl import read, rules
from iamdsl.commands import project
from iamdsl.diagnostics import Report
from iamdsl.emit.paths import segment
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


@record
class Program:
    """A program: the files and folders that it is `names`, and its folder in the output, "" for that itself."""

    names: tuple[str, ...]
    place: str = ""


@record
class Programs:
    """The programs to compile, whether each has a `place`, and the places of all that the settings name, () without."""

    chosen: tuple[Program, ...]
    many: bool = False
    places: frozenset[str] = frozenset()


def which(options: argparse.Namespace, report: Report) -> Programs:
    """The programs that the options name; what is wrong with them goes to the report."""
    names = tuple(options.files or ["."])
    if "-" in names or not (options.each or options.programs):
        return Programs((Program(names),))
    root = os.path.dirname(options.settings)
    if options.each:
        found = _placed(_expanded(names, "", report), root, report)
        return Programs(found, True)
    every = _placed(_expanded(options.programs, root, report), root, report)
    if report.failed:
        return Programs((), True)
    chosen: dict[str, Program] = {}
    for name in names:
        picked = [one for one in every if _related(one.names[0], name)]
        if not picked:
            _unknown(name, every, options.settings, report)
        chosen.update({one.place: one for one in picked})
    return Programs(tuple(chosen[place] for place in sorted(chosen)), True, frozenset([one.place for one in every]))


def _related(program: str, name: str) -> bool:
    """Whether the program is at or below `name`, or `name` is a file or folder of the program."""
    one, other = _parts(program), _parts(name)
    shorter = min(len(one), len(other))
    return one[:shorter] == other[:shorter]


def _parts(path: str) -> list[str]:
    return os.path.normcase(os.path.abspath(path)).rstrip(os.sep).split(os.sep)


def _unknown(name: str, every: tuple[Program, ...], settings: str, report: Report) -> None:
    from difflib import get_close_matches  # local: only where something is wrong

    known = [one.names[0] for one in every]
    close = get_close_matches(os.path.relpath(name), known, 1, 0.6)
    help = f"did you mean `{close[0]}`?" if close else f"add it to `programs` in `{settings}`"
    report.add(rules.NO_PROGRAM, None, help=help, name=name, what=f"is in no program of `{settings}`")


# ---- patterns


def _expanded(patterns: Iterable[str], root: str, report: Report) -> list[str]:
    """The files and folders that the patterns match, seen from here; what one with `!` matches is left out."""
    found: dict[str, None] = {}
    for pattern in patterns:
        if not pattern.startswith("!"):
            matched = _matched(pattern, root)
            if not matched:
                _nothing(pattern, root, report)
            found.update(dict.fromkeys(matched))
    for pattern in patterns:
        if pattern.startswith("!"):
            out = {os.path.normcase(path) for path in _paths(pattern[1:], root)}
            found = {path: None for path in found if not out & _above(path)}
    return list(found)


def _above(path: str) -> set[str]:
    """The path and the folders that it is in."""
    path = os.path.normcase(path)
    found = {path}
    while (above := os.path.dirname(path)) != path:
        path = above
        found.add(path)
    return found


def _paths(pattern: str, root: str) -> list[str]:
    from glob import glob  # local: one program needs no pattern

    there = glob(pattern, root_dir=root or None, recursive=True)
    return [os.path.normpath(os.path.join(root, one)).replace(os.sep, "/") for one in sorted(there)]


def _matched(pattern: str, root: str) -> list[str]:
    """The programs among the paths that match: `.iam` files, and folders with one in them."""
    paths = _paths(pattern, root)
    if not paths and os.path.exists(os.path.join(root, pattern)):
        paths = [os.path.normpath(os.path.join(root, pattern)).replace(os.sep, "/")]  # a name with `[` in it
    return [path for path in paths if _is_program(path)]


def _is_program(path: str) -> bool:
    if not os.path.isdir(path):
        return path.endswith(read.SUFFIX)
    try:
        with os.scandir(path) as entries:
            if any(one.name.endswith(read.SUFFIX) and not one.name.startswith(".") for one in entries):
                return True
    except OSError:
        return True  # reading it tells what is wrong
    return bool(read.listed(path))


def _nothing(pattern: str, root: str, report: Report) -> None:
    there = bool(_paths(pattern, root))
    what = f"no {read.SUFFIX} file is there" if there else "there is no such file or folder"
    help = f"a program is a {read.SUFFIX} file, or a folder with such files in it"
    report.add(rules.NO_PROGRAM, None, help=help, name=pattern, what=f"names no program: {what}")


# ---- places


def _placed(paths: list[str], root: str, report: Report) -> tuple[Program, ...]:
    """The programs at `paths`, each with its place, A to Z by place."""
    found: dict[str, Program] = {}
    for path in paths:
        place = _place(path, root)
        if place is None:
            whole = os.path.abspath(path) == os.path.abspath(root or ".")
            what = "is the whole project, not one of its programs" if whole else "lies outside of the project"
            help = "name files and folders in it" + ("" if whole else ", or put the settings above them")
            report.add(rules.NO_PROGRAM, None, help=help, name=path, what=what)
            continue
        other = found.setdefault(place, Program((path,), place))
        if other.names != (path,):
            help = "rename one of the two"
            report.add(rules.PROGRAMS_MEET, None, help=help, one=other.names[0], other=path, how="have one place")
    every = tuple(found[place] for place in sorted(found, key=lambda place: place.split("/")))
    _apart(every, report)
    if not report.failed:
        _own_settings(every, root, report)
    return every


def _place(path: str, root: str) -> str | None:
    """The folder in the output: where the program is, seen from the root of the project; None outside of it."""
    try:
        inside = os.path.relpath(path, root or ".")
    except ValueError:  # another drive
        return None
    parts = inside.removesuffix(read.SUFFIX).split(os.sep)
    if parts[0] in (os.pardir, os.curdir):
        return None
    return "/".join([segment(part) for part in parts])


def _apart(every: tuple[Program, ...], report: Report) -> None:
    """Report programs that share files, in the input or in the output."""
    last: Program | None = None
    for one in every:
        if last is not None and one.place.startswith(f"{last.place}/"):
            how = "share files" if os.path.isdir(last.names[0]) else "would be written into each other"
            help = "leave one out with a pattern that begins with `!`, or rename it"
            report.add(rules.PROGRAMS_MEET, None, help=help, one=last.names[0], other=one.names[0], how=how)
        else:
            last = one


def _own_settings(every: tuple[Program, ...], root: str, report: Report) -> None:
    """Report settings inside the project: nobody could tell which of the two hold."""
    seen = {os.path.normpath(root or ".")}
    for one in every:
        path = one.names[0]
        folder = path if os.path.isdir(path) else os.path.dirname(path)
        while (folder := os.path.normpath(folder)) not in seen:
            seen.add(folder)
            settings = project.held(folder)
            if settings:
                help = "the settings of a project hold for all of its programs: move them there"
                report.add(rules.SETTINGS_INSIDE, None, help=help, path=settings, root=os.path.normpath(root or "."))
            folder = os.path.dirname(folder)
