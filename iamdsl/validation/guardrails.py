"""Resource control policies: their shape, and the guards that keep AWS's own services working.

Source: Organizations user guide, "RCP syntax" and "RCP evaluation"; aws-samples/data-perimeter-policy-examples.
"""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl.validation.context import Context
from iamdsl.validation.reading import Statement, Test

_OF_PRINCIPALS = ("aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount")
_OF_SOURCES = ("aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceaccount")
_SERVICE = "aws:principalisawsservice"


def shape(statement: Statement, context: Context) -> None:
    """An RCP denies, to everyone, actions that it names."""
    principal = statement.elements.get("Principal")
    if principal and not all(one.everyone for one in statement.principals):
        help = 'write `"Principal": "*"`, and name exceptions under `Condition`'
        context.add(aws.RCP_SYNTAX_ERROR_PRINCIPAL, principal, help)
    if "NotAction" in statement.elements:
        context.add(aws.RCP_SYNTAX_ERROR_NOTACTION, statement.elements["NotAction"], "list the actions to deny")
    if statement.allows and not _full_access(statement):
        place = statement.place("Effect")
        help = "`RCPFullAWSAccess`, which AWS attaches, allows everything: write what to deny"
        context.add(aws.RCP_SYNTAX_ERROR_ALLOW, place, help)


def _full_access(statement: Statement) -> bool:
    actions = [node.text for node in statement.actions]
    resources = [node.text for node in statement.resources]
    return actions == ["*"] and resources == ["*"] and not statement.tests and not statement.negated_actions


def guards(statement: Statement, context: Context) -> None:
    """Denies by organization or account beside the tests that tell AWS's services from other callers."""
    if not statement.denies:
        return
    service = [test for test in statement.testing(_SERVICE) if test.family == "Bool"]
    says = {text.lower() for test in service for text in test.texts}
    principals, sources = _negated(statement, _OF_PRINCIPALS), _negated(statement, _OF_SOURCES)
    for test in principals[:1]:
        if "false" not in says and not sources:
            help = f'add `"BoolIfExists": {{"aws:PrincipalIsAWSService": "false"}}`'
            context.add(aws.RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY, test.member, help, key=test.member.key)
    for test in sources[:1]:
        if "true" not in says and not principals:
            help = f'add `"Bool": {{"aws:PrincipalIsAWSService": "true"}}`'
            context.add(aws.RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY, test.member, help, key=test.member.key)
        nulls = [one for one in statement.testing(*_OF_SOURCES) if one.family == "Null" and "false" in one.texts]
        if not nulls:
            help = f'add `"Null": {{"aws:SourceAccount": "false"}}`'
            context.add(aws.RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK, test.member, help, key=test.member.key)


def _negated(statement: Statement, keys: tuple[str, ...]) -> list[Test]:
    return [test for test in statement.testing(*keys) if test.negated]
