"""What single sentences grant, in AWS's words and in plain ones."""

from __future__ import annotations

from typing import Any

from iamdsl.access.model import Access, Condition, Grant, Owner, TRUE
from iamdsl.catalog import LEVELS
from iamdsl.compiler import minimized
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.bindings import spoken
from iamdsl.compiler.lower import lower
from iamdsl.compiler.say import say
from iamdsl.compiler.verbs import expand
from iamdsl.diagnostics import Report
from iamdsl.editor.program import Program
from iamdsl.policy import codec
from iamdsl.record import replace
from iamdsl.source import Span

SHOWN = 12  # actions named one by one


def granted(program: Program, span: Span) -> list[Access]:
    """What the sentences within `span`, a place of a piece, say in each document."""
    found = []
    for access in program.grants(span.path):
        grants = [one for one in access.grants if _within(one, span)]
        if grants:
            found.append(replace(access, grants=tuple(grants)))
    return found


def _within(grant: Grant, span: Span) -> bool:
    return any(one.path == span.path and span.start <= one.start and one.end <= span.end for one in grant.origins)


def statements(access: Access, program: Program) -> list[dict[str, Any]]:
    """The statements of `access` alone, as JSON has them."""
    small = minimized(access, formats_of(program.catalog)).grants
    lowered = lower(replace(access, grants=small), program.catalog, Report())
    found: list[dict[str, Any]] = codec.dump(lowered.document)["Statement"]
    return found


def alike(accesses: list[Access]) -> list[tuple[list[Access], Access]]:
    """`accesses` that say the same of several principals, together."""
    found: dict[tuple[str, tuple[Grant, ...]], list[Access]] = {}
    for one in accesses:
        found.setdefault((one.kind, one.grants), []).append(one)
    return [(those, those[0]) for those in found.values()]


def owner_text(owner: Owner, kind: str) -> str:
    """`role etl`, `the trust policy of role etl`, `the policy of bucket datasets`."""
    if kind == "trust":
        return f"the trust policy of role {owner.name}"
    if kind == "resource":
        return f"the policy of {owner.type.partition(':')[2]} {owner.name}"
    return f"{spoken(owner.kind)} {owner.name}"


def action_names(grants: tuple[Grant, ...], program: Program) -> tuple[str, ...]:
    """The actions of the catalog that `grants` name, A to Z; those that they leave out for an `except`."""
    names: set[str] = set()
    for one in grants:
        for action in one.actions:
            names.update(each.full for each in expand(action, program.catalog))
            if action in ("*", "*:*") or not expand(action, program.catalog):
                names.add(action)
    return tuple(sorted(names))


def meaning(access: Access, program: Program) -> list[str]:
    """Lines of Markdown: what `access` says, by condition."""
    lines: list[str] = []
    by_condition: dict[tuple[bool, bool, Condition], list[Grant]] = {}
    for one in access.grants:
        by_condition.setdefault((one.allows, one.except_actions, one.condition), []).append(one)
    for (allows, excepted, condition), grants in by_condition.items():
        names = action_names(tuple(grants), program)
        resources = tuple(dict.fromkeys(arn for one in grants for arn in one.resources))
        verb = "may" if allows else "may **not**"
        what = "everything except " if excepted else ""
        when = f", if {say(condition)}" if condition != TRUE else ""
        count = f"{len(names)} actions" if len(names) > 1 else f"`{names[0]}`" if names else "nothing"
        lines.append(f"{verb} do {what}{count}{when}")
        lines += [f"- {one}" for one in _by_level(names, program)] if len(names) > 1 else []
        lines.append("- on " + ", ".join(f"`{arn}`" for arn in resources[:4]) + _more(len(resources) - 4))
    return lines


def _by_level(names: tuple[str, ...], program: Program) -> list[str]:
    levels: dict[str, list[str]] = {}
    for name in names:
        action = program.catalog.action(name)
        levels.setdefault(action.level if action else "other", []).append(name)
    order = [*LEVELS, "other"]
    return [
        f"{level}: " + ", ".join(f"`{name}`" for name in levels[level][:SHOWN]) + _more(len(levels[level]) - SHOWN)
        for level in sorted(levels, key=order.index)
    ]


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""
