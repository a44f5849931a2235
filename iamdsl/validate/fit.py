"""Actions beside resources that they act on.

Source: the service authorization reference, resource types of each action.
"""

from __future__ import annotations

from iamdsl import document_rules as own
from iamdsl.policy.located import Node
from iamdsl.access.glob import anchored
from iamdsl.validate.arns import open_ended, split
from iamdsl.validate.context import Context
from iamdsl.validate.facts import meets
from iamdsl.validate.reading import Statement


def fit(statement: Statement, context: Context) -> None:
    """Each action meets a resource that it takes."""
    if statement.negated_actions or statement.negated_resources or not statement.resources:
        return
    if statement.all_resources or context.target.kind == "trust":
        return
    patterns = [(split(node.text), node.text) for node in statement.resources]
    if not all(text.startswith("arn:") and len(parts) == 6 for parts, text in patterns):
        return  # a finding of its own
    if any(context.wrong(node) for node in statement.resources):
        return
    services = {"*" if open_ended(parts[2]) else parts[2] for parts, _ in patterns}
    for node in statement.actions:
        formats = context.facts.resource_formats(node.text)
        near = [anchored(one) for service, one in formats if "*" in services or service in services or "$" in service]
        if any([meets(text, one) for one in near for _, text in patterns]):
            continue
        if context.facts.expand(node.text) and not context.wrong(node):
            _misfit(node, [one for _, one in formats], statement, context)


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
