"""Grants as a comparison holds them: what each says beside its actions, as formulas, and which of them may meet a resource."""

from __future__ import annotations

from iamdsl.access.atoms import RESOURCE, Formula, Space, both, either
from iamdsl.access.atoms import PRINCIPAL as CALLER
from iamdsl.access.glob import segmented
from iamdsl.access.model import TRUE, Condition, Grant
from iamdsl.access.principals import covered, spared
from iamdsl.access.values import Language, texts
from iamdsl.access.words import Pattern, Starts, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

ACTION = "action"


class Content:
    """What grants of equal resources, condition and principals (and, if `named`, actions) say. `allows` as the grant does."""

    __slots__ = (
        "grant",
        "condition",
        "named",
        "space",
        "patterns",
        "resources",
        "callers",
        "literals",
        "excepting",
        "_hit",
        "_miss",
    )

    def __init__(self, grant: Grant, condition: Condition, space: Space, segmented_reading: bool, named: bool) -> None:
        self.grant = grant
        self.condition = condition  # one object for equals
        self.named = named
        self.space = space
        self.excepting = grant.except_resources or not grant.resources
        self.patterns: tuple[Pattern, ...] = ()
        self.resources: Language | None = None
        if grant.resources:
            read = [segmented(one) if segmented_reading else one for one in grant.resources]
            self.resources = texts([encode(one, True) for one in read])
            self.patterns = self.resources.patterns
        self.callers: Language | None = None
        if grant.principals:
            self.callers = spared(grant.principals) if grant.except_principals else covered(grant.principals)
        self.literals: list[Formula] = []
        if named:
            lowered = texts([encode(one.lower() if one != "*" else "*:*", True) for one in grant.actions])
            self._add(ACTION, lowered, not grant.except_actions)
        if self.callers is not None:
            self._add(CALLER, self.callers, not grant.except_principals)
        if self.resources is not None:
            self._add(RESOURCE, self.resources, not grant.except_resources)
        self._hit: Formula | None = None
        self._miss: Formula | None = None

    def _add(self, name: str, language: Language, inside: bool) -> None:
        self.literals.append((*self.space.atom(name, language, True), inside))
        self.space.keys[name].many = False

    @property
    def hit(self) -> Formula:
        """That a request meets all it says."""
        if self._hit is None:
            self._hit = both([*self.literals, self.space.formula(self.grant.condition)])
        return self._hit

    @property
    def miss(self) -> Formula:
        """That a request does not."""
        if self._miss is None:
            parts = [_negated(one) for one in self.literals]
            self._miss = either([*parts, self.space.formula(self.grant.condition, False)])
        return self._miss

    def beside(self, one: Pattern | None) -> Formula:
        """That a request meets all it says, and the resource is of the pattern `one` of its own."""
        if one is None:
            return self.hit
        name, bit = self.space.atom(RESOURCE, texts([one.items]), True)
        rest = [literal for literal in self.literals if not (isinstance(literal, tuple) and literal[0] == RESOURCE)]
        return both([(name, bit, True), *rest, self.space.formula(self.grant.condition)])

    def covers(self, one: Pattern | None, other: Content) -> bool:
        """Whether it says no more than `other` does of the resources of its pattern `one`: sure if so."""
        mine, its = self.grant, other.grant
        if self.named and (mine.actions, mine.except_actions) != (its.actions, its.except_actions):
            return False
        if self.condition is not other.condition and self.condition != TRUE:
            return False
        if self.callers is not None:
            if (mine.principals, mine.except_principals) != (its.principals, its.except_principals):
                return False
        if not mine.resources:
            return True
        if mine.except_resources or one is None:
            return (mine.resources, mine.except_resources) == (its.resources, its.except_resources)
        return any([wide.matches(one.instance) and wide.covers(one) for wide in self.patterns])


def _negated(literal: Formula) -> Formula:
    assert isinstance(literal, tuple)
    return (literal[0], literal[1], not literal[2])


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

    def near(self, one: Pattern | None) -> frozenset[int] | None:
        """The contents that may speak of a resource of the pattern; None for all."""
        if one is None:
            return None
        found = self._known.get(one)
        if found is None:
            if self._starts is None:
                self._starts = self._placed()
            found = self._everywhere | frozenset([at for _, at in self._starts.near(one)])
            self._known[one] = found
        return found

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
