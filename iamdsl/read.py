"""Files and standard input to sources."""

from __future__ import annotations

import os
import sys

from iamdsl import rules
from iamdsl.diagnostics import Label, Report
from iamdsl.source import Source, Span

MAX_BYTES = 16 * 1024 * 1024  # a program of a hundred thousand sentences has about 8 MB
SUFFIX = ".iam"


def sources(names: list[str], stdin_name: str, report: Report) -> tuple[Source, ...]:
    """The sources that `names` stand for: files, folders (every .iam file below, A to Z), `-` for standard input.

    What cannot be read is a finding.
    """
    found: dict[str, Source] = {}
    for name in names:
        if name == "-":
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
            _add(found, stdin_name, data, report)
        elif os.path.isdir(name):
            inside = _walk(name)
            if not inside:
                report.add(
                    rules.UNREADABLE, None, help="name a file", path=name, why=f"no {SUFFIX} file is in this folder"
                )
            for path in inside:
                _file(found, path, report)
        else:
            _file(found, name, report)
    return tuple(found.values())


def _walk(folder: str) -> list[str]:
    found: list[str] = []
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        found += [os.path.join(root, one) for one in sorted(files) if one.endswith(SUFFIX)]
    return found


def _file(found: dict[str, Source], path: str, report: Report) -> None:
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as fault:
        report.add(rules.UNREADABLE, None, path=path, why=(fault.strerror or str(fault)).lower())
        return
    except ValueError:
        report.add(rules.UNREADABLE, None, path=ascii(path)[1:-1], why="not a path")
        return
    _add(found, path, data, report)


def _add(found: dict[str, Source], path: str, data: bytes, report: Report) -> None:
    path = path.replace(os.sep, "/")
    if len(data) > MAX_BYTES:
        report.add(
            rules.TOO_LARGE, None, path=path, size=f"over {MAX_BYTES}", limit=MAX_BYTES, help="split the program"
        )
        return
    try:
        text = data.decode("utf-8-sig")
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
        return
    found.setdefault(path, Source(path, text))
