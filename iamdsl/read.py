"""Files and standard input to sources."""

from __future__ import annotations

import os
import sys
from errno import EBADF

from iamdsl import rules
from iamdsl.diagnostics import Label, Report
from iamdsl.source import Source, Span, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MAX_BYTES = 16 * 1024 * 1024  # a program of a hundred thousand sentences has about 8 MB
SUFFIX = ".iam"


def sources(
    names: list[str], stdin_name: str, report: Report, suffix: str = SUFFIX, limit: int = 0
) -> tuple[Source, ...]:
    """The sources that `names` stand for: files, folders (every file below that ends so, A to Z), `-` for standard input.

    A file counts once, by whatever path it is named. What cannot be read is a finding; `limit`: bytes of one, if not MAX_BYTES.
    """
    found: dict[str, Source | None] = {}
    for name in names:
        if name == "-":
            if (key := identity(stdin_name)) not in found:
                found[key] = typed(stdin_name, report, limit)
        elif os.path.isdir(name):
            before = report.errors
            files = inside(name, report, suffix)
            if not files and report.errors == before:
                report.add(
                    rules.UNREADABLE, None, help="name a file", path=name, why=f"no {suffix} file is in this folder"
                )
            for path in files:
                if (key := identity(path)) not in found:
                    found[key] = file(path, report, None, limit)
        elif (key := identity(name)) not in found:
            found[key] = file(name, report, None, limit)
    return tuple([one for one in found.values() if one is not None])


def typed(name: str, report: Report, limit: int = 0) -> Source | None:
    """Standard input by the name of `name`; a finding and None where it cannot be read."""
    try:
        if sys.stdin is None:
            raise OSError(EBADF, "it is closed")
        return _decoded(name, sys.stdin.buffer.read((limit or MAX_BYTES) + 1), report, None, limit or MAX_BYTES)
    except OSError as fault:
        report.add(rules.UNREADABLE, None, path=name, why=(fault.strerror or str(fault)).lower())
        return None


def identity(path: str) -> str:
    """What is equal for two paths of one file."""
    try:
        return os.path.normcase(os.path.realpath(path))
    except (OSError, ValueError):
        return path


def joined(folder: str, path: str) -> str:
    """`path` as seen from `folder`, without the detours that it makes (unless they lead through a link)."""
    long = os.path.join(folder, path)
    short = os.path.normpath(long)
    return (short if identity(short) == identity(long) else long).replace(os.sep, "/")


def inside(folder: str, report: Report, suffix: str = SUFFIX) -> list[str]:
    """The files in `folder` and below that end so, A to Z; names that begin with a dot are passed over, links followed.

    A folder that cannot be read is a finding: what is missing from a program may be what forbids.
    """

    def unreadable(fault: OSError) -> None:
        report.add(rules.UNREADABLE, None, path=fault.filename, why=(fault.strerror or str(fault)).lower())

    report.inputs.folders.add(folder)
    return listed(folder, suffix, unreadable)


def listed(folder: str, suffix: str = SUFFIX, failed: Callable[[OSError], None] | None = None) -> list[str]:
    """What `inside` finds; a folder that cannot be read is told to `failed`."""
    found: list[str] = []
    seen: set[str] = set()
    for root, folders, files in os.walk(folder, onerror=failed, followlinks=True):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        if folders:  # a folder in which there are none leads nowhere twice
            seen.add(identity(root))
            folders[:] = [one for one in folders if identity(os.path.join(root, one)) not in seen]
        names = sorted(one for one in files if one.endswith(suffix) and not one.startswith("."))
        found += [os.path.join(root, one) for one in names]
    return found


def file(path: str, report: Report, place: Span | None = None, limit: int = 0) -> Source | None:
    """The text of the file at `path`; a finding, at `place` if there is one, and None where it cannot be read."""
    try:
        with open(path, "rb") as opened:
            data = opened.read((limit or MAX_BYTES) + 1)
    except OSError as fault:
        report.inputs.missing.add(path)
        report.add(rules.UNREADABLE, place, path=path, why=(fault.strerror or str(fault)).lower())
        return None
    except ValueError:
        report.add(rules.UNREADABLE, place, path=ascii(path)[1:-1], why="not a path")
        return None
    report.inputs.files[path.replace(os.sep, "/")] = digest(data)
    return _decoded(path, data, report, place, limit or MAX_BYTES)


def _decoded(path: str, data: bytes, report: Report, place: Span | None, limit: int) -> Source | None:
    path = path.replace(os.sep, "/")
    if len(data) > limit:
        report.add(rules.TOO_LARGE, place, path=path, size=f"over {limit}", limit=limit, help="split the program")
        return None
    try:
        return Source(path, data.decode("utf-8-sig"))
    except UnicodeDecodeError as fault:
        text = data.decode("utf-8-sig", "replace")
        start = len(data[: fault.start].decode("utf-8-sig", "replace"))
        report.sources[path] = Source(path, text)
        report.add(
            rules.NOT_UTF8,
            (Label(Span(path, start, start + 1)),),
            help="save the file as UTF-8",
            byte=data[fault.start],
        )
        return None
