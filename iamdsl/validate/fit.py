"""Actions beside resources that they act on.

Source: the service authorization reference, resource types of each action.
"""

from __future__ import annotations

from iamdsl import document_rules as own
from iamdsl.access.glob import overlap
from iamdsl.catalog import Action
from iamdsl.policy.located import Node
from iamdsl.validate.context import Context
from iamdsl.validate.reading import Statement


def fit(statement: Statement, context: Context) -> None:
    """Each action meets a resource that it takes."""
    if statement.negated_actions or statement.negated_resources or not statement.resources:
        return
    if statement.all_resources or context.target.kind == "trust":
        return
    patterns = [node.text for node in statement.resources]
    if not all(text.startswith("arn:") and text.count(":") > 4 for text in patterns):
        return  # a finding of its own
    if any(context.wrong(node) for node in statement.resources):
        return
    for node in statement.actions:
        found = context.facts.expand(node.text)
        if found and not any([_meets(action, patterns, context) for action in found]):
            _misfit(node, found[0], statement, context)


def _meets(action: Action, patterns: list[str], context: Context) -> bool:
    return any([overlap(pattern, format) for format in context.facts.resource_formats(action) for pattern in patterns])


def _misfit(node: Node, action: Action, statement: Statement, context: Context) -> None:
    formats = context.facts.resource_formats(action)
    place = statement.resource_place
    beside = [(place, "none of these")]
    if formats:
        more = f" and {len(formats) - 1} other kinds" if len(formats) > 1 else ""
        help = f"it acts on `{formats[0].replace('arn:*:', 'arn:aws:', 1)}`{more}"
        context.add(own.RESOURCE_MISMATCH, node, help, beside=beside, action=f"`{node.text}`")
    else:
        help = 'give it in a statement of its own with `"Resource": "*"`'
        context.add(own.NEEDS_ALL_RESOURCES, node, help, beside=beside, action=f"`{node.text}`")
