"""What the command line leaves open: the settings of the project, else the defaults.

Settings are in `[tool.iamdsl]` of `pyproject.toml`, or in `iamdsl.toml`; the nearest of these upwards counts alone:
upwards from the folder that holds all the programs, or from the working folder for standard input. In one folder
`iamdsl.toml` goes before `pyproject.toml`; a `pyproject.toml` without `[tool.iamdsl]` does not count.
"""

from __future__ import annotations

import argparse
import os

from iamdsl.commands.options import DEFAULTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TextIO

FILES = (("iamdsl.toml", ()), ("pyproject.toml", ("tool", "iamdsl")))  # and the table that holds the settings


def settled(options: argparse.Namespace, stream: TextIO) -> bool:
    """Give each option that is open its value; whether the settings are right. What is wrong with them goes to `stream`.

    `options.rules` becomes the level of each rule that has another than its own, by code, and `options.quotas` the limit
    of each kind of document that has another than AWS's; `options.settings` the path of the settings, "" if there are
    none, and `options.settings_seen` their state. Only a command that reads programs has a project.
    """
    found: dict[str, Any] = {}
    right = True
    names = getattr(options, "files", None)
    if names is not None:
        found, right = _settings(_folder(names or ["."], options.stdin_filename), options.output_format, stream)
        if "-" in names:
            found.pop("output", None)  # what is typed in is not the program that the project keeps there
    for name, default in DEFAULTS.items():
        if getattr(options, name, None) is None:
            setattr(options, name, found.get(name.replace("_", "-"), default))
    return right


def stamp(path: str) -> tuple[int, ...]:
    """What the file system says of the state of a file; () if it is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return ()
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_mode


def right(path: str, output_format: str | None, stream: TextIO) -> bool:
    """Whether the settings at `path` can be used; what is wrong with them goes to `stream`."""
    from iamdsl.commands import config  # local: see below

    table = next(table for name, table in FILES if os.path.basename(path) == name)
    found = config.read(path, table, output_format, stream)
    return found is None or found[1]


def held(folder: str) -> str:
    """The path of the settings in `folder` itself, "" if there are none."""
    for name, table in FILES:
        path = os.path.join(folder, name)
        if not os.path.lexists(path) or os.path.isdir(path):
            continue
        if not table:
            return path
        try:
            with open(path, "rb") as file:
                data = file.read()
            if table[-1].encode() in data:
                import tomllib  # local: most such files have no settings for us

                if table[-1] in tomllib.loads(data.decode()).get(table[0], {}):
                    return path
        except (OSError, ValueError):
            pass  # it would not count as settings either
    return ""


def _folder(names: list[str], stdin_name: str) -> str:
    """The innermost folder that holds all of the program."""
    paths = [os.path.abspath(stdin_name if name == "-" else name) for name in names]
    folders = [path if os.path.isdir(path) else os.path.dirname(path) for path in paths]
    try:
        return os.path.commonpath(folders)
    except ValueError:  # on several drives
        return folders[0]


def _settings(folder: str, output_format: str | None, stream: TextIO) -> tuple[dict[str, Any], bool]:
    """The settings that hold in `folder`, by name, and whether they are right."""
    while True:
        for name, table in FILES:
            path = os.path.join(folder, name)
            if os.path.lexists(path) and not os.path.isdir(path):
                from iamdsl.commands import config  # local: most programs have no settings

                seen = stamp(path)
                found = config.read(path, table, output_format, stream)
                if found is not None:
                    return {**found[0], "settings-seen": seen}, found[1]
        above = os.path.dirname(folder)
        if above == folder:
            return {}, True
        folder = above
