"""Documents to JSON text."""

from __future__ import annotations

import json

from iamdsl.policy.model import Block, Document, Statement

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def dump(document: Document) -> dict[str, Any]:
    """The document as AWS's JSON; a list of one is its only value, as AWS's own examples write it."""
    return {"Version": document.version, "Statement": [_statement(one) for one in document.statements]}


def text(value: Any) -> str:
    """JSON text as this project writes it: two spaces, short lists of names on lines of their own, a final newline."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def compact(document: Document) -> str:
    """The document without needless white space: what AWS counts for most quotas."""
    return json.dumps(dump(document), separators=(",", ":"), ensure_ascii=False)


def _statement(one: Statement) -> dict[str, Any]:
    found: dict[str, Any] = {"Sid": one.sid} if one.sid else {}
    found["Effect"] = one.effect
    if one.principal:
        found["Principal"] = _principal(one.principal)
    for name, values in (
        ("Action", one.action),
        ("NotAction", one.not_action),
        ("Resource", one.resource),
        ("NotResource", one.not_resource),
    ):
        if values is not None:
            found[name] = _values(values)
    if one.condition:
        found["Condition"] = _condition(one.condition)
    return found


def _principal(pairs: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    kinds = dict.fromkeys(kind for kind, _ in pairs)
    return {kind: _values(tuple(value for of, value in pairs if of == kind)) for kind in kinds}


def _values(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _condition(block: Block) -> dict[str, Any]:
    return {operator: {key: _values(values) for key, values in keys} for operator, keys in block}
