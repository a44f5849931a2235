"""`iamdsl compile`: documents to standard output, or a tree of files."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl import rules
from iamdsl.commands import findings
from iamdsl.commands import options as shared
from iamdsl.commands.build.run import Build, build
from iamdsl.diagnostics import Report
from iamdsl.emit import depfile, files
from iamdsl.emit.paths import MANIFEST, place_of, program


def arguments(parser: argparse.ArgumentParser) -> None:
    shared.inputs(parser)
    shared.many(parser)
    shared.meaning(parser)
    shared.verbose(parser)
    shared.output(parser)
    parser.add_argument(
        "-MF", dest="depfile", metavar="DEPFILE", help="write a make rule: what depends on what was read"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; status 1 if DIR is out of date")
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change in DIR")
    parser.add_argument("--watch", action="store_true", help="compile again whenever a file changes, until Ctrl-C")


def run(options: argparse.Namespace) -> int:
    if options.output == "-":
        options.output = None
    if options.output is None and (options.check or options.diff or options.depfile is not None or options.watch):
        help = "`--check`, `--diff`, `-MF` and `--watch` are about the files in a folder: add `-o DIR`"
        print(f"error: {help}", file=sys.stderr)
        return 2
    if options.output == "":
        print("error: `-o` needs the name of a folder", file=sys.stderr)
        return 2
    settings = shared.given(options.set)
    if settings is None:
        return 2
    if options.watch and (options.check or options.diff or "-" in options.files):
        print(
            "error: `--watch` writes files again and again, from files: not from standard input, nor with `--check` or `--diff`",
            file=sys.stderr,
        )
        return 2
    if options.watch:
        from iamdsl.commands.build.watch import watch  # local: for those who stay

        return watch(options, lambda: once(options, settings))
    return once(options, settings)[0]


def once(options: argparse.Namespace, settings: dict[str, str]) -> tuple[int, Build]:
    """One compile; its status, and what came of each program."""
    if options.output and not (options.check or options.diff):
        try:
            files.finish(options.output)  # what a killed run left to be done
        except OSError:
            pass  # the same stands in the way of writing, which says so
    found = build(options, settings, options.output, not options.no_cache)
    report = found.report
    wrong = 0
    if not report.failed:
        wrong = _to_folder(found, options) if options.output else _to_stdout(found)
    if not options.output and any([one.attached for one in found.made.values()]) and not report.failed:
        report.add(rules.ONLY_IN_MANIFEST, None, help="add `-o DIR`")
    findings.show(report, options, sys.stderr)
    return wrong or findings.status(report), found


def _to_stdout(found: Build) -> int:
    """The document if there is one, else an object of all by path."""
    texts = [
        (place_of(place, path) if place else path, text)
        for place, one in found.made.items()
        for path, text in one.documents.items()
    ]
    if len(texts) == 1:
        sys.stdout.write(texts[0][1])
    else:
        from json import loads  # local: many programs have one document
        from iamdsl.policy import codec

        sys.stdout.write(codec.text({path: loads(text) for path, text in texts}))
    return 0


def _to_folder(found: Build, options: argparse.Namespace) -> int:
    folder, report = options.output, found.report
    try:
        output = _output(found, options)
        if options.check or options.diff:
            changed = files.changes(folder, output)
            if options.check:
                _drift(folder, output, report, options)
            if not changed:
                found.keep()
            return _compare(folder, changed, report, options)
        depends = None if options.depfile is None else _rule(found, options)
        if found.made or not files.settled(folder) or files.changes(folder, output):
            files.update(folder, output)
        found.keep()
        if depends is not None:
            files.replace(options.depfile, depends)
            os.utime(os.path.join(folder, MANIFEST))  # newer than all that it depends on, changed or not
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


def _drift(folder: str, output: files.Output, report: Report, options: argparse.Namespace) -> None:
    """Say what AWS has changed since the manifests in `folder` were written."""
    from iamdsl.commands.drifted import drifted, tell  # local: only for `--check`

    for place in sorted(output.programs):
        path = os.path.join(place_of(folder, place), MANIFEST)
        if os.path.isfile(path):
            tell(drifted(path, report), report)
    findings.relevel(report, options)


def _output(found: Build, options: argparse.Namespace) -> files.Output:
    """What the folder is to hold. Raises ForeignOutput and OSError."""
    folder, chosen = options.output, found.programs.chosen
    told = {one.place: program(one.names, place_of(folder, one.place), options.stdin_filename) for one in chosen}
    trees = {place: made.files for place, made in found.made.items()}
    kept = found.programs.places
    if found.programs.many and not kept:  # nothing says which programs there are besides those named
        there = files.programs(folder)
        kept = frozenset(
            place
            for place, names in there.items()
            if all(os.path.exists(os.path.join(place_of(folder, place), name)) for name in names)
        )
    return files.Output(trees, told, kept)


def _rule(found: Build, options: argparse.Namespace) -> str:
    """The rule of make, the manifest first. Raises UnspeakableName, and OSError if there is no place for its file."""
    from iamdsl import catalog  # local: not for a compile that is done already

    os.stat(os.path.dirname(options.depfile) or ".")
    paths = [(place, path) for place, known in found.fresh.items() for path in known["outputs"]]
    paths += [(place, path) for place, made in found.made.items() for path in made.files]
    made = sorted({os.path.join(place_of(options.output, place), path) for place, path in paths})
    first = os.path.join(options.output, MANIFEST)
    settings = [options.settings] if options.settings else []
    facts = os.path.join(catalog.default().folder, "version")
    return depfile.rule([first, *[path for path in made if path != first]], [*found.read, *settings, facts])


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
