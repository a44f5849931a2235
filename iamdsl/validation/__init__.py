"""Policy documents, of AWS's every kind, checked as text: what AWS would find, and what it would not."""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl.catalog import Catalog
from iamdsl.diagnostics import Edit, Label, Report
from iamdsl.policy.located import Malformed, Node, locate
from iamdsl.record import record
from iamdsl.source import Source, Span
from iamdsl.validation.context import KINDS, Context, Target
from iamdsl.validation.facts import Facts
from iamdsl.validation.reading import Paper, Policy
from iamdsl.validation import registry

__all__ = ["KINDS", "Facts", "Kept", "Target", "facts", "review", "validate"]

_facts: dict[int, Facts] = {}


def facts(catalog: Catalog) -> Facts:
    """The look-ups in `catalog`, the same each time, so that documents share what was found."""
    if id(catalog) not in _facts:
        _facts[id(catalog)] = Facts(catalog)
    return _facts[id(catalog)]


@record
class Kept:
    """A document that was validated, and what it is for."""

    paper: Paper
    target: Target


def validate(
    source: Source, target: Target | None, facts: Facts, report: Report, kept: dict[str, Kept] | None = None
) -> Target | None:
    """Report what is wrong with the document that `source` is; None for `target`: work out what it is for.

    `kept`: where to put what was read, by its path; then what it leads to with others is left to who has them all. Returns
    the target, None if the text is no JSON. Never raises, whatever the text.
    """
    report.sources.setdefault(source.path, source)
    try:
        root = locate(source.text)
    except Malformed as fault:
        place = Span(source.path, fault.start, fault.end)
        fix = [Edit((source.path, fault.start, fault.end), "")] if fault.cut else []
        report.add(aws.JSON_SYNTAX_ERROR, [Label(place)], fault.help, fix, "", what=fault.what)
        return None
    return examine(root, source, target, facts, report, kept)


def examine(
    root: Node,
    source: Source,
    target: Target | None,
    facts: Facts,
    report: Report,
    kept: dict[str, Kept] | None = None,
) -> Target:
    """As `validate`, of the document that the value `root` in `source` is."""
    from iamdsl.validation.guess import guess  # local: a compile knows what its documents are for

    policy = Policy(root)
    target = target or guess(policy, source.path, facts)
    if target.kind == "resource" and target.type is None and target.given:
        target = guess_type(policy, target, facts)
    context = Context(source, policy, target, facts, report)
    of_document, of_statement = registry.checks(policy, target.kind)
    for check in of_document:
        check(context)
    for statement in policy.statements:
        for check_statement in of_statement:
            check_statement(statement, context)
    if kept is not None:
        kept[source.path] = Kept(Paper(source.path, policy), target)
    elif target.kind == "identity" and context.grants.leading:
        from iamdsl.validation.escalation import alone  # local: few policies give a step of some way to more

        alone(context)
    return target


def purpose(value: object, path: str, facts: Facts) -> Target:
    """What the document `value`, parsed JSON from the file at `path`, is for."""
    from iamdsl.policy.located import tree  # local: few commands ask
    from iamdsl.validation.guess import guess

    return guess(Policy(tree(value)), path, facts)


def guess_type(policy: Policy, target: Target, facts: Facts) -> Target:
    from iamdsl.validation.guess import policy_type  # local: only for `--kind resource` without a type

    return Target(target.kind, policy_type(policy, facts))


def review(policy: Policy, target: Target, facts: Facts, suggestions: bool) -> Report:
    """What remains to be said of a document that a compile has made; places mean nothing, pointers do."""
    found = Report()
    context = Context(Source("", ""), policy, target, facts, found)
    of_document, of_statement = registry.review(policy, target.kind, suggestions)
    for check in of_document:
        check(context)
    for statement in policy.statements:
        for check_statement in of_statement:
            check_statement(statement, context)
    return found
