"""`iamdsl validate`: what is wrong with policy documents, as data on standard output."""

from __future__ import annotations

import argparse
import os
import sys

from iamdsl import catalog, read
from iamdsl.commands import findings
from iamdsl.commands import options as shared
from iamdsl.diagnostics import SEVERITIES, Report
from iamdsl.validation import KINDS, Facts, Kept, Target, facts, validate
from iamdsl.validation.grants import Grants

MANIFEST = "manifest.json"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", metavar="FILE|DIR|-", help="documents; `-` is standard input (default: .)")
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    parser.add_argument("--kind", choices=tuple(KINDS), help="what they are for (default: worked out for each)")
    parser.add_argument("--resource-type", metavar="TYPE", help="what a resource policy is on, such as s3:bucket")
    parser.add_argument(
        "--fail-on", choices=SEVERITIES[:3], default="error", help="status 1 from which findings on (default: error)"
    )
    shared.findings(parser)


def run(options: argparse.Namespace) -> int:
    known = facts(catalog.default())
    target = chosen(options, known)
    if target is None and (options.kind or options.resource_type):
        return 2
    report = Report()
    sources = read.sources(options.files or ["."], options.stdin_filename, report, ".json")
    named = {name.replace(os.sep, "/") for name in options.files}
    manifests = [one for one in sources if os.path.basename(one.path) == MANIFEST and one.path not in named]
    documents = [one for one in sources if one not in manifests]  # `compile -o` writes those beside
    kept: dict[str, Kept] | None = {} if len(sources) > 1 else None
    for source in documents:
        validate(source, target, known, report, kept)
    leading = [
        one for one in (kept or {}).values() if one.target.kind == "identity" and Grants(one.paper.policy).leading
    ]
    if kept and (manifests or leading):
        from iamdsl.commands.together import together  # local: few sets of documents hold a step of some way to more

        together(kept, [one.path for one in manifests], known, report)
    findings.weigh(report, options)
    findings.show(report, options, sys.stdout)
    levels = SEVERITIES[: SEVERITIES.index(options.fail_on) + 1]
    return findings.status(report) or (1 if any(one.level in levels for one in report) else 0)


def chosen(options: argparse.Namespace, known: Facts) -> Target | None:
    """What the documents are for, as far as the options say; None if they do not, or wrongly."""
    if not options.resource_type:
        return Target(options.kind) if options.kind else None
    if options.kind not in (None, "resource"):
        print(f"error: `--resource-type` goes with `--kind resource`, not with {options.kind}", file=sys.stderr)
        return None
    type = known.policy_type(options.resource_type)
    if type is None:
        listed = [policy.type for policy in known.catalog.resource_policies()]
        from difflib import get_close_matches  # local: only where something is wrong

        near = get_close_matches(options.resource_type, listed, 1, 0.5)
        hint = f": did you mean `{near[0]}`?" if near else f", such as `{listed[0]}`"
        print(f"error: no type with a policy is called `{options.resource_type}`{hint}", file=sys.stderr)
        return None
    return Target("trust") if type.full == "iam:role" else Target("resource", type)
