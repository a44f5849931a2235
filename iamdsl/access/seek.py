"""The search for a word that patterns match and others do not: exact, within a budget."""

from __future__ import annotations

from iamdsl.access.alphabet import ANY
from iamdsl.access.intersect import intersect_all
from iamdsl.access.machine import Budget, search
from iamdsl.access.words import Pattern, Union, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def find(groups: Sequence[Union], negatives: Sequence[Union], budget: Budget) -> str | None:
    """A word that may match a pattern of each group and surely matches none of `negatives`; None when there is none.

    Raises Undecided past the budget.
    """
    if any([one.variables for group in groups for one in group.patterns]):
        # a word with a variable's letter may be in what is excluded whole: that is not seen of the word
        groups = [Union(tuple([one for one in group.patterns if not _excluded(one, negatives)])) for group in groups]
    ordered = sorted(groups or [_ANYTHING], key=lambda group: len(group.patterns))
    for one in ordered[0].patterns:
        found = _with(one, [], ordered[1:], negatives, budget)
        if found is not None:
            return found
    return None


def _excluded(one: Pattern, negatives: Sequence[Union]) -> bool:
    return any([other.covers(one) for other in negatives])


def _hits(negatives: Sequence[Union], word: str) -> list[Pattern]:
    """Those of `negatives` that the word is in."""
    return [one for other in negatives for one in other.hits(word)]


def _with(
    one: Pattern, more: list[Pattern], groups: list[Union], negatives: Sequence[Union], budget: Budget
) -> str | None:
    """A word of `one`, of all of `more` and of each group."""
    budget.spend(1 + len(negatives))
    if one.literal and not one.variables and not one.fold:
        word = one.items
        fits = all([other.may_match(word) for other in more]) and all([group.may_hit(word) for group in groups])
        return word if fits and not _hits(negatives, word) else None
    if not more and all([group.may_hit(one.instance) for group in groups]) and not _hits(negatives, one.instance):
        return one.instance
    left = [Union(tuple(group.near(one))) for group in groups if not group.covers(one)]
    if not left:
        return _outside([one, *more], negatives, budget)
    left.sort(key=lambda group: len(group.patterns))
    nearest = sorted(left[0].patterns, key=lambda other: (other.literal and not one.literal, not _alike(one, other)))
    for other in nearest:
        if one.matches(other.instance) and one.covers(other):
            found = _with(other, more, left[1:], negatives, budget)
        elif other.literal and not other.fold and not other.variables:
            found = _with(other, [*more, one], left[1:], negatives, budget)
        else:
            found = _with(one, [*more, other], left[1:], negatives, budget)
        if found is not None:
            return found
    return None


def _alike(one: Pattern, other: Pattern) -> bool:
    """Whether two ARN patterns might share an ARN part by part: there a natural one is found."""
    mine, its = one.items.split(":", 5), other.items.split(":", 5)
    if len(mine) < 6 or len(its) < 6:
        return True
    return pattern(mine[5]).near(pattern(its[5]))


def _outside(positives: list[Pattern], negatives: Sequence[Union], budget: Budget) -> str | None:
    if len(positives) > 1:
        return _seek(positives, negatives, budget)
    one = positives[0]
    hits = _hits(negatives, one.instance)
    budget.spend(len(negatives) + len(hits))
    if not hits:
        return one.instance
    if any([other.covers(one) for other in hits]):
        return None
    return _seek(positives, negatives, budget, hits[:1])


def _seek(
    positives: list[Pattern], negatives: Sequence[Union], budget: Budget, first: Sequence[Pattern] = ()
) -> str | None:
    """Few of `negatives` matter: search against some, and bring in one that matches what was found."""
    strict = next((at for at, one in enumerate(positives) if one.variables), None)
    machines = [one.machine if strict in (None, at) else one.loose for at, one in enumerate(positives)]
    used = list(first)
    while True:
        word = search(machines, [other.machine for other in used], budget)
        if word is None:
            return None
        more = _hits(negatives, word)
        if not more:
            return word
        together = intersect_all(positives) if not used and len(positives) > 1 else None
        if together is not None:
            budget.spend(len(together) ** 2 // 8)
            found = (_outside([one], negatives, budget) for one in together)
            return next((one for one in found if one is not None), None)
        used.append(more[0])


_ANYTHING = Union((pattern(ANY),))
