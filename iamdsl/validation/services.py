"""Services as principals of a resource's policy: for whom they act.

Source: IAM user guide, "The confused deputy problem" and "AWS global condition context keys".
"""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl.validation.arns import split
from iamdsl.validation.context import Context, shown
from iamdsl.validation.reading import Statement, Test

SOURCES = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths")
# keys that some use for the source, and that do not say it
_WEAKER = (
    *("aws:referer", "aws:sourceip", "aws:useragent", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner"),
    *("aws:principalisawsservice", "aws:principalservicename", "aws:viaawsservice", "aws:securetransport"),
)
# keys about a principal with an account, which a service is not
_OF_ACCOUNTS = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltag/",
    "aws:userid",
    "aws:username",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
)


def source(statement: Statement, context: Context) -> None:
    """A service may act here for a named account or resource only."""
    if not statement.allows or context.target.kind != "resource" or statement.negated_principals:
        return
    if any(_names_source(test) for test in statement.testing(*SOURCES)):
        return
    weaker = statement.testing(*_WEAKER)
    for principal in statement.principals:
        deputy = context.facts.catalog.confused_deputy(principal.text) if principal.kind == "Service" else None
        if not deputy or not deputy.policy:
            continue
        help = f"add {shown(deputy.policy)}"
        context.add(aws.RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL, principal.node, help, service=principal.text)
        for test in weaker:
            help = f"use {shown(deputy.policy)}"
            context.add(
                aws.RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL,
                test.member,
                help,
                key=test.member.key,
                service=principal.text,
            )


def _names_source(test: Test) -> bool:
    """Whether the test names an account, or a resource of one: any resource of any account is no source."""
    if test.key != "aws:sourcearn" or test.family == "Null":
        return bool(test.values)
    parts = [split(text) for text in test.texts]
    return any(len(one) < 6 or one[4] != "*" or not one[5].endswith("*") for one in parts)


def absent_keys(statement: Statement, context: Context) -> None:
    """Keys that no request of a service carries, so that the statement never applies to it."""
    if context.target.kind not in ("resource", "trust") or statement.negated_principals or not statement.allows:
        return
    services = [one for one in statement.principals if one.kind == "Service"]
    if not services or len(services) < len(statement.principals):
        return
    tagging = all(["sts:TagSession" in context.facts.catalog.assume_actions(one.text) for one in services])
    keys_of = [key for key in _OF_ACCOUNTS if key != "aws:principaltag/" or not tagging]  # Roles Anywhere, trust model
    tests = [
        test
        for test in statement.testing(*keys_of)
        if test.family != "Null" and not test.if_exists and not test.negated and test.qualifier != "ForAllValues"
    ]
    if tests:
        keys = shown(dict.fromkeys([test.member.key for test in tests]))
        help = f"delete it, and test {shown(('aws:SourceArn', 'aws:SourceAccount'))}"
        service = shown([one.text for one in services])
        context.add(
            aws.UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL, tests[0].member, help, service=service, keys=keys
        )


def irrelevant(statement: Statement, context: Context) -> None:
    """Keys about the resource in the resource's own policy, where they are always the same."""
    if context.target.kind not in ("resource", "trust"):
        return
    for test in statement.testing(
        "s3:resourceaccount", "aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"
    ):
        help = "delete it; in an identity policy it limits which resources may be used"
        type = "role" if context.target.kind == "trust" else context.target.noun
        context.add(aws.IRRELEVANT_CONDITION_KEY_IN_POLICY, test.member, help, key=test.member.key, type=type)
