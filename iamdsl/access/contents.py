"""Grants as a comparison holds them: what each says beside its actions, as formulas, and which of them may meet a resource."""

from __future__ import annotations

from iamdsl.access.alphabet import encode
from iamdsl.access.atoms import PRINCIPAL as CALLER, RESOURCE, Formula, Literal, Space, both, either
from iamdsl.access.model import TRUE, Condition, Grant
from iamdsl.access.principals import covered, spared
from iamdsl.access.values import Language, resources, texts
from iamdsl.access.words import Pattern, Starts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

ACTION = "action"
FEW = 4  # contents that are looked at one by one


class Content:
    """What grants of equal resources, condition and principals (and, if `named`, actions) say. `allows` as the grant does."""

    __slots__ = (
        "grant",
        "condition",
        "named",
        "space",
        "patterns",
        "resources",
        "excepting",
        "_literals",
        "_hit",
        "_miss",
    )

    def __init__(self, grant: Grant, condition: Condition, space: Space, segmented_reading: bool, named: bool) -> None:
        self.grant = grant
        self.condition = condition  # one object for equals
        self.named = named
        self.space = space
        self.excepting = grant.except_resources or not grant.resources
        self.resources = resources(grant.resources, segmented_reading) if grant.resources else None
        self.patterns = self.resources.patterns if self.resources is not None else ()
        self._literals: dict[str, Literal] | None = None
        self._hit: Formula | None = None
        self._miss: Formula | None = None

    @property
    def literals(self) -> dict[str, Literal]:
        """What it says of the action, the caller and the resource."""
        if self._literals is None:
            grant = self.grant
            self._literals = {}
            if self.named:
                lowered = texts([encode(one.lower() if one != "*" else "*:*", True) for one in grant.actions])
                self._say(ACTION, lowered, not grant.except_actions)
            if grant.principals:
                callers = spared(grant.principals) if grant.except_principals else covered(grant.principals)
                self._say(CALLER, callers, not grant.except_principals)
            if self.resources is not None:
                self._say(RESOURCE, self.resources, not grant.except_resources)
        return self._literals

    def _say(self, name: str, language: Language, inside: bool) -> None:
        assert self._literals is not None
        self._literals[name] = (*self.space.atom(name, language, True), inside)
        self.space.keys[name].many = False

    @property
    def hit(self) -> Formula:
        """That a request meets all it says."""
        if self._hit is None:
            self._hit = both([*self.literals.values(), self.space.formula(self.grant.condition)])
        return self._hit

    def missed(self, one: Pattern | None) -> Formula:
        """That a request for a resource of the pattern `one` does not."""
        if one is not None and self.resources is not None and not self.grant.except_resources:
            if self.resources.union.covers(one):
                return self._missing([literal for name, literal in self.literals.items() if name != RESOURCE])
        if self._miss is None:
            self._miss = self._missing(self.literals.values())
        return self._miss

    def _missing(self, literals: Iterable[Literal]) -> Formula:
        parts: list[Formula] = [(name, bit, not truth) for name, bit, truth in literals]
        return either([*parts, self.space.formula(self.grant.condition, False)])

    def beside(self, one: Pattern | None) -> Formula:
        """That a request meets all it says, and the resource is of the pattern `one` of its own."""
        if one is None:
            return self.hit
        name, bit = self.space.atom(RESOURCE, texts([one.items]), True)
        literals = {**self.literals, name: (name, bit, True)}
        return both([*literals.values(), self.space.formula(self.grant.condition)])

    def near(self, one: Pattern) -> bool:
        """Whether it may speak of a resource of the pattern: sure if not."""
        return self.excepting or (self.resources is not None and bool(self.resources.union.near(one)))

    def covers(self, one: Pattern | None, other: Content) -> bool:
        """Whether it says no more than `other` does of the resources of its pattern `one`: sure if so."""
        mine, its = self.grant, other.grant
        if self.named and (mine.actions, mine.except_actions) != (its.actions, its.except_actions):
            return False
        if self.condition is not other.condition and self.condition != TRUE:
            return False
        if mine.principals:
            if (mine.principals, mine.except_principals) != (its.principals, its.except_principals):
                return False
        if not mine.resources:
            return True
        if mine.except_resources or one is None:
            return (mine.resources, mine.except_resources) == (its.resources, its.except_resources)
        return self.resources is not None and self.resources.union.covers(one)


class Contents:
    """Contents by number, made when first asked for, and which of them may speak of a resource."""

    def __init__(self, makers: list[Callable[[], Content]]) -> None:
        self._makers = makers
        self._made: dict[int, Content] = {}
        self._starts: Starts | None = None
        self._everywhere: frozenset[int] = frozenset()
        self._known: dict[Pattern, frozenset[int]] = {}

    def __getitem__(self, number: int) -> Content:
        found = self._made.get(number)
        if found is None:
            found = self._made[number] = self._makers[number]()
        return found

    def near(self, one: Pattern | None, numbers: Collection[int]) -> list[int]:
        """Those of the contents `numbers` that may speak of a resource of the pattern; all of them if it is None."""
        if one is None:
            return list(numbers)
        if len(numbers) <= FEW:
            return [number for number in numbers if self[number].near(one)]
        found = self._known.get(one)
        if found is None:
            if self._starts is None:
                self._starts = self._placed()
            found = self._known[one] = self._everywhere.union([at for _, at in self._starts.near(one)])
        return [number for number in numbers if number in found]

    def _placed(self) -> Starts:
        """Contents by where their resource patterns begin."""
        starts = Starts()
        every = [self[at] for at in range(len(self._makers))]
        self._everywhere = frozenset([at for at, one in enumerate(every) if one.excepting])
        for at, content in enumerate(every):
            if not content.excepting:
                for one in content.patterns:
                    starts.add(one, at)
        return starts
