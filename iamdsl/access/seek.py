"""The search for a word that patterns match and others do not: exact, within a budget."""

from __future__ import annotations

from iamdsl.access.machine import search
from iamdsl.access.meets import meet_all
from iamdsl.access.words import ANY, Budget, Pattern, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def find(groups: Sequence[tuple[Pattern, ...]], negatives: Sequence[Pattern], budget: Budget) -> str | None:
    """A word that may match a pattern of each group and surely matches none of `negatives`; None when there is none.

    Raises Undecided past the budget.
    """
    if any([one.variables for group in groups for one in group]):
        # a word with a variable's letter may be in what is excluded whole: that is not seen of the word
        groups = [tuple([one for one in group if not _excluded(one, negatives)]) for group in groups]
    ordered: list[tuple[Pattern, ...]] = sorted(groups or [(pattern(ANY),)], key=len)
    for one in ordered[0]:
        found = _with(one, [], ordered[1:], negatives, budget)
        if found is not None:
            return found
    return None


def _excluded(one: Pattern, negatives: Sequence[Pattern]) -> bool:
    return any([other.matches(one.instance) and other.covers(one) for other in negatives])


def _with(
    one: Pattern, more: list[Pattern], groups: list[tuple[Pattern, ...]], negatives: Sequence[Pattern], budget: Budget
) -> str | None:
    """A word of `one`, of all of `more` and of each group."""
    budget.spend(1)
    if one.literal and not one.variables and not one.fold:
        word = one.items
        fits = all([other.may_match(word) for other in more])
        fits = fits and all([any([other.may_match(word) for other in group]) for group in groups])
        return word if fits and not any([other.matches(word) for other in negatives]) else None
    if not more and not any([other.matches(one.instance) for other in negatives]):
        if all([any([other.may_match(one.instance) for other in group]) for group in groups]):
            return one.instance
    left: list[tuple[Pattern, ...]] = []
    for group in groups:
        if not any([other.matches(one.instance) and other.covers(one) for other in group]):
            left.append(tuple([other for other in group if other.near(one)]))
    if not left:
        return _outside([one, *more], negatives, budget)
    left.sort(key=len)
    for other in sorted(left[0], key=lambda other: (other.literal and not one.literal, not _alike(one, other))):
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


def _outside(positives: list[Pattern], negatives: Sequence[Pattern], budget: Budget) -> str | None:
    if len(positives) > 1:
        return _seek(positives, negatives, budget)
    one = positives[0]
    budget.spend(len(negatives) // 4)
    hits = [other for other in negatives if other.matches(one.instance)]
    if not hits:
        return one.instance
    if any([other.covers(one) for other in hits]):
        return None
    return _seek(positives, negatives, budget, hits[:1])


def _seek(
    positives: list[Pattern], negatives: Sequence[Pattern], budget: Budget, first: Sequence[Pattern] = ()
) -> str | None:
    """Few of `negatives` matter: search against some, and bring in one that matches what was found."""
    strict = next((at for at, one in enumerate(positives) if one.variables), None)
    machines = [one.machine if strict in (None, at) else one.loose for at, one in enumerate(positives)]
    used = list(first)
    while True:
        word = search(machines, [other.machine for other in used], budget)
        if word is None:
            return None
        more = next((other for other in negatives if other.matches(word)), None)
        if more is None:
            return word
        together = meet_all(positives) if not used and len(positives) > 1 else None
        if together is not None:
            budget.spend(len(together) ** 2 // 8)
            found = (_outside([one], negatives, budget) for one in together)
            return next((one for one in found if one is not None), None)
        used.append(more)
