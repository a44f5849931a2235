"""Conditions as clauses and expressions: the named ones where there are, else keys with relations, else AWS's operators."""

from __future__ import annotations

import re

from iamdsl.access.condition import cubes
from iamdsl.access.literal import Literal
from iamdsl.access.model import TRUE, Condition, Test
from iamdsl.catalog import Catalog
from iamdsl.compiler.operators import written
from iamdsl.decompiler.model import Setting
from iamdsl.decompiler.named import named
from iamdsl.decompiler.words import NOWHERE, Unsayable, checked, word
from iamdsl.policy.model import Block
from iamdsl.record import replace
from iamdsl.syntax import ast

_RELATIONS = {"equals": "=", "like": "like", "less": "<", "at-most": "<=", "greater": ">", "at-least": ">="}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_TAGS = {"aws:principaltag/": "principal", "aws:resourcetag/": "resource", "aws:requesttag/": "request"}


class Clauses:
    """Writes the conditions of a document of `setting`; `guardrail`: of one, where callers may be of any account."""

    def __init__(self, catalog: Catalog, setting: Setting, guardrail: bool) -> None:
        self.catalog = catalog
        self.setting = setting
        self.guardrail = guardrail

    def of(self, condition: Condition, allows: bool, as_written: frozenset[str]) -> tuple[ast.Qualifier, ...]:
        """The qualifiers that say `condition`. Keys in `as_written`, in lower case, are not to be asked of the catalog.

        Raises TooManyStatements, Inexpressible and Unsayable.
        """
        if condition == TRUE:
            return ()
        try:
            found = cubes(condition)
        except ValueError as fault:
            raise Unsayable(str(fault)) from None
        if not found:
            raise Unsayable("its condition never holds")
        if len(found) == 1:
            return self._cube(found[0], allows, as_written)
        items = [
            self._joined([_negated(self._atom(one, as_written)) for one in _every(cube)], ast.And) for cube in found
        ]
        return (ast.If(False, self._joined(items, ast.Or), NOWHERE),)

    def written(self, block: Block) -> tuple[ast.Qualifier, ...]:
        """The `Condition` element `block`, operator by operator."""
        items: list[ast.Expression] = []
        for operator, keys in sorted(block):
            for key, values in sorted(keys):
                operands = tuple([word(value) for value in values])
                items.append(ast.Compare("", word(key), operator, operands, False, NOWHERE))
        return (ast.If(False, self._joined(items, ast.And), NOWHERE),) if items else ()

    def _cube(self, cube: tuple[Literal, ...], allows: bool, as_written: frozenset[str]) -> tuple[ast.Qualifier, ...]:
        clauses: list[ast.Qualifier] = []
        wanted: list[ast.Expression] = []
        spared: list[ast.Expression] = []
        for literal in _every(cube):
            atom = self._atom(literal, as_written)
            if isinstance(atom, ast.Not) and not allows:
                spared.append(atom.item)
            elif isinstance(atom, (ast.Clause, ast.TagClause)) and atom.kind not in ("role", "user", "root"):
                clauses.append(atom)
            elif isinstance(atom, ast.Not) and _is(atom.item, "with mfa"):
                clauses.append(ast.Clause("without mfa", (), NOWHERE))
            else:
                wanted.append(_negated(atom))
        clauses = _ordered(clauses)
        if wanted:
            clauses.append(ast.If(False, self._joined(wanted, ast.And), NOWHERE))
        if spared:
            clauses.append(ast.If(True, self._joined(spared, ast.Or), NOWHERE))
        return tuple(clauses)

    def _joined(self, items: list[ast.Expression], node: type[ast.And] | type[ast.Or]) -> ast.Expression:
        return items[0] if len(items) == 1 else node(tuple(items), NOWHERE)

    # ---- one literal

    def _atom(self, literal: Literal, as_written: frozenset[str]) -> ast.Expression:
        """What says `literal`; ast.Not where it is the complement of something."""
        test = literal.test
        plain = None if test.key.lower() in as_written else self._native(literal)
        if plain is not None:
            test, positive = plain
            said = named(test, positive, self.catalog, self.setting, self.guardrail)
            if said is not None:
                return said
            compare = self._compare(test)
            return compare if positive else ast.Not(compare, NOWHERE)
        if literal.test.quantifier == "every":
            each = replace(literal, test=replace(literal.test, quantifier="all"))
            present = Literal(Test(literal.test.key, "present"), True)
            return ast.And((self._atom(present, as_written), self._atom(each, as_written)), NOWHERE)
        operator, values = written(literal)
        operands = tuple([self._operand(value) for value in values])
        return ast.Compare("", self._key(literal.test.key), operator, operands, False, NOWHERE)

    def _compare(self, test: Test) -> ast.Compare:
        operands = tuple([self._operand(value) for value in test.values])
        if test.relation == "present":
            return ast.Compare("", self._key(test.key), "exists", (), False, NOWHERE)
        relation = _RELATIONS[test.relation]
        if relation == "=" and len(operands) > 1:
            relation = "in"
        return ast.Compare(test.quantifier, self._key(test.key), relation, operands, test.ignoring_case, NOWHERE)

    def _key(self, key: str) -> ast.Operand:
        tag = tag_of(key)
        return tag if tag is not None else word(key)

    def _operand(self, value: str) -> ast.Operand:
        if value.startswith("${") and value.endswith("}") and (tag := tag_of(value[2:-1])) is not None:
            return tag
        return word(value)

    def _native(self, literal: Literal) -> tuple[Test, bool] | None:
        """The literal as a test, or the complement of one, that the language has words for; None where it has not."""
        key = self.catalog.key(literal.test.key)
        plain = _plainly(literal)
        if key is None or plain is None:
            return None
        test, positive = replace(plain[0], key=key.name), plain[1]
        if test.relation == "present":
            return test, positive
        if key.type == "ARN" and test.type in ("ARN", "String") and all([_whole(value) for value in test.values]):
            if test.relation == "equals" or test.type == "ARN":
                test = replace(test, type="ARN", relation="equals")
        if key.type != test.type or key.multivalued != bool(test.quantifier) or not test.values:
            return None
        if test.ignoring_case and (key.type != "String" or test.relation != "equals"):
            return None
        return (test, positive) if all([_fits(value, test) for value in test.values]) else None


