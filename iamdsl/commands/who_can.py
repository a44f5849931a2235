"""`iamdsl who-can ACTION RESOURCE`: every principal that may do it, and under which conditions."""

from __future__ import annotations

import argparse
import sys

from iamdsl.commands import estate as estates
from iamdsl.commands import options as shared
from iamdsl.commands import program, question
from iamdsl.compiler.grantees import Grantee, grantees
from iamdsl.diagnostics import Report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_USAGE = "say which action and on what: `iamdsl who-can s3:GetObject arn:aws:s3:::reports/june.csv`"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.usage = "iamdsl who-can ACTION RESOURCE [FILE|DIR|-]..."
    parser.add_argument(
        "words",
        nargs="*",
        metavar="ACTION RESOURCE FILE",
        help="one action and a resource (an ARN, `*`, or 'bucket reports/june.csv'); then programs, folders that `compile -o` "
        "wrote, policy JSON, `-` (default: .)",
    )
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    shared.findings(parser)
    shared.meaning(parser)


def run(options: argparse.Namespace) -> int:
    if len(options.words) < 2:
        print(f"error: {_USAGE}", file=sys.stderr)
        return 2
    name, target, *files = options.words
    report = Report()
    found = estates.load(files, options, report)
    report.drop("note")  # about output, of which there is none
    if found is None:
        program.show(report, options, sys.stderr)
        return program.status(report) or 2
    action = question.action_named(name, found, report)
    arn = question.resource(target, action, found, report) if action else None
    program.show(report, options, sys.stderr)
    if action is None or arn is None:
        return 2
    made = grantees(found, action.full, arn)
    if options.output_format == "json":
        from iamdsl.policy.codec import text  # local: for people it is not needed

        sys.stdout.write(text([_json(one) for one in made]))
    else:
        lines = [line for one in made for line in _lines(one, report)]
        sys.stdout.write("\n".join(lines or [f"nobody can {action.full} {arn}"]) + "\n")
    return 0


def _json(one: Grantee) -> dict[str, Any]:
    found: dict[str, Any] = {"principal": one.shown, "conditions": list(one.conditions), "sentences": list(one.places)}
    if one.assumed:
        found["assumed"] = one.assumed
    if one.unknown:
        found["unknown"] = one.unknown
    return found


def _lines(one: Grantee, report: Report) -> list[str]:
    if one.unknown:
        return [f"{one.shown}: perhaps; {one.unknown}"]
    first, *others = one.conditions or ("",)
    lines = [f"{one.shown}{': if ' + first if first else ''}", *[f"    or if {other}" for other in others]]
    lines += [f"    taken for granted: {one.assumed}"] if one.assumed else []
    return lines + [f"    by {place}{_quoted(place, report)}" for place in one.places]


def _quoted(place: str, report: Report) -> str:
    path, _, line = place.rpartition(":")
    source = report.sources.get(path)
    return f": {source.line(int(line)).strip()}" if source and line.isdecimal() else ""
