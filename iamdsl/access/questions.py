"""The questions of a comparison: for one class of actions, is there a request that one side allows and the other does not?

Each is put for one grant that allows and one of its resource patterns, and either for one grant of the other side that denies
(and is met), or for all of the other side's grants that allow (and are missed).
"""

from __future__ import annotations

from functools import partial

from iamdsl.access.atoms import ALWAYS, NEVER, PRINCIPAL, RESOURCE, Formula, Space, Values, both, either
from iamdsl.access.axioms import Axioms
from iamdsl.access.contents import ACTION, Content, Contents
from iamdsl.access.decide import Side
from iamdsl.access.glob import segmented
from iamdsl.access.model import Condition, Grant
from iamdsl.access.split import satisfy
from iamdsl.access.words import Pattern, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Slot = tuple[int, int, int]  # side, way, layer
    Model = dict[str, Values]


def placed(sides: tuple[Side, Side]) -> tuple[list[Grant], list[Slot]]:
    """The grants of both sides in order, and where each stands."""
    found = [
        (grant, (at, way_at, layer_at))
        for at, side in enumerate(sides)
        for way_at, way in enumerate(side.ways)
        for layer_at, layer in enumerate(way)
        for grant in layer
    ]
    return [grant for grant, _ in found], [slot for _, slot in found]


class Questions:
    """Both sides' grants, each kind of content once. `named`: whether the action is a key of the search like others."""

    def __init__(
        self,
        sides: tuple[Side, Side],
        space: Space,
        axioms: Axioms,
        segmented_reading: bool,
        named: bool,
        facts: tuple[Condition, ...],
    ) -> None:
        self.sides = sides
        self.space = space
        self.axioms = axioms
        self.named = named
        self.segmented = segmented_reading
        self.facts = [space.formula(fact) for fact in facts]
        self.grants, self.slots = placed(sides)
        self.numbers: list[int] = []
        makers: list[Callable[[], Content]] = []
        known: dict[object, int] = {}
        conditions: dict[Condition, Condition] = {}
        for grant in self.grants:
            condition = conditions.setdefault(grant.condition, grant.condition)
            key = _key(grant, id(condition), named)
            if key not in known:
                known[key] = len(makers)
                makers.append(partial(Content, grant, condition, space, segmented_reading, named))
            self.numbers.append(known[key])
        self.contents = Contents(makers)
        self._casts: dict[int, Cast] = {}

    def texts(self, index: int) -> dict[str, str]:
        """The resource patterns of a grant as they are searched, with the text that is written."""
        found: dict[str, str] = {}
        for text in self.grants[index].resources:
            found[encode(segmented(text) if self.segmented else text, True)] = text
        return found

    def cast(self, mask: int) -> Cast:
        """What the grants of `mask` say, by side, way and layer."""
        if mask in self._casts:
            return self._casts[mask]
        cast = self._casts[mask] = Cast(self.sides)
        at = 0
        while mask:
            if mask & 1:
                side, way, layer = self.slots[at]
                number = self.numbers[at]
                if self.grants[at].allows:
                    cast.allows[side][way][layer].setdefault(number, at)
                else:
                    cast.denies[side].setdefault(number, at)
            mask >>= 1
            at += 1
        return cast

    def differences(self, cast: Cast, giving: int, word: str) -> Iterator[Difference]:
        """For each grant and pattern of the giving side by which it allows what the other side does not: a model of a request."""
        denies, other_denies = cast.denies[giving], cast.denies[1 - giving]
        other_ways = cast.allows[1 - giving]
        hits = [number for number in other_denies if number not in denies and not self._denied(number, denies)]
        alone = other_ways[0][0] if len(other_ways) == 1 and len(other_ways[0]) == 1 else None
        for way in cast.allows[giving]:
            if not all(way):
                continue
            first = min(way, key=len)
            rest = [layer for layer in way if layer is not first]
            for number, index in first.items():
                content = self.contents[number]
                known = alone is not None and number in alone
                if known and not hits:
                    continue
                for one in content.patterns if not content.excepting else (None,):
                    question = _Question(self, content, one, rest, list(denies), word)
                    found = question.through(hits)
                    if found is not None:
                        yield Difference(index, one, *found)
                    elif not known and (model := question.beyond(other_ways)) is not None:
                        yield Difference(index, one, model, None)

    def _denied(self, number: int, denies: dict[int, int]) -> bool:
        """Whether `denies` deny all that the content does: sure if so."""
        content = self.contents[number]
        for one in content.patterns if not content.excepting else (None,):
            near = self.contents.near(one)
            close = [other for other in denies if near is None or other in near]
            if not any([self.contents[other].covers(one, content) for other in close]):
                return False
        return True