def _whole(value: str) -> bool:
    """Whether operators for text and for ARNs read the value alike."""
    return value.startswith("arn:") and value.count(":") >= 5 and {"*", "?", "$"}.isdisjoint(value)


_NEGATED = {"=": "!=", "in": "not in", "like": "not like"}


def _negated(node: ast.Expression) -> ast.Expression:
    """`not KEY = V` as `KEY != V`."""
    if isinstance(node, ast.Not) and isinstance(node.item, ast.Compare):
        relation = _NEGATED.get(node.item.relation)
        if relation and not node.item.quantifier:
            return replace(node.item, relation=relation)
    return node


def tag_of(key: str) -> ast.TagOf | None:
    """`resource tag team` for `aws:ResourceTag/team`."""
    head, slash, name = key.partition("/")
    thing = _TAGS.get(f"{head.lower()}/") if slash and name else None
    spelled = head in ("aws:PrincipalTag", "aws:ResourceTag", "aws:RequestTag")
    if thing is None or not spelled or "$" in name or "," in name:
        return None
    return ast.TagOf(thing, word(name), NOWHERE)


def _fits(value: str, test: Test) -> bool:
    """Whether the language takes `value` as it is."""
    if not checked(value):
        return False
    if test.type == "Bool":
        return value in ("true", "false")
    if test.type == "Numeric":
        return _NUMBER.fullmatch(value) is not None
    if test.type == "Date":
        return _MOMENT.fullmatch(value) is not None
    if test.type == "IPAddress":
        from ipaddress import ip_network  # local: few documents name addresses

        try:
            return str(ip_network(value)) in (value, f"{value}/32", f"{value}/128")
        except ValueError:
            return False
    if test.type == "Binary":
        return _BASE64.fullmatch(value) is not None
    if test.type == "ARN" and not (value == "*" or value.startswith("arn:") or "${" in value):
        return False
    bare = re.sub(r"\$\{[^}]*\}", "", value)
    return test.relation == "like" or ("*" not in bare and "?" not in bare)


def _plainly(literal: Literal) -> tuple[Test, bool] | None:
    """The literal as a test or its complement; None where it is neither."""
    test = literal.test
    if test.quantifier == "all":
        return None if literal.positive else (replace(test, quantifier="any"), False)
    if test.quantifier == "every":
        return test, True
    if test.quantifier == "any":
        return (test, True) if literal.positive else None
    if literal.or_absent:
        if test.type == "Bool" and len(test.values) == 1:
            other = "false" if test.values[0] == "true" else "true"
            return Test(test.key, "equals", (other,), "Bool"), False
        opposite = {"less": "at-least", "at-most": "greater", "greater": "at-most", "at-least": "less"}
        if test.relation in opposite:
            return Test(test.key, opposite[test.relation], test.values, test.type), False
        return None
    return test, literal.positive


def _every(cube: tuple[Literal, ...]) -> list[Literal]:
    """The literals, those that all values of a key pass and that the key is there as one."""
    present = {one.test.key for one in cube if one.test.relation == "present" and one.positive}
    found: list[Literal] = []
    joined: set[str] = set()
    for one in cube:
        if one.test.quantifier == "all" and one.positive and one.test.key in present - joined:
            joined.add(one.test.key)
            one = replace(one, test=replace(one.test, quantifier="every"))
        found.append(one)
    return [one for one in found if not (one.test.relation == "present" and one.test.key in joined)]


def _is(node: ast.Expression, kind: str) -> bool:
    return isinstance(node, ast.Clause) and node.kind == kind


_ORDER = ("with mfa", "with mfa within", "from", "via", "to", "in", "outside", "over", "after", "until", "tagged")


def _ordered(clauses: list[ast.Qualifier]) -> list[ast.Qualifier]:
    """Clauses in the order in which people say them; tags of one thing in one."""
    tags: dict[str, ast.TagClause] = {}
    for one in clauses:
        if isinstance(one, ast.TagClause):
            known = tags.get(one.kind)
            tags[one.kind] = replace(known, tags=(*known.tags, *one.tags)) if known else one
    clauses = [*[one for one in clauses if not isinstance(one, ast.TagClause)], *tags.values()]

    def rank(one: ast.Qualifier) -> tuple[int, str]:
        kind = one.kind if isinstance(one, (ast.Clause, ast.TagClause)) else ""
        place = next((n for n, start in enumerate(_ORDER) if kind.startswith(start)), len(_ORDER))
        return place, kind

    return sorted(clauses, key=rank)
