"""`iamdsl init`: a starter program, with settings and hints for editors."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl import read, rules
from iamdsl.commands import options as shared
from iamdsl.commands import program
from iamdsl.diagnostics import Report

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "starter")
PROJECT = {"main.iam": "main.iam", "iamdsl.toml": "iamdsl.toml"}  # name in the new folder → name in ours
HINTS = {".editorconfig": "editorconfig", ".gitignore": "gitignore"}  # left alone where there is one already


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", default=".", metavar="DIR", help="where to begin (default: .)")
    shared.findings(parser)


def run(options: argparse.Namespace) -> int:
    """Write the files of a new project; nothing if that would write over anything, or mix with other programs."""
    folder, report = options.folder, Report()
    if not folder or "\0" in folder:
        print("error: name a folder", file=sys.stderr)
        return 2
    for path in _taken(folder, report):
        help = "begin in another folder, `iamdsl init DIR`: nothing was written"
        report.add(rules.CANNOT_WRITE, None, help=help, path=os.path.normpath(path), why="it is there already")
    if not report.failed:
        written = _write(folder, report)
        if not report.failed:
            sys.stdout.write(_next_steps(folder, written))
            return 0
        program.show(report, options, sys.stderr)
        return 2
    program.show(report, options, sys.stderr)
    return program.status(report)


def _taken(folder: str, report: Report) -> list[str]:
    """The files in `folder` that a new project there would write over, or take for a part of its program."""
    names = [name for name in PROJECT if os.path.lexists(os.path.join(folder, name))]
    taken = [os.path.join(folder, name) for name in names]
    files = read.inside(folder, report) if os.path.isdir(folder) else []  # `iamdsl compile` reads them all
    return taken + [path for path in files if path not in taken]


def _write(folder: str, report: Report) -> list[str]:
    """Write the files that are not there; the names of those written. All of them, or none and a finding."""
    written: list[str] = []
    path = folder
    try:
        os.makedirs(folder, exist_ok=True)
        for name, own in (PROJECT | HINTS).items():
            path = os.path.join(folder, name)
            if name in HINTS and os.path.lexists(path):
                continue
            with open(path, "x", encoding="utf-8", newline="\n") as file:
                written.append(name)
                file.write(_text(own))
    except OSError as fault:
        for name in written:
            os.unlink(os.path.join(folder, name))
        report.add(rules.CANNOT_WRITE, None, path=fault.filename or path, why=(fault.strerror or str(fault)).lower())
    return written


def _text(name: str) -> str:
    with open(os.path.join(FOLDER, name), encoding="utf-8") as file:
        return file.read()


def _next_steps(folder: str, written: list[str]) -> str:
    lines = [f"wrote {os.path.normpath(os.path.join(folder, name))}" for name in written]
    for name, own in HINTS.items():
        if name not in written:
            lines += [f"left {os.path.normpath(os.path.join(folder, name))} as it is; for iamdsl it would say", ""]
            lines += [f"  {line}".rstrip() for line in _text(own).splitlines()] + [""]
    start = "" if os.path.normpath(folder) == "." else f"  cd {folder}\n"
    return "\n".join(lines) + (
        "\n\nNext:\n\n"
        f"{start}"
        "  iamdsl check       # what is wrong with the program\n"
        "  iamdsl compile     # the policies, in build/\n\n"
        "Then put your own account, users and buckets into main.iam. Editors: files that end in .iam are indented by\n"
        "four spaces, and `iamdsl format` lays them out.\n"
    )
