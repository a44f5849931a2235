"""Policies that give much: everything, all of a service, all but what they list."""

from __future__ import annotations

from iamdsl import document_rules as own
from iamdsl.validation.actions import wild
from iamdsl.validation.context import Context
from iamdsl.validation.reading import Statement

# keys of when and from where a request comes: who may do everything under them may do everything
CIRCUMSTANCES = (
    *("aws:multifactorauthpresent", "aws:multifactorauthage", "aws:sourceip", "aws:sourcevpc", "aws:sourcevpce"),
    *("aws:vpcsourceip", "aws:requestedregion", "aws:securetransport", "aws:currenttime", "aws:epochtime"),
    *("aws:principalarn", "aws:principalorgid", "aws:principalaccount", "aws:resourceaccount", "aws:resourceorgid"),
)


def everything(statement: Statement) -> bool:
    """Whether the statement allows every action on every resource, if nothing but circumstances limits it."""
    if not statement.allows or not statement.all_resources or statement.negated_actions:
        return False
    circumstances = all(test.key in CIRCUMSTANCES for test in statement.tests)
    return circumstances and any(not node.text.strip("*:") for node in statement.actions)


def admin(context: Context) -> None:
    """Everything, or all of a service, on everything."""
    for statement in context.policy.statements:
        if everything(statement):
            node = next(node for node in statement.actions if not node.text.strip("*:"))
            help = "name what it is for; or attach `AdministratorAccess`, which says so"
            context.add(own.ADMIN_ACCESS, node, help)
        elif statement.allows and not statement.tests and statement.all_resources and not statement.negated_actions:
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
