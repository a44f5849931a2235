"""What the rules for AWS's own terms build: `exactly`, and principals as AWS writes them."""

from __future__ import annotations

from iamdsl.source import Span
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def phrase(what: Any, qualifiers: tuple[ast.Qualifier, ...], span: Span) -> ast.Phrase:
    """What follows `can`: groups, or an `exactly`."""
    if isinstance(what, ast.Exactly):
        return ast.Phrase((), qualifiers, span, what)
    return ast.Phrase(what, qualifiers, span)


def _exactly(parts: list[Any], span: Span) -> ast.Exactly:
    """Names, or for `except` a list that holds them."""
    actions, resources = parts[0], parts[1] if len(parts) > 1 else ()
    all_but = isinstance(actions, _AllBut), isinstance(resources, _AllBut)
    return ast.Exactly(tuple(actions), tuple(resources), *all_but, span)


class _AllBut(tuple[ast.Word, ...]):
    """The names behind `except`."""


def _principal(kind: str) -> Callable[[list[Any], Span], Any]:
    return lambda parts, span: (ast.Word(kind, False, parts[0].span), parts[0])


TERMS: dict[str, Callable[[list[Any], Span], Any]] = {
    "exactly": _exactly,
    "all_but": lambda parts, span: _AllBut(parts[0]),
    "named_principals": lambda parts, span: tuple(word for pair in parts for word in pair),
    "principal_of_aws": _principal("aws"),
    "principal_federated": _principal("federated"),
    "principal_service": _principal("service"),
    "principal_canonical": _principal("canonical"),
}
