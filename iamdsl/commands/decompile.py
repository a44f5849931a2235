"""`iamdsl decompile`: policy JSON to sentences that mean the same, proved."""

from __future__ import annotations

import argparse
import json
import sys

from iamdsl import catalog, read, rules
from iamdsl.commands import findings
from iamdsl.commands import options as shared
from iamdsl.commands.validate import chosen
from iamdsl.decompiler import Input, decompile, declared, printed, setting_of
from iamdsl.decompiler.naming import apart, file_name, resource_name
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.record import replace
from iamdsl.source import Source, Span
from iamdsl.validation import KINDS, Target, facts, purpose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE|DIR|-", help="documents; `-` is standard input (default: -)")
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    parser.add_argument("--kind", choices=tuple(KINDS), help="what they are for (default: worked out for each)")
    parser.add_argument("--resource-type", metavar="TYPE", help="what a resource policy is on, such as s3:bucket")
    shared.findings(parser)


def run(options: argparse.Namespace) -> int:
    target = chosen(options, facts(catalog.default()))
    if target is None and (options.kind or options.resource_type):
        return 2
    report = Report()
    sources = read.sources(options.files or ["-"], options.stdin_filename, report, ".json")
    report.sources.update({source.path: source for source in sources})
    text = said(sources, target, report)
    findings.weigh(report, options)
    if not report.failed:
        sys.stdout.write(text)
    findings.show(report, options, sys.stderr)
    return findings.status(report)


def said(sources: Iterable[Source], target: Target | None, report: Report) -> str:
    """The program that says what the documents in `sources` do, "" with findings where that cannot be said."""
    inputs = [found for source in sources if (found := _input(source, target, report)) is not None]
    return _text(inputs, report) if not report.failed else ""


def _input(source: Source, target: Target | None, report: Report) -> Input | None:
    """The document that `source` holds; None, and a finding, if it holds none."""
    try:
        document = codec.read(source.text, "")
    except codec.Malformed as fault:
        at = fault.offset or 0
        help = f"at `{fault.pointer}`" if fault.pointer else ""
        place = Span(source.path, at, at + 1)
        report.add(rules.MALFORMED_POLICY, place, help=help, path=source.path, why=fault.message)
        return None
    target = target or purpose(json.loads(source.text), source.path, facts(catalog.default()))
    if target.kind == "resource" and target.type is None:
        help = "say it: `--resource-type s3:bucket`, or `--kind` if it is no resource's"
        why = "which type of resource it is on cannot be told"
        report.add(rules.NOT_SAID, Span(source.path, 0, 1), help=help, document=source.path, why=why)
        return None
    owner = {"identity": "policy", "trust": "role"}.get(target.kind, target.type.full if target.type else "")
    name = file_name("" if source.path == "-" else source.path, target.kind) or "policy"
    return Input(target.kind, document, owner, name, source.path, Span(source.path, 0, 1))


def _text(inputs: list[Input], report: Report) -> str:
    """The program that says `inputs`."""
    known = catalog.default()
    setting = setting_of(inputs, known)
    taken: dict[str, set[str]] = {}
    named: list[Input] = []
    for one in inputs:
        name = apart(one.name, taken.setdefault(one.kind, set()))
        if one.kind == "resource" and (type := known.type(one.owner)) is not None:
            name = apart(resource_name(one.document, type, name, setting, known), taken.setdefault(one.owner, set()))
        named.append(replace(one, name=name))
    said = decompile(named, setting, known, report)
    return printed([*declared(setting), *[line for one in said for line in one.lines]])
