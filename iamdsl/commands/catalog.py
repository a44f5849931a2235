"""`iamdsl catalog show|search|version|drift`: what AWS and the verb library offer, offline; what changed since."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl import catalog
from iamdsl.catalog import search
from iamdsl.compiler import entries
from iamdsl.emit.paths import MANIFEST

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from iamdsl.compiler.drift import Drift

LIMIT = 20


PARTS = {
    "show": "one thing in full: `read bucket` (a verb), `s3:GetObject` (an action), `bucket` (a type), `aws:SourceIp`",
    "search": "words in the names of all of them, or in what is said about a verb",
    "version": "the date of the data",
    "drift": "what AWS has changed since a manifest was written: what its wildcards now also match, and what is gone",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"{name:8} {help}" for name, help in PARTS.items())
    parser.add_argument("part", choices=tuple(PARTS), metavar="show|search|version|drift", help="see below")
    parser.add_argument("words", nargs="*", metavar="WORD", help="what to show or search for; the manifest")
    parser.add_argument("--strict", action="store_true", help="of `drift`: status 1 where anything changed")
    parser.add_argument("--output-format", choices=("text", "json"), default="text", help="json: a list of all found")
    parser.add_argument(
        "--limit", type=_count, default=LIMIT, metavar="N", help=f"found things shown (default: {LIMIT})"
    )


def _count(text: str) -> int:
    if not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError("a number from 1")
    return int(text)


def run(options: argparse.Namespace) -> int:
    if bool(options.words) == (options.part == "version"):
        what = "takes no words" if options.words else "of what? add a word, such as `bucket`"
        print(f"error: `iamdsl catalog {options.part}` {what}", file=sys.stderr)
        return 2
    return {"show": _show, "search": _search, "version": _version, "drift": _drift}[options.part](options)


def _show(options: argparse.Namespace) -> int:
    reference = entries.Reference(catalog.default())
    words = " ".join(options.words).split()
    found = reference.find(words)
    if not found:
        close = reference.suggestion(words)
        hint = f": did you mean `{close}`?" if close else "; `iamdsl catalog search` finds names by the words in them"
        print(f"error: nothing is called `{' '.join(words)}`{hint}", file=sys.stderr)
        return 1
    if options.output_format == "json":
        _json(found)
    else:
        sys.stdout.write("\n".join(entries.text(one) for one in found))
    return 0


def _search(options: argparse.Namespace) -> int:
    known = catalog.default()
    reference = entries.Reference(known)
    services = reference.library.services()
    verbs = [one for service in services for one in reference.library.shipped(service)]
    every = [search.Entry("verb", f"{verb} {noun}", comment) for verb, noun, comment in verbs]
    words = " ".join(options.words)
    found = search.rank(words, [*every, *search.entries(known)], frozenset(services))
    if options.output_format == "json":
        _json([{"kind": one.kind, "name": one.name, "about": one.about} for one in found[: options.limit]])
    if not found:
        print(f"error: nothing has {'all of ' if ' ' in words else ''}`{words}` in its name", file=sys.stderr)
        return 1
    if options.output_format == "text":
        width = min(max(len(one.name) for one in found[: options.limit]), 48)
        for one in found[: options.limit]:
            sys.stdout.write(f"{one.kind:7} {one.name:{width}}  {one.about}".rstrip() + "\n")
        if len(found) > options.limit:
            print(f"{len(found) - options.limit} more: `--limit {len(found)}` shows all", file=sys.stderr)
    return 0


def _drift(options: argparse.Namespace) -> int:
    from iamdsl.commands.drifted import drifted, tell  # local: the other parts have no manifest
    from iamdsl.commands.findings import show, status  # local: as above
    from iamdsl.diagnostics import Report  # local: as above

    report = Report()
    found: list[Drift] = []
    for name in options.words:
        path = os.path.join(name, MANIFEST) if os.path.isdir(name) else name
        changed = drifted(path, report)
        found += [one for several in changed.values() for one in several]
        tell(changed, report)
    if options.strict:
        report.promote("warning", "error")
    if options.output_format == "json":
        names = ("kind", "text", "level", "actions", "place")
        _json([{name: getattr(one, name) for name in names} for one in found])
        report.drop("warning")
    show(
        report, argparse.Namespace(output_format="text"), sys.stderr if options.output_format == "json" else sys.stdout
    )
    return status(report)


def _version(options: argparse.Namespace) -> int:
    known = catalog.default()
    if options.output_format == "json":
        actions = sum(kind == "action" for kind, _name, _about in known.index())
        _json({"version": known.version, "services": len(known.services()), "actions": actions})
    else:
        print(known.version)
    return 0


def _json(value: Any) -> None:
    import json  # local: for `--output-format json` only

    sys.stdout.write(json.dumps(value, indent=2) + "\n")