class Cast:
    """The numbers of contents that allow, by side, way and layer, and that deny, by side; each with a grant that says so."""

    __slots__ = ("allows", "denies")

    def __init__(self, sides: tuple[Side, Side]) -> None:
        self.allows: list[list[list[dict[int, int]]]] = [[[{} for _ in way] for way in side.ways] for side in sides]
        self.denies: tuple[dict[int, int], dict[int, int]] = ({}, {})

    @property
    def even(self) -> bool:
        """Whether both sides say the same."""
        one, other = [[[set(layer) for layer in way] for way in ways] for ways in self.allows]
        return one == other and set(self.denies[0]) == set(self.denies[1])

    def key(self) -> object:
        """What tells casts apart."""
        allows = tuple([tuple([tuple([frozenset(layer) for layer in way]) for way in ways]) for ways in self.allows])
        return allows, frozenset(self.denies[0]), frozenset(self.denies[1])


class Difference:
    """`model` is of a request that the grant at `index` allows by its pattern `pattern`; `denied` is the content that denies
    it on the other side, None where that side has nothing that allows it."""

    __slots__ = ("index", "pattern", "model", "denied")

    def __init__(self, index: int, pattern: Pattern | None, model: Model, denied: int | None) -> None:
        self.index = index
        self.pattern = pattern
        self.model = model
        self.denied = denied


class _Question:
    def __init__(
        self,
        about: Questions,
        content: Content,
        one: Pattern | None,
        rest: list[dict[int, int]],
        denies: list[int],
        word: str,
    ) -> None:
        self.about = about
        self.content = content
        self.one = one
        self.near = about.contents.near(one)
        self.word = word
        self._rest = rest
        self._denies = denies
        self._given: list[Formula] | None = None

    def given(self) -> list[Formula]:
        """That the giving side allows the request by this content."""
        if self._given is None:
            contents, space = self.about.contents, self.about.space
            found = [self.content.beside(self.one), *self.about.facts]
            for layer in self._rest:
                found.append(either([contents[number].hit for number in self._close(layer)]))
            found += [contents[number].miss for number in self._close(self._denies)]
            found += [space.present(name, True) for name in (RESOURCE, PRINCIPAL, ACTION) if name in space.keys]
            self._given = found
        return self._given

    def _close(self, numbers: dict[int, int] | list[int]) -> list[int]:
        near = self.near
        return list(numbers) if near is None else [number for number in numbers if number in near]

    def _ask(self, formulas: list[Formula]) -> Model | None:
        """A model of all formulas that agrees with what AWS documents of requests."""
        found = list(formulas)
        while True:
            model = satisfy(self.about.space, found)
            if model is None:
                return None
            more = self.about.axioms.broken(model, self.word)
            if more is None:
                return model
            found.append(more)

    def through(self, hits: list[int]) -> tuple[Model, int] | None:
        """A request that one of the contents `hits` denies."""
        for number in self._close(hits):
            model = self._ask([*self.given(), self.about.contents[number].hit])
            if model is not None:
                return model, number
        return None

    def beyond(self, ways: list[list[dict[int, int]]]) -> Model | None:
        """A request that no way of the other side allows."""
        contents = self.about.contents
        missed: list[Formula] = []
        for way in ways:
            layers: list[Formula] = []
            for layer in way:
                close = self._close(layer)
                if any([contents[number].covers(self.one, self.content) for number in close]):
                    layers.append(NEVER)
                else:
                    layers.append(both([contents[number].miss for number in close]) if close else ALWAYS)
            missed.append(either(layers))
        if any([one is NEVER for one in missed]):
            return None
        return self._ask([*self.given(), *missed])


def _key(grant: Grant, condition: int, named: bool) -> object:
    actions = (frozenset([one.lower() for one in grant.actions]), grant.except_actions) if named else None
    resources = frozenset(grant.resources), grant.except_resources
    principals = frozenset(grant.principals), grant.except_principals
    return grant.allows, actions, resources, principals, condition
