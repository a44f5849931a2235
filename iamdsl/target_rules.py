"""Findings about targets, and about what exists: inventories and references to what others own.

IAM770 to IAM779 inventories, IAM780 to IAM789 targets; appended, never reused; `explain/CODE.md` is the page of each.
"""

from __future__ import annotations

from iamdsl.diagnostics import Rule, Rules

RULES = Rules()


def _rule(number: int, slug: str, severity: str, message: str) -> Rule:
    return RULES.declare(f"IAM{number}", slug, severity, message)


# inventories
MISSING = _rule(770, "not-in-inventory", "error", "no inventory has the {kind} `{name}`")
AMBIGUOUS = _rule(771, "ambiguous-in-inventory", "error", "the {kind} `{name}` is one of {count} in the inventory")
DIFFERENT = _rule(772, "other-in-inventory", "error", "the {kind} `{name}` is another in the inventory: `{arn}`")
BAD_INVENTORY = _rule(773, "bad-inventory", "error", "`{path}` is no inventory: {why}")
UNDECLARED = _rule(
    774, "undeclared-of-inventory", "error", "the {kind} `{name}` is not declared, and an inventory has it"
)

# targets
UNRESOLVED = _rule(780, "not-known-to-target", "error", "{target} does not know the {kind} `{name}`")
BAD_ADDRESS = _rule(781, "bad-address", "error", "`{name}` is not {what}")
UNSAYABLE = _rule(782, "target-cannot-say", "error", "{target} cannot say this: {why}")
NAME_CLASH = _rule(783, "policy-name-clash", "error", "two managed policies would be called `{name}`")
TRUST_CIRCLE = _rule(784, "trust-circle", "error", "roles trust each other in a circle: {chain}")
BAD_DESCRIPTION = _rule(785, "bad-description", "error", "the description of {what} {why}")
TARGET_OUTPUT = _rule(786, "target-output", "error", "`{path}` holds policies in the form of {target}")
LIKE_ADDRESS = _rule(787, "like-an-address", "warning", "`{value}` is taken for the name of a {kind} in AWS")
