"""Whom the sentences of a document are about."""

from __future__ import annotations

from iamdsl.catalog import Catalog
from iamdsl.decompiler.lots import Lot
from iamdsl.decompiler.model import Setting
from iamdsl.decompiler.named import service
from iamdsl.decompiler.words import NOWHERE, key, word
from iamdsl.syntax import ast

_KINDS = {"AWS": "aws", "Federated": "federated", "Service": "service", "CanonicalUser": "canonical"}
_NOBODY = ast.Subjects((ast.Subject("nobody", (), NOWHERE),), False, NOWHERE)


def subjects(kind: str, lot: Lot, setting: Setting, catalog: Catalog) -> tuple[ast.Subjects | None, bool]:
    """The subjects of a sentence that says `lot` in a document of `kind`, and whether it says `can`."""
    if kind in ("scp", "rcp"):
        return (None, True) if lot.allows else (_NOBODY, True)
    if kind not in ("trust", "resource", "endpoint"):
        return None, lot.allows
    if lot.except_principals:
        spared = ast.Subject("anyone except principal", _words(lot.principals), NOWHERE)
        return ast.Subjects((spared,), False, NOWHERE), lot.allows
    if lot.principals == (("*", "*"),):
        if not lot.allows:
            return _NOBODY, True
        return ast.Subjects((ast.Subject("public", (), NOWHERE),), False, NOWHERE), True
    items: list[ast.Subject] = []
    others: list[tuple[str, str]] = []
    for of, value in lot.principals:
        short = service(value, catalog, setting) if of == "Service" else ""
        account = _account(value, setting) if of == "AWS" else ""
        if short:
            items.append(ast.Subject("service", (word(short),), NOWHERE))
        elif account:
            items.append(ast.Subject("account", (word(account),), NOWHERE))
        else:
            others.append((of, value))
    if others:
        items.append(ast.Subject("principal", _words(tuple(others)), NOWHERE))
    return ast.Subjects(tuple(items), False, NOWHERE), lot.allows


def _account(value: str, setting: Setting) -> str:
    """The id in the ARN of an account's root."""
    parts = value.split(":")
    root = value == f"arn:{setting.partition}:iam::{parts[4]}:root" if len(parts) == 6 else False
    return parts[4] if root and len(parts[4]) == 12 and parts[4].isascii() and parts[4].isdigit() else ""


def _words(principals: tuple[tuple[str, str], ...]) -> tuple[ast.Word, ...]:
    return tuple([one for kind, value in principals for one in (key(_KINDS.get(kind, "aws")), word(value))])
