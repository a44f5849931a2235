"""Policies that give much: everything, all of a service, all but what they list."""

from __future__ import annotations

from iamdsl import document_rules as own
from iamdsl.validation.actions import wild
from iamdsl.validation.context import Context
from iamdsl.validation.reading import Statement


def everything(statement: Statement) -> bool:
    """Whether the statement is about every action on every resource, always."""
    return (
        not statement.negated_actions
        and any(node.text in ("*", "*:*") for node in statement.actions)
        and statement.all_resources
        and not statement.tests
    )


def admin(context: Context) -> None:
    """Everything, or all of a service, on everything."""
    for statement in context.policy.statements:
        if not statement.allows or statement.tests:
            continue
        if everything(statement):
            node = next(node for node in statement.actions if node.text in ("*", "*:*"))
            help = "name what it is for; or attach `AdministratorAccess`, which says so"
            context.add(own.ADMIN_ACCESS, node, help)
        elif statement.all_resources and not statement.negated_actions:
            for node in statement.actions:
                service, _, name = node.text.partition(":")
                if name and not name.strip("*") and not wild(service):
                    context.add(own.WHOLE_SERVICE, node, "name actions or resources", service=service.lower())


def negations(statement: Statement, context: Context) -> None:
    """`Allow` with what is not listed."""
    if not statement.allows:
        return
    if statement.negated_actions:
        help = "list what is allowed; or allow services and deny the exceptions"
        context.add(own.ALLOW_NOT_ACTION, statement.action_place, help)
    if statement.negated_resources:
        help = "list what is allowed; or allow `*` and deny the exceptions"
        context.add(own.ALLOW_NOT_RESOURCE, statement.resource_place, help)
