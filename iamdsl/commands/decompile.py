"""`iamdsl decompile`: policy JSON to sentences that mean the same, proved."""

from __future__ import annotations

import argparse
import json
import sys

from iamdsl import catalog, read, rules
from iamdsl.commands import findings
from iamdsl.commands import options as shared
from iamdsl.commands.validate import chosen
from iamdsl.decompiler import Decompiler, Input, Setting, decompile, declared, printed, setting_of
from iamdsl.decompiler.naming import apart, file_name, resource_name
from iamdsl.decompiler.phrases import AS_WRITTEN, PLAIN
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.model import Document
from iamdsl.record import replace
from iamdsl.source import Source, Span
from iamdsl.validation import KINDS, Target, facts, purpose
from iamdsl.validation.guess import policy_type
from iamdsl.validation.reading import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamdsl.adopt.model import Reference

WHOLE_BYTES = 512 * 1024 * 1024  # of a file that holds a whole account: some have a hundred megabytes


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        metavar="FILE|DIR|-",
        help="documents, or text that holds some: JSON, YAML, Terraform, CloudFormation; `-` is standard input (default: -)",
    )
    parser.add_argument(
        "--account",
        action="append",
        default=[],
        metavar="FILE",
        help="a whole account: what `aws iam get-account-authorization-details` prints, and policies of its resources",
    )
    parser.add_argument("-o", dest="output", metavar="DIR", help="write the program of an account into this folder")
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    parser.add_argument("--kind", choices=tuple(KINDS), help="what they are for (default: worked out for each)")
    parser.add_argument("--resource-type", metavar="TYPE", help="what a resource policy is on, such as s3:bucket")
    shared.findings(parser)


def run(options: argparse.Namespace) -> int:
    target = chosen(options, facts(catalog.default()))
    if target is None and (options.kind or options.resource_type):
        return 2
    report = Report()
    names = options.files or ([] if options.account else ["-"])
    limit = WHOLE_BYTES if options.account or options.output else read.MAX_BYTES
    sources = read.sources([*options.account, *names], options.stdin_filename, report, ".json", limit)
    report.sources.update({source.path: source for source in sources})
    whole = bool(options.account or options.output) and not report.failed
    if whole or not all([_is_policy(source) for source in sources]):
        from iamdsl.adopt.found import found  # local: a policy document needs none of it

        apart = report if whole else Report()
        held = found(sources, catalog.default(), apart)
        if whole or held.whole:
            from iamdsl.commands.account import account  # local: as above

            return account(held, options, apart)
    text = said(sources, target, report)
    findings.weigh(report, options)
    if not report.failed:
        sys.stdout.write(text)
    findings.show(report, options, sys.stderr)
    return findings.status(report)


def said(sources: Iterable[Source], target: Target | None, report: Report) -> str:
    """The program that says what the documents in `sources` do, "" with findings where that cannot be said.

    A source is a document, or text that holds some: a single statement, Terraform, YAML.
    """
    inputs: list[Input] = []
    references: list[Reference] = []
    for source in sources:
        if _is_policy(source):
            inputs += _input(source, target, report)
        else:
            inputs += _inside(source, target, references, report)
    return _text(inputs, report, references) if not report.failed else ""


def _is_policy(source: Source) -> bool:
    """Whether `source` is one policy document in JSON, well-formed or not."""
    try:
        value = json.loads(source.text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "Statement" in value


def _inside(source: Source, target: Target | None, references: list[Reference], report: Report) -> list[Input]:
    """The documents in a text that is none itself; what they refer to is added to `references`."""
    from iamdsl.adopt.found import found  # local: a policy document needs none of it

    held = found((source,), catalog.default(), report)
    references += held.account.references
    inputs: list[Input] = []
    for one in held.loose:
        given = target or Target(one.kind, policy_type(Policy(one.paper.node), facts(catalog.default())))
        inputs += _whose(given, one.paper.document, source.path, one.paper.place, report)
    return inputs


def _input(source: Source, target: Target | None, report: Report) -> list[Input]:
    """The document that `source` is; none, and a finding, if it is none."""
    try:
        document = codec.read(source.text, "")
    except codec.Malformed as fault:
        at = fault.offset or 0
        help = f"at `{fault.pointer}`" if fault.pointer else ""
        place = Span(source.path, at, at + 1)
        report.add(rules.MALFORMED_POLICY, place, help=help, path=source.path, why=fault.message)
        return []
    target = target or purpose(json.loads(source.text), source.path, facts(catalog.default()))
    return _whose(target, document, source.path, Span(source.path, 0, 1), report)


def _whose(target: Target, document: Document, path: str, place: Span, report: Report) -> list[Input]:
    """The input of a document that is for `target`; none, and a finding, where the resource's type is not known."""
    if target.kind == "resource" and target.type is None:
        help = "say it: `--resource-type s3:bucket`, or `--kind` if it is no resource's"
        why = "which type of resource it is on cannot be told"
        report.add(rules.NOT_SAID, place, help=help, document=path, why=why)
        return []
    owner = {"identity": "policy", "trust": "role"}.get(target.kind, target.type.full if target.type else "")
    name = file_name("" if path == "-" else path, target.kind) or "pasted"
    return [Input(target.kind, document, owner, name, path, place)]


def _text(inputs: list[Input], report: Report, references: Sequence[Reference]) -> str:
    """The program that says `inputs`, with a parameter for each of `references`."""
    known = catalog.default()
    setting = setting_of(inputs, known)
    taken: dict[str, set[str]] = {}
    named: list[Input] = []
    for one in inputs:
        name = apart(one.name, taken.setdefault(one.kind, set()))
        if one.kind == "resource" and (type := known.type(one.owner)) is not None:
            name = apart(resource_name(one.document, type, name, setting, known), taken.setdefault(one.owner, set()))
        named.append(replace(one, name=name))
    if references:
        return _marked(named, setting, report, references)
    said = decompile(named, setting, known, report)
    return printed([*declared(setting), *[line for one in said for line in one.lines]])


def _marked(inputs: list[Input], setting: Setting, report: Report, references: Sequence[Reference]) -> str:
    """As `_text`, of documents with marks for what is not known."""
    from iamdsl.adopt.marks import by_mark, is_open, named  # local: as above
    from iamdsl.adopt.said import params  # local: as above

    decompiler = Decompiler(setting, catalog.default(), report)
    said = [decompiler.said(one, AS_WRITTEN if is_open(one.document) else PLAIN) for one in inputs]
    lines = [*declared(setting), *[line for one in said for line in one.lines]]
    text = printed(named(tuple(lines), by_mark(references)))
    used = [one for one in references if f"{{{one.name}}}" in text]
    return printed(params(used)) + text
