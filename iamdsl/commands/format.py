"""`iamdsl format`: lay programs out, in place."""

from __future__ import annotations

import argparse
import sys

from iamdsl import read, rules
from iamdsl.commands import options as shared
from iamdsl.commands import program
from iamdsl.diagnostics import Report
from iamdsl.emit import files
from iamdsl.syntax.format import format


def arguments(parser: argparse.ArgumentParser) -> None:
    shared.inputs(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if a file would change")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")


def run(options: argparse.Namespace) -> int:
    report = Report()
    sources = read.sources(options.files or ["."], options.stdin_filename, report)
    would_change = False
    for source in sources:
        found = Report()
        found.sources[source.path] = source
        text = format(source, found)
        report.sources.update(found.sources)
        report.extend(found)
        if found.failed:
            continue
        piped = "-" in options.files and source.path == options.stdin_filename
        original = source.text if piped else _original(source.path)
        changed = text != original
        would_change |= changed
        if options.diff and changed:
            from difflib import unified_diff  # local: only for `--diff`

            old, new = original.splitlines(True), text.splitlines(True)
            sys.stdout.writelines(unified_diff(old, new, source.path, source.path))
        elif options.check and changed:
            report.add(rules.STALE, None, help="run `iamdsl format`", path=source.path, what="would be laid out anew")
        elif piped and not options.check and not options.diff:
            sys.stdout.write(text)
        elif changed and not options.check:
            _write(source.path, text, report)
    program.show(report, options, sys.stderr)
    return program.status(report) or (1 if would_change and (options.check or options.diff) else 0)


def _original(path: str) -> str:
    """The text of the file with its byte order mark and line ends, which formatting drops."""
    with open(path, encoding="utf-8", newline="") as file:
        return file.read()


def _write(path: str, text: str, report: Report) -> None:
    try:
        files.replace(path, text)
    except OSError as fault:
        report.add(rules.CANNOT_WRITE, None, path=path, why=(fault.strerror or str(fault)).lower())
