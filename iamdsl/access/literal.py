"""Literals: what a statement can say of one key, as a test or its complement."""

from __future__ import annotations

from iamdsl.access import glob
from iamdsl.access.model import Test
from iamdsl.record import record


@record
class Literal:
    """A test or its complement. `test.quantifier` is "", `any` (some value passes; false on a missing key) or `all` (every
    value passes; true on a missing key), and behind `any` and `all` `positive` speaks of the value: `any`, not positive, is
    "some value fails". `or_absent`: or the key is missing (positive literals of single-valued keys; negative ones hold of a
    missing key as they are).
    """

    test: Test
    positive: bool
    or_absent: bool = False


Cube = tuple[Literal, ...]


def order(literal: Literal) -> tuple[object, ...]:
    test = literal.test
    name = (test.key.lower(), test.key, test.quantifier, test.relation, test.type, test.ignoring_case)
    return (*name, test.values, literal.positive, literal.or_absent)


def policy_variables(*given: Literal) -> frozenset[str]:
    """The policy variables in `given`. AWS says that one which is undefined may void the whole statement: what has none is
    neither merged into what has one nor left to it."""
    return frozenset([name for one in given for value in one.test.values for name in glob.variables(value)])
