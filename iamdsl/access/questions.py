"""The questions of a comparison: for one class of actions, is there a request that one side allows and the other does not?

Each is put for one grant that allows and one of its resource patterns, and either for one grant of the other side that denies
(and is met), or for all of the other side's grants that allow (and are missed).
"""

from __future__ import annotations

from functools import partial

from iamdsl.access import prover
from iamdsl.access.alphabet import Undecided, encode
from iamdsl.access.atoms import ALWAYS, NEVER, PRINCIPAL, RESOURCE, Formula, Space, Values, both, either
from iamdsl.access.axioms import Axioms
from iamdsl.access.contents import ACTION, Content, Contents
from iamdsl.access.decide import Side
from iamdsl.access.focus import EVERYTHING
from iamdsl.access.glob import segmented
from iamdsl.access.model import Condition, Grant
from iamdsl.access.split import satisfy
from iamdsl.access.values import texts
from iamdsl.access.words import Pattern

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
    """Both sides' grants, each kind of content once. `named`: if the action is a key of the search like others, what texts it
    matches one of; () if not. `second`: whether the second prover is asked what is left open."""

    def __init__(
        self,
        sides: tuple[Side, Side],
        space: Space,
        axioms: Axioms,
        segmented_reading: bool,
        named: tuple[str, ...],
        facts: tuple[Condition, ...],
        second: bool,
    ) -> None:
        self.sides = sides
        self.second = second
        self.space = space
        self.axioms = axioms
        self.named = named
        self.segmented = segmented_reading
        self.facts = [space.formula(fact) for fact in facts]
        if named and named != EVERYTHING:
            self.facts.append((*space.atom(ACTION, texts([encode(one, True) for one in named]), True), True))
        self.grants, self.slots = placed(sides)
        self.numbers: list[int] = []
        makers: list[Callable[[], Content]] = []
        known: dict[object, int] = {}
        conditions: dict[Condition, Condition] = {}
        for grant in self.grants:
            condition = conditions.setdefault(grant.condition, grant.condition)
            key = _key(grant, id(condition), bool(named))
            if key not in known:
                known[key] = len(makers)
                makers.append(partial(Content, grant, condition, space, segmented_reading, bool(named)))
            self.numbers.append(known[key])
        self.contents = Contents(makers)
        self._casts: dict[int, Cast] = {}
        self._open: dict[tuple[Cast, int], list[_Question]] = {}

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

    def open(self, cast: Cast, giving: int) -> list[_Question]:
        """What is to be asked of the grants and patterns by which the giving side allows what the other, at sight, may not."""
        known = self._open.get((cast, giving))
        if known is None:
            known = self._open[cast, giving] = list(self._opened(cast, giving))
        return known

    def _opened(self, cast: Cast, giving: int) -> Iterator[_Question]:
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
                known = alone is not None and number in alone
                if known and not hits:
                    continue
                content = self.contents[number]
                for one in content.patterns if not content.excepting else (None,):
                    near = self.contents.near(one, hits) if hits else []
                    missing = None if known else self._missing(content, one, other_ways)
                    if near or missing is not None:
                        yield _Question(self, index, content, one, rest, list(denies), near, missing)

    def _missing(
        self, content: Content, one: Pattern | None, ways: list[list[dict[int, int]]]
    ) -> list[list[list[int]]] | None:
        """For each way of a side, and each layer of it that may not, what may allow what the content says of its pattern `one`;
        None if a way allows all of that, at sight."""
        found: list[list[list[int]]] = []
        for way in ways:
            layers: list[list[int]] = []
            for layer in way:
                close = self.contents.near(one, layer)
                if not any([self.contents[number].covers(one, content) for number in close]):
                    layers.append(close)
            if not layers:
                return None
            found.append(layers)
        return found

    def differences(self, cast: Cast, giving: int, word: str) -> Iterator[Difference]:
        """For each grant and pattern of the giving side by which it allows what the other side does not: a model of a request."""
        for question in self.open(cast, giving):
            found = question.through(word) or question.beyond(word)
            if found is not None:
                yield found

    def model(self, formulas: list[Formula], word: str, by: Callable[[list[Formula]], Model | None]) -> Model | None:
        """What `by` finds of the formulas that agrees with what AWS documents of requests, which is added to them."""
        while True:
            model = by(formulas)
            more = None if model is None else self.axioms.broken(model, word)
            if more is None:
                return model
            formulas.append(more)

    def satisfied(self, formulas: list[Formula]) -> Model | None:
        """A model by the search or, where that leaves it open, by the second prover. Raises Undecided."""
        try:
            return satisfy(self.space, formulas)
        except Undecided:
            if not self.second or not prover.available():
                raise
        return self.proved(formulas)

    def proved(self, formulas: list[Formula]) -> Model | None:
        """A model by the second prover, for which policy variables have values. Raises Undecided."""
        self.space.budget.renew(prover.NAME)
        return prover.prove(self.space, formulas)

    def _denied(self, number: int, denies: dict[int, int]) -> bool:
        """Whether `denies` deny all that the content does: sure if so."""
        content = self.contents[number]
        for one in content.patterns if not content.excepting else (None,):
            close = self.contents.near(one, denies)
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
    it on the other side, None where that side has nothing that allows it. `formulas`: what was asked."""

    __slots__ = ("index", "pattern", "model", "denied", "formulas")

    def __init__(
        self, index: int, pattern: Pattern | None, model: Model, denied: int | None, formulas: list[Formula]
    ) -> None:
        self.index = index
        self.pattern = pattern
        self.model = model
        self.denied = denied
        self.formulas = formulas


class _Question:
    """Whether the giving side allows by `content`, on a resource of its pattern `one`, what the other side denies by one of
    `hits`, or does not allow: then, in each way, all contents of one of the layers of `missing` are missed (None: it allows this).
    """

    __slots__ = ("about", "index", "content", "one", "hits", "missing", "_rest", "_denies", "_given")

    def __init__(
        self,
        about: Questions,
        index: int,
        content: Content,
        one: Pattern | None,
        rest: list[dict[int, int]],
        denies: list[int],
        hits: list[int],
        missing: list[list[list[int]]] | None,
    ) -> None:
        self.about = about
        self.index = index
        self.content = content
        self.one = one
        self.hits = hits
        self.missing = missing
        self._rest = rest
        self._denies = denies
        self._given: list[Formula] | None = None

    def given(self) -> list[Formula]:
        """That the giving side allows the request by this content."""
        if self._given is None:
            contents = self.about.contents
            found = [self.content.beside(self.one), *self.about.facts]
            for layer in self._rest:
                found.append(either([contents[number].hit for number in contents.near(self.one, layer)]))
            found += [contents[number].missed(self.one) for number in contents.near(self.one, self._denies)]
            self._given = found
        return self._given

    def _ask(self, formulas: list[Formula], word: str, denied: int | None) -> Difference | None:
        """A request of which all formulas are true, and what AWS documents of requests."""
        axioms, space, one = self.about.axioms, self.about.space, self.one
        found = [*self.given(), *formulas]
        found += [space.present(name, True) for name in (RESOURCE, PRINCIPAL, ACTION) if name in space.keys]
        if one is not None and word and not axioms.shapes(word).may_have(one.instance):
            found.append(axioms.shaped(word))
        model = self.about.model(found, word, self.about.satisfied)
        return None if model is None else Difference(self.index, one, model, denied, found)

    def through(self, word: str) -> Difference | None:
        """A request that the other side denies."""
        for number in self.hits:
            found = self._ask([self.about.contents[number].hit], word, number)
            if found is not None:
                return found
        return None

    def beyond(self, word: str) -> Difference | None:
        """A request that no way of the other side allows."""
        if self.missing is None:
            return None
        contents = self.about.contents
        missed = [
            either(
                [both([contents[number].missed(self.one) for number in layer]) if layer else ALWAYS for layer in layers]
            )
            for layers in self.missing
        ]
        return self._ask(missed, word, None)


def _key(grant: Grant, condition: int, named: bool) -> object:
    actions = (frozenset([one.lower() for one in grant.actions]), grant.except_actions) if named else None
    resources = frozenset(grant.resources), grant.except_resources
    principals = frozenset(grant.principals), grant.except_principals
    return grant.allows, actions, resources, principals, condition
