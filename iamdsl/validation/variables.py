"""Policy variables: where they may stand and how they are written.

Source: IAM user guide, "IAM policy elements: variables and tags".
"""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl.policy.located import Node
from iamdsl.validation.context import Context
from iamdsl.validation.reading import Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_ESCAPES = ("*", "?", "$")
# services whose own variables are in no table of condition keys: Transfer Family and IoT developer guides
_OWN_VARIABLES = ("transfer", "iot", "greengrass")


def variables(statement: Statement, context: Context) -> None:
    for member in statement.node.members:
        if "${" not in context.text[member.value.start : member.value.end]:
            continue
        if member.key in ("Resource", "NotResource"):
            for node in member.value.elements:
                _written(node, context)
        elif member.key != "Condition":
            for node in _texts(member.value):
                for name, _ in _found(node.text):
                    help = "name it in full: variables stand in `Resource` and in values of `Condition`"
                    context.add(
                        aws.VARIABLE_UNSUPPORTED_IN_ELEMENT, node, help, element=member.key, variable=f"${{{name}}}"
                    )
    for test in statement.tests:
        for node in test.values:
            if "${" in node.text and test.family not in ("String", "Arn", ""):
                help = "write the value; or compare text or ARNs"
                context.add(aws.INVALID_VARIABLE_FOR_OPERATOR, node, help, operator=test.operator)
            else:
                _written(node, context)


def _texts(node: Node) -> Iterator[Node]:
    """The texts below a node that have a variable."""
    if node.kind == "string":
        if "${" in node.text:
            yield node
    elif node.kind == "array":
        for element in node.elements:
            yield from _texts(element)
    else:
        for member in node.members:
            yield from _texts(member.value)


def _found(text: str) -> Iterator[tuple[str, bool]]:
    """What stands in each `${...}` of `text`, and whether it is closed."""
    at = text.find("${")
    while at >= 0:
        end = text.find("}", at)
        yield (text[at + 2 : end], True) if end >= 0 else (text[at + 2 :], False)
        at = text.find("${", end) if end >= 0 else -1


def _written(node: Node, context: Context) -> None:
    """The variables of one text."""
    if "${" not in node.text:
        return
    for inside, closed in _found(node.text):
        name, comma, default = inside.partition(",")
        default = default.strip()
        if not closed:
            help = "close it with `}`"
            context.add(aws.MISSING_BRACE_IN_VARIABLE, node, help, variable=f"${{{inside}")
        elif inside in _ESCAPES:
            _version(inside, node, context)
        elif not inside.strip():
            context.add(aws.EMPTY_VARIABLE, node, "name a key, such as `${aws:username}`, or delete it")
        elif " " in name:
            help = f"write `${{{name.replace(' ', '')}}}`" if not comma else "delete it"
            context.add(aws.UNSUPPORTED_SPACE_IN_VARIABLE, node, help, variable=f"${{{inside}}}")
        elif comma and not (len(default) > 1 and default[0] == default[-1] == "'"):
            bare = default.strip("'")
            help = f"write `${{{name}, '{bare}'}}`"
            fix = context.replace(node, node.text.replace(f"${{{inside}}}", f"${{{name}, '{bare}'}}"))
            context.add(aws.MISSING_QUOTE_IN_VARIABLE, node, help, fix, variable=f"${{{inside}}}")
        else:
            _version(name, node, context)


def _version(name: str, node: Node, context: Context) -> None:
    """A variable that is well written: does this version have variables, and does a request have this one?"""
    if context.policy.version != "2012-10-17":
        help = 'write `"Version": "2012-10-17"`'
        context.add(aws.VARIABLE_UNSUPPORTED_IN_VERSION, node, help, variable=f"${{{name}}}")
        return
    prefix = name.partition(":")[0].lower()
    if name in _ESCAPES or "." in prefix or prefix in _OWN_VARIABLES or context.facts.key(name):
        return
    help = "CloudFormation fills it in only in a template" if name.startswith("AWS::") else "it names a condition key"
    context.add(own.UNKNOWN_VARIABLE, node, help, name=f"${{{name}}}")
