"""`iamdsl minimize POLICY.json|-`: anybody's policy, smaller, and proved to be the same."""

from __future__ import annotations

import argparse
import sys

from iamdsl import catalog, read
from iamdsl.catalog import Catalog
from iamdsl.commands import estate, findings
from iamdsl.commands import options as shared
from iamdsl.compiler.condense import Condensed, condense
from iamdsl.compiler.lower import KINDS
from iamdsl.compiler.shorten import PLAIN_ACTIONS
from iamdsl.compiler.verify import EQUAL
from iamdsl.compiler.wildcards import matched, wildcards
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.policy.model import Document
from iamdsl.validation.context import KINDS as EVERY_KIND

LISTED = 20  # wildcards that are shown
NAMED = 4  # actions that are named of each


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("policy", metavar="POLICY.json|-", help="a policy document; `-` is standard input")
    parser.add_argument("--mode", choices=shared.MODES, default="exact", help="which wildcards may be brought in")
    parser.add_argument("--kind", choices=tuple(EVERY_KIND), help="what it is for (default: worked out)")
    parser.add_argument("--stdin-filename", default="-", metavar="NAME", help="what to call standard input")
    shared.findings(parser)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(f"--mode {name:7} {help}" for name, help in shared.WILDCARDS.items())


def run(options: argparse.Namespace) -> int:
    report = Report()
    sources = read.sources([options.policy], options.stdin_filename, report, ".json")
    report.sources.update({source.path: source for source in sources})
    given = estate.document(sources[0], report) if len(sources) == 1 else None
    if given is None:
        if len(sources) > 1:
            print("error: one policy at a time: name a file", file=sys.stderr)
            return 2
        findings.show(report, options, sys.stderr)
        return findings.status(report) or 2
    known = catalog.default()
    kind = options.kind or estate.layer(sources[0].path, given)
    quota = known.quota(KINDS.get(kind, kind))
    limit, unit = (quota.limit, quota.unit) if quota else (0, "characters")
    small = condense(sources[0].text, kind, options.mode, known, unit)
    sys.stdout.write(codec.laid_out(small.value, limit, unit))
    sys.stdout.flush()
    print("\n".join(_said(given, small, kind, options.mode, known)), file=sys.stderr)
    return 0


def _said(given: Document, small: Condensed, kind: str, mode: str, known: Catalog) -> list[str]:
    """What there is to say of the result: its size, the verdict, and what new wildcards stand for."""
    share = f"{small.after / small.before:.1%}"
    counts = f"{len(given.statements)} to {len(small.document.statements)}"
    lines = [f"{small.before} to {small.after} characters ({share}), {counts} statements"]
    if small.proof != EQUAL:
        return [*lines, f"{small.proof}: a smaller document could not be proved the same, this is what was given"]
    if small.closed:
        lines.append(f"equal: proved for the actions that AWS has by the catalog of {known.version}; others may differ")
    else:
        lines.append("equal: proved for all requests")
    if mode != "exact" and kind in PLAIN_ACTIONS:
        lines.append("no wildcards are brought into a policy of this kind: services take few there")
    for name, gap, among in (
        ("statements", small.gap.statements, "of these actions, resources and conditions"),
        ("lists of actions", small.gap.actions, "there are"),
    ):
        if gap is not None:
            lines.append(f"its {name} are {f'at most {gap} characters from ' if gap else ''}the shortest {among}")
    new = sorted(wildcards(small.document.statements) - wildcards(given.statements))
    for text in new[:LISTED]:
        names = [name.partition(":")[2] for name, _ in matched(text, known)]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines.append(f"  {text} stands for {', '.join(names[:NAMED])}{more}")
    if len(new) > LISTED:
        lines.append(f"  and {len(new) - LISTED} more wildcards")
    gone = sum(one.sid is not None for one in given.statements)
    if gone and small.value is not given:
        lines.append(f"Sids are left out: {gone}")
    return lines
