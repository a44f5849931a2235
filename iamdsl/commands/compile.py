"""`iamdsl compile`: documents to standard output, or a tree of files."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl import __version__, rules
from iamdsl.commands import options as shared
from iamdsl.commands import program
from iamdsl.compiler import Compilation
from iamdsl.diagnostics import Report
from iamdsl.emit import files, tree
from iamdsl.policy import codec


def arguments(parser: argparse.ArgumentParser) -> None:
    shared.inputs(parser)
    shared.meaning(parser)
    shared.output(parser)
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if DIR is out of date")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change in DIR")


def run(options: argparse.Namespace) -> int:
    if options.output == "-":
        options.output = None
    if (options.check or options.diff) and options.output is None:
        print("error: `--check` and `--diff` compare with a folder: add `-o DIR`", file=sys.stderr)
        return 2
    if options.output is not None and (fault := _unusable(options)):
        return fault
    compilation, report = program.compiled(options, options.sids)
    if compilation is None or report.failed:
        program.show(report, options, sys.stderr)
        return program.status(report) or 2
    wrong = _to_folder(compilation, report, options) if options.output else _to_stdout(compilation)
    program.show(report, options, sys.stderr)
    return wrong or program.status(report)


def _unusable(options: argparse.Namespace) -> int:
    """Status of an output that cannot be; 0 if it can, with what a killed run left there completed."""
    if not options.output:
        print("error: `-o` needs the name of a folder", file=sys.stderr)
        return 2
    if not (options.check or options.diff):
        try:
            files.finish(options.output)
        except OSError:
            pass  # the same stands in the way of writing, which says so
    return 0


def _to_stdout(compilation: Compilation) -> int:
    """The document if there is one, else an object of all by path."""
    found = tree.documents(compilation)
    sys.stdout.write(codec.text(next(iter(found.values())) if len(found) == 1 else found))
    return 0


def _to_folder(compilation: Compilation, report: Report, options: argparse.Namespace) -> int:
    folder = options.output
    names = tree.program(options.files or ["."], folder, options.stdin_filename)
    manifest = tree.manifest(compilation, names, report.sources, folder, __version__)
    texts = {path: codec.text(value) for path, value in tree.documents(compilation).items()}
    texts[tree.MANIFEST] = codec.text(manifest)
    try:
        if options.check or options.diff:
            return _compare(folder, files.changes(folder, texts, names), report, options)
        files.update(folder, texts, names)
    except files.ForeignOutput as fault:
        _foreign(fault, folder, report)
        return 2
    except OSError as fault:
        why = (fault.strerror or str(fault)).lower()
        report.add(rules.CANNOT_WRITE, None, path=fault.filename or folder, why=why)
        return 2
    return 0


def _foreign(fault: files.ForeignOutput, folder: str, report: Report) -> None:
    if fault.program:
        named = [name if name == "-" else os.path.normpath(os.path.join(folder, name)) for name in fault.program]
        help = "choose another folder, or delete what that program wrote there to give it up"
        report.add(rules.FOREIGN_MANIFEST, None, help=help, path=fault.path, other=", ".join(named))
    else:
        help = "choose another folder, or delete this file to give it up"
        report.add(rules.FOREIGN_FILE, None, help=help, path=fault.path)


def _compare(folder: str, changed: files.Changes, report: Report, options: argparse.Namespace) -> int:
    if options.check and files.unfinished(folder):
        help = "run `iamdsl compile` again, which completes it"
        report.add(rules.STALE, None, help=help, path=folder, what="was not written to its end")
    for path, (now, text) in changed.items():
        what = "would be written" if now is None else "would go" if text is None else "would change"
        if options.check:
            report.add(rules.STALE, None, path=os.path.join(folder, path), what=what, help="run `iamdsl compile` again")
        if options.diff:
            from difflib import unified_diff  # local: only for `--diff`

            old, new = (now or "").splitlines(True), (text or "").splitlines(True)
            sys.stdout.writelines(unified_diff(old, new, f"a/{path}", f"b/{path}"))
    return 1 if changed else 0
