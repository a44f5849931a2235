"""Conditions as formulas over one kind of atom, and the values a request may give a key so that some atoms hold.

An atom says "some value of the key is in the language" (`inside`) or "is not in it". That is all there is: a key is present if
some value is not in the empty language, and every value is in a language unless some value is not. Atoms of a key are the
bits of integers.
"""

from __future__ import annotations

from iamdsl.access.machine import Budget
from iamdsl.access.model import And, Condition, Not, Test
from iamdsl.access.values import TEXT, Language, choose, language

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

EMPTY = Language(TEXT, "like", (), ())
RESOURCE, PRINCIPAL = "resource", "principal"  # no condition key is without a colon


class All:
    """True when all of `items` are."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Formula, ...]) -> None:
        self.items = items


class Some:
    """True when one of `items` is."""

    __slots__ = ("items",)

    def __init__(self, items: tuple[Formula, ...]) -> None:
        self.items = items


Literal = tuple[str, int, bool]  # key, bit of the atom, whether it holds
Values = tuple[str, ...]
Formula = Literal | All | Some
ALWAYS = All(())
NEVER = Some(())


def both(items: Iterable[Formula]) -> Formula:
    """All of `items`, flat; NEVER if one is that."""
    flat: dict[Formula, None] = {}
    for item in items:
        for part in item.items if isinstance(item, All) else (item,):
            if isinstance(part, Some) and not part.items:
                return NEVER
            flat[part] = None
    return next(iter(flat)) if len(flat) == 1 else All(tuple(flat)) if flat else ALWAYS


def either(items: Iterable[Formula]) -> Formula:
    """One of `items`, flat; ALWAYS if one is that."""
    flat: dict[Formula, None] = {}
    for item in items:
        for part in item.items if isinstance(item, Some) else (item,):
            if isinstance(part, All) and not part.items:
                return ALWAYS
            flat[part] = None
    return next(iter(flat)) if len(flat) == 1 else Some(tuple(flat)) if flat else NEVER


class Key:
    """What is known of a key: its atoms, and whether a request may carry several values of it."""

    __slots__ = ("atoms", "bits", "many", "spelling", "known", "truths")

    def __init__(self, spelling: str) -> None:
        self.atoms: list[tuple[Language, bool]] = []
        self.bits: dict[tuple[int, bool], int] = {}
        self.many = True
        self.spelling = spelling
        self.known: dict[tuple[int, int], Values | None] = {}
        self.truths: dict[tuple[Values, int], int] = {}


class Space:
    """The keys of a comparison, and what they may be. `budget` bounds all work that is done for it."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.keys: dict[str, Key] = {}
        self._formulas: dict[tuple[Condition, bool], Formula] = {}

    # ---- from conditions to formulas

    def atom(self, name: str, language: Language, inside: bool) -> tuple[str, int]:
        """The key and bit of an atom. `name` is lower case."""
        key = self.keys.get(name)
        if key is None:
            key = self.keys[name] = Key(name)
        at = (id(language), inside)
        bit = key.bits.get(at)
        if bit is None:
            bit = key.bits[at] = len(key.atoms)
            key.atoms.append((language, inside))
        return name, bit

    def present(self, name: str, truth: bool) -> Literal:
        return (*self.atom(name, EMPTY, False), truth)

    def formula(self, condition: Condition, truth: bool = True) -> Formula:
        """What is true just where `condition` is `truth`. Raises Undecided on values that cannot be read."""
        known = self._formulas.get((condition, truth))
        if known is None:
            known = self._formulas[condition, truth] = self._made(condition, truth)
        return known

    def _made(self, condition: Condition, truth: bool) -> Formula:
        if isinstance(condition, Test):
            return self._test(condition, truth)
        if isinstance(condition, Not):
            return self.formula(condition.item, not truth)
        items = [self.formula(item, truth) for item in condition.items]
        return both(items) if isinstance(condition, And) == truth else either(items)

    def _test(self, test: Test, truth: bool) -> Formula:
        name = test.key.lower()
        if test.relation == "present":
            found: Formula = self.present(name, truth)
        else:
            one = language(test.type, test.relation, test.values, test.ignoring_case)
            if test.quantifier == "every":
                parts: list[Formula] = [self.present(name, truth), (*self.atom(name, one, False), not truth)]
                found = both(parts) if truth else either(parts)
            else:
                found = (*self.atom(name, one, True), truth)
        key = self.keys[name]
        key.spelling = test.key if key.spelling == name else min(key.spelling, test.key)
        if test.relation != "present" and not test.quantifier:
            key.many = False
        return found

    # ---- from literals to values

    def values(self, name: str, holding: int, failing: int) -> Values | None:
        """Values of the key with which the atoms `holding` may hold and `failing` may fail, as few as can be; None when there
        are none such. Raises Undecided."""
        key = self.keys[name]
        at = (holding, failing)
        if at not in key.known:
            key.known[at] = self._values(key, holding, failing)
        return key.known[at]

    def _values(self, key: Key, holding: int, failing: int) -> Values | None:
        if not holding:
            return ()
        self.budget.spend(4)
        wanted = [key.atoms[bit] for bit in _bits(holding)]
        unwanted = [key.atoms[bit] for bit in _bits(failing)]
        within = [one for one, inside in unwanted if not inside]  # all values are
        if EMPTY in within:
            return None
        without = [one for one, inside in unwanted if inside]  # no value is
        if not key.many:
            within += [one for one, inside in wanted if inside]
            without += [one for one, inside in wanted if not inside and one is not EMPTY]
            value = choose(within, without, self.budget)
            return None if value is None else (value,)
        found: list[str] = []
        for one, inside in sorted(wanted, key=lambda atom: atom[0] is EMPTY):
            if any([_holds(one, inside, value) & 1 for value in found]):
                continue
            more_within = [*within, one] if inside else within
            more_without = without if inside or one is EMPTY else [*without, one]
            value = choose(more_within, more_without, self.budget)
            if value is None:
                return None
            found.append(value)
        return tuple(sorted(set(found)))

    def truths(self, name: str, bit: int, values: Values) -> int:
        """1 if the atom is true of the values, 2 if it is false, 3 if it is either, as policy variables may stand."""
        if not values:
            return 2
        key = self.keys[name]
        at = (values, bit)
        known = key.truths.get(at)
        if known is None:
            self.budget.spend(1)
            one, inside = key.atoms[bit]
            truths = [_holds(one, inside, value) for value in values]
            known = (1 if any([t & 1 for t in truths]) else 0) | (2 if all([t & 2 for t in truths]) else 0)
            key.truths[at] = known
        return known


def _holds(one: Language, inside: bool, value: str) -> int:
    """1 if the atom may hold of the value, 2 if it may fail, 3 if both."""
    if one is EMPTY:
        return 2 if inside else 1
    if not one.variables and value.isascii():
        return 1 if one.has(value) == inside else 2
    may_be_in, may_be_out = one.may_have(value), not one.has(value)
    holds, fails = (may_be_in, may_be_out) if inside else (may_be_out, may_be_in)
    return (1 if holds else 0) | (2 if fails else 0)


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
