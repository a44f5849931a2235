"""How long a document may be, and how many things it may hold.

Source: the catalog's table of quotas, which names the page of each. Counted without the white space between tokens,
so that only a document that is too long however it is laid out is reported.
"""

from __future__ import annotations

from iamdsl import analyzer_rules as aws
from iamdsl import document_rules as own
from iamdsl import rules
from iamdsl.diagnostics import Rule
from iamdsl.policy.located import Node
from iamdsl.source import Span
from iamdsl.validation.context import Context

# kind of document: its quota in the catalog, the rule, and what the message calls the quota's owner
_KINDS: dict[str, tuple[str, Rule, str]] = {
    "identity": (
        "managed",
        aws.POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA,
        "a managed policy (10240: inline, of a role)",
    ),
    "boundary": ("managed", aws.POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA, "a managed policy"),
    "session": ("session", aws.POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA, "a session policy"),
    "trust": ("trust", aws.POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA, ""),
    "scp": ("scp", aws.POLICY_SIZE_EXCEEDS_SCP_QUOTA, ""),
    "rcp": ("rcp", aws.POLICY_SIZE_EXCEEDS_RCP_QUOTA, ""),
    "endpoint": ("endpoint", aws.POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA, "an endpoint policy"),
}


def size(context: Context) -> None:
    target = context.target
    if target.kind == "resource":
        if target.type is None:
            return
        name, rule, what = (
            target.type.full,
            aws.POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA,
            f"the policy of a {target.noun}",
        )
    else:
        name, rule, what = _KINDS[target.kind]
    quota = context.facts.catalog.quota(name)
    root = context.policy.root
    if quota is None or (root.end - root.start) * 4 <= quota.limit:
        return
    unit = "nonspace" if target.kind == "trust" else quota.unit
    counted = _count(context.policy.root, unit, context)
    if counted > quota.limit:
        help = "split it, or write fewer and wider names"
        first = Node("object", [], context.policy.root.start, context.policy.root.start + 1)
        context.add(
            rule,
            first,
            help,
            size=counted,
            over=counted - quota.limit,
            limit=quota.limit,
            what=what,
            unit="bytes" if unit == "bytes" else "characters",
        )


def _count(node: Node, unit: str, context: Context) -> int:
    """The size of a document without the white space between its tokens, in the quota's unit."""
    text = context.text
    if unit == "nonspace":
        return len("".join(text[node.start : node.end].split()))
    total = 0
    for start, end in _tokens(node):
        total += len(text[start:end].encode("utf-8", "surrogatepass")) if unit == "bytes" else end - start
    return total + _marks(node)


def _tokens(node: Node) -> list[tuple[int, int]]:
    """The places of keys and of values that hold no others."""
    if node.kind == "object":
        found = []
        for member in node.members:
            found.append((member.start, member.end))
            found += _tokens(member.value)
        return found
    if node.kind == "array":
        return [place for element in node.elements for place in _tokens(element)]
    return [(node.start, node.end)]


def _marks(node: Node) -> int:
    """How many brackets, commas and colons a value has."""
    if node.kind == "object":
        count = len(node.members)
        return 2 + count + max(count - 1, 0) + sum(_marks(member.value) for member in node.members)
    if node.kind == "array":
        return 2 + max(len(node.elements) - 1, 0) + sum(_marks(element) for element in node.elements)
    return 0


def characters(context: Context) -> None:
    """IAM takes some characters only: "IAM and STS quotas", characters allowed in a policy."""
    if context.target.kind not in ("identity", "trust", "boundary", "session"):
        return
    root = context.policy.root
    text = context.text[root.start : root.end]
    if text.isascii():
        return
    wrong = sorted({one for one in text if one > "\u00ff"})
    for one in wrong[:3]:
        at = root.start + text.index(one)
        span = Span(context.path, at, at + 1)
        help = "AWS refuses the policy: write other characters"
        context.report.add(
            rules.BAD_DOCUMENT_CHARACTER, span, help, document="this policy", character=f"U+{ord(one):04X}"
        )


def parts(context: Context) -> None:
    """Quotas of a queue's policy besides its size: SQS developer guide, policy quotas."""
    type = context.target.type
    if context.target.kind != "resource" or type is None or type.full != "sqs:queue":
        return
    statements = context.policy.statements
    counts = {
        "sqs:queue statements": ("statements", len(statements)),
        "sqs:queue principals": ("principals", sum(len(one.principals) for one in statements)),
        "sqs:queue conditions": ("conditions", sum(len(one.tests) for one in statements)),
    }
    for name, (what, count) in counts.items():
        _over(name, what, count, context.policy.elements["Statement"].value, context)
    for statement in statements:
        node = statement.elements.get("Action")
        if node:
            _over(
                "sqs:queue actions in a statement",
                "actions in a statement",
                len(statement.actions),
                node.value,
                context,
            )


def _over(name: str, what: str, count: int, place: Node, context: Context) -> None:
    quota = context.facts.catalog.quota(name)
    if quota and count > quota.limit:
        first = Node(place.kind, place.value, place.start, place.start + 1)
        first.parent, first.name = place.parent, place.name
        context.add(own.OVER_COUNT, first, "divide it", count=count, what=what, limit=quota.limit)
