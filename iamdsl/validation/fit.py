"""Actions beside resources that they act on.

Source: the service authorization reference, resource types of each action.
"""

from __future__ import annotations

from iamdsl import document_rules as own
from iamdsl.policy.located import Node
from iamdsl.validation.arns import open_ended, split
from iamdsl.validation.context import Context
from iamdsl.validation.facts import meets
from iamdsl.validation.reading import Statement

# resources that actions take beyond what the service's table says: CloudFormation user guide, macros
_BEYOND = (("cloudformation", "transform/"),)


def fit(statement: Statement, context: Context) -> None:
    """Each action meets a resource that it takes."""
    if statement.negated_actions or statement.negated_resources or not statement.resources:
        return
    if statement.all_resources or context.target.kind == "trust":
        return
    patterns = [split(node.text) for node in statement.resources]
    if any(len(parts) < 6 or parts[0] != "arn" for parts in patterns):
        return  # a finding of its own
    if any(context.wrong(node) for node in statement.resources):
        return
    if any(parts[2] == service and parts[5].startswith(start) for parts in patterns for service, start in _BEYOND):
        return
    for node in statement.actions:
        formats = context.facts.resource_formats(node.text)
        if any([_fits(parts, format) for format in formats for parts in patterns]):
            continue
        if context.facts.expand(node.text) and not context.wrong(node):
            _misfit(node, [":".join(format) for format in formats], statement, context)


def _fits(parts: list[str], format: tuple[str, ...]) -> bool:
    """Whether an ARN pattern can mean a resource of the format, part by part."""
    for mine, its in zip(parts[2:5], format[2:5]):
        if mine != its and its != "*" and not open_ended(mine):
            return False
    if format[2] == "s3" and format[5] == "*" and "/" in parts[5]:
        return False  # the name of a bucket has none
    return meets(parts[5], format[5])


def _misfit(node: Node, formats: list[str], statement: Statement, context: Context) -> None:
    place = statement.resource_place
    beside = [(place, "none of these")]
    if formats:
        more = f" and {len(formats) - 1} other kinds" if len(formats) > 1 else ""
        help = f"it acts on `{formats[0].replace('arn:*:', 'arn:aws:', 1)}`{more}"
        context.add(own.RESOURCE_MISMATCH, node, help, beside=beside, action=f"`{node.text}`")
    else:
        help = 'give it in a statement of its own with `"Resource": "*"`'
        context.add(own.NEEDS_ALL_RESOURCES, node, help, beside=beside, action=f"`{node.text}`")
