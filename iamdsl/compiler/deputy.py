"""Guards that keep a service from acting for somebody else's account (the confused deputy)."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import Condition, Test
from iamdsl.compiler.arns import Arns
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.phrase import Thing
from iamdsl.compiler.words import literal
from iamdsl.diagnostics import Report
from iamdsl.source import Span
from iamdsl.syntax import ast

KINDS = ("for", "for any source")


def stray(qualifiers: tuple[ast.Qualifier, ...], report: Report) -> None:
    """Report `for RESOURCE` and `for any source` where no service is granted anything."""
    for one in qualifiers:
        if isinstance(one, ast.Clause) and one.kind in KINDS:
            report.add(rules.BAD_CLAUSE, one.span, clause=one.kind, why="only a service acts for a source")


def guards(
    service: str,
    qualifiers: tuple[ast.Qualifier, ...],
    keys: tuple[str, ...],
    safe: bool,
    what: str,
    span: Span,
    bindings: Bindings,
    report: Report,
) -> list[Condition]:
    """What a grant of `what` (such as ``role `x` ``) to `service` asks of a request, beside its own clauses.

    `keys` are those that the service sends; `safe` says that it cannot act for another account anyhow.
    """
    clauses = [one for one in qualifiers if isinstance(one, ast.Clause)]
    if any(one.kind == "for any source" for one in clauses):
        return []
    found: list[Condition] = []
    before = report.errors
    if "aws:SourceAccount" in keys:
        if bindings.home:
            found.append(Test("aws:SourceAccount", "equals", (bindings.home,)))
        else:
            help = "declare yours: `account NAME = 111122223333`"
            report.add(rules.NO_HOME, span, help=help, what=f"the guard of {what}")
    sources = [one for one in clauses if one.kind == "for"]
    found += [_source(one, "aws:SourceArn" in keys, service, bindings, report) for one in sources]
    known = bindings.catalog.principal(service, bindings.partition) is not None
    if not found and not safe and known and report.errors == before:
        help = "say for which resource, `for queue jobs`, or, if any is right, `for any source`"
        report.add(rules.CONFUSED_DEPUTY, span, help=help, name=service, what=what)
    return found


def _source(clause: ast.Clause, supported: bool, service: str, bindings: Bindings, report: Report) -> Condition:
    """`for RESOURCE`: the resource on whose behalf the service acts."""
    if not supported:
        why = f"{service} sends no aws:SourceArn"
        report.add(rules.BAD_CLAUSE, clause.span, clause="for", why=why)
    words = clause.values
    arns = Arns(bindings, report)
    if words[0].text.startswith("arn:"):
        return Test("aws:SourceArn", "like", (literal(words[0], bindings.params, report),), "ARN")
    found = bindings.catalog.noun([word.text for word in words])
    if found is None or len(words) != found[1] + 1:
        report.add(rules.UNKNOWN_NOUN, clause.span, help="write `for NOUN NAME`", name=words[0].text)
        return Test("aws:SourceArn", "present", (), "ARN")
    thing = Thing(found[0], literal(words[-1], bindings.params, report), "", clause.span)
    target = arns.target(thing, False, False)
    return Test("aws:SourceArn", "like", arns.own(target, None) if target else (), "ARN")
