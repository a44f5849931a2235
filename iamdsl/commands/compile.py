"""`iamdsl compile`: documents to standard output, or a tree of files."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl import __version__, catalog, rules
from iamdsl.commands import options as shared
from iamdsl.commands import program
from iamdsl.compiler import Compilation
from iamdsl.diagnostics import Report
from iamdsl.emit import depfile, files, targets, tree
from iamdsl.policy import codec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


def arguments(parser: argparse.ArgumentParser) -> None:
    shared.inputs(parser)
    shared.meaning(parser)
    shared.verbose(parser)
    shared.output(parser)
    parser.add_argument(
        "-MF", dest="depfile", metavar="DEPFILE", help="write a make rule: what depends on what was read"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if DIR is out of date")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change in DIR")


def run(options: argparse.Namespace) -> int:
    if options.output == "-":
        options.output = None
    if options.output is None and (options.check or options.diff or options.depfile is not None):
        print("error: `--check`, `--diff` and `-MF` are about the files in a folder: add `-o DIR`", file=sys.stderr)
        return 2
    if options.output is not None and (fault := _unusable(options)):
        return fault
    compilation, report = program.compiled(options, options.sids)
    if compilation is None or report.failed:
        program.show(report, options, sys.stderr)
        return program.status(report) or 2
    made = targets.files(compilation, report)
    program.weigh(report, options)
    if report.failed:
        program.show(report, options, sys.stderr)
        return program.status(report)
    wrong = _to_folder(compilation, made, report, options) if options.output else _to_stdout(made)
    if compilation.attached and not options.output and options.target == "json":
        report.add(rules.ONLY_IN_MANIFEST, None, help="add `-o DIR`")
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


def _to_stdout(made: dict[str, Any]) -> int:
    """The file if there is one, else an object of all by path."""
    sys.stdout.write(codec.text(next(iter(made.values())) if len(made) == 1 else made))
    return 0


def _to_folder(compilation: Compilation, made: dict[str, Any], report: Report, options: argparse.Namespace) -> int:
    folder = options.output
    names = tree.program(options.files or ["."], folder, options.stdin_filename)
    manifest = tree.manifest(compilation, made, names, report.sources, folder, __version__)
    texts = {path: codec.text(value) for path, value in made.items()}
    texts[tree.MANIFEST] = codec.text(manifest)
    try:
        if options.check or options.diff:
            return _compare(folder, files.changes(folder, texts, names), report, options)
        depends = "" if options.depfile is None else _rule(compilation, texts, options)
        files.update(folder, texts, names)
        if options.depfile is not None:
            files.replace(options.depfile, depends)
            os.utime(os.path.join(folder, tree.MANIFEST))  # newer than all that it depends on, changed or not
    except files.ForeignOutput as fault:
        _foreign(fault, folder, report)
        return 2
    except depfile.UnspeakableName as fault:
        help = "give it a name without `=`, `;` and line ends"
        why = f"make cannot read the name `{ascii(str(fault))[1:-1]}`"
        report.add(rules.CANNOT_WRITE, None, help=help, path=options.depfile, why=why)
        return 2
    except OSError as fault:
        why = (fault.strerror or str(fault)).lower()
        report.add(rules.CANNOT_WRITE, None, path=fault.filename or folder, why=why)
        return 2
    return 0


def _rule(compilation: Compilation, paths: Iterable[str], options: argparse.Namespace) -> str:
    """The rule of make, the manifest first. Raises UnspeakableName, and OSError if there is no place for its file."""
    os.stat(os.path.dirname(options.depfile) or ".")
    documents = sorted(path for path in paths if path != tree.MANIFEST)
    outputs = [os.path.join(options.output, path) for path in (tree.MANIFEST, *documents)]
    read = [path for path in compilation.sources if path != options.stdin_filename or "-" not in options.files]
    settings = [options.settings] if options.settings else []
    return depfile.rule(outputs, [*read, *settings, os.path.join(catalog.default().folder, "version")])


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
