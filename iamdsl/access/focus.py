"""What a comparison is about: the actions of which the two sides do not say the same at sight.

Most comparisons are of a policy beside what it was before, so nearly all that both say is the same, if in another order or cut
into other statements. Whatever action no text of the focus matches is allowed and denied alike on both sides.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import count

from iamdsl.access.alphabet import encode
from iamdsl.access.decide import Side
from iamdsl.access.words import Pattern, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamdsl.access.model import Grant
    from iamdsl.access.named import Named

    _Unit = tuple[object, ...]
    _Token = str | tuple[str, ...]  # a resource pattern, or all those that are excepted together
    _Said = dict[str, frozenset[_Token]]  # by the text of an action: on which resources

EVERYTHING = ("*",)


class Focus:
    """Some texts of actions, lower case: `names`, A to Z, and `patterns`."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self.names = [one for one in texts if "*" not in one and "?" not in one]
        self.patterns = [pattern(encode(one, True)) for one in texts if "*" in one or "?" in one]
        self._names = frozenset(self.names)

    def has(self, action: str) -> bool:
        """Whether a text of it matches the action."""
        return action in self._names or any([one.matches(action) for one in self.patterns])

    def near(self, one: Pattern) -> bool:
        """Whether an action might match both the pattern and a text of it: sure if not."""
        start = one.prefix
        for name in self.names[bisect_left(self.names, start) :]:
            if not name.startswith(start):
                break
            if one.matches(name):
                return True
        return any([other.near(one) for other in self.patterns])

    def of(self, given: Named) -> tuple[dict[str, str], dict[Pattern, str]]:
        """What of `given` it is about."""
        if not self.patterns and given.names.keys().isdisjoint(self._names):
            names: dict[str, str] = {}
        elif self.patterns:
            names = {name: spelling for name, spelling in given.names.items() if self.has(name)}
        else:
            names = {name: given.names[name] for name in self._names & given.names.keys()}
        return names, given.patterns and {one: text for one, text in given.patterns.items() if self.near(one)}


def focus(sides: tuple[Side, Side]) -> tuple[str, ...]:
    """The texts, A to Z: `()` where both sides say the same, EVERYTHING where that is not seen of them."""
    shapes = [[len(way) for way in side.ways] for side in sides]
    texts = _changed(sides) if shapes[0] == shapes[1] else _allowed(sides)
    return EVERYTHING if EVERYTHING[0] in texts else tuple(sorted(texts))


def _allowed(sides: tuple[Side, Side]) -> set[str]:
    """The texts of the layer of each way that has the fewest: of other actions, neither side allows anything."""
    found: set[str] = set()
    for side in sides:
        for way in side.ways:
            layers = [[one for one in layer if one.allows] for layer in way]
            few = min(layers, key=lambda layer: sum([len(one.actions) for one in layer]), default=[])
            if any([one.except_actions for one in few]):
                return {*EVERYTHING}
            found.update([action.lower() for one in few for action in one.actions])
    return found


def _changed(sides: tuple[Side, Side]) -> set[str]:
    """The texts of which the grants of one side, in one place and under one condition, list other resources than those of the
    other side. Grants that are on both sides count on neither."""
    numbers: dict[object, int] = {}
    units = [_units(side, numbers) for side in sides]
    said: list[dict[object, _Said]] = []
    for mine, its in (units, units[::-1]):
        found: dict[object, _Said] = {}
        for unit in mine.keys() - its.keys():
            _say(found, unit, mine[unit])
        said.append(found)
    one, other = said
    texts: set[str] = set()
    for kind in one.keys() | other.keys():
        before, after = one.get(kind, {}), other.get(kind, {})
        texts.update([text for text, on in before.items() if after.get(text) != on], after.keys() - before.keys())
    return texts


def _units(side: Side, numbers: dict[object, int]) -> dict[_Unit, Grant]:
    """The grants of a side by all that they say and where. `numbers`: of the conditions, one for equals."""
    found: dict[_Unit, Grant] = {}
    for way_at, way in enumerate(side.ways):
        for layer_at, layer in enumerate(way):
            for one in layer:
                condition = numbers.get(id(one.condition))
                if condition is None:
                    condition = numbers.setdefault(one.condition, len(numbers))
                    numbers[id(one.condition)] = condition
                place = (way_at, layer_at) if one.allows else ()
                kind = (place, condition, one.principals, one.except_principals)
                found[kind, one.actions, one.except_actions, one.resources, one.except_resources] = one
    return found


def _say(found: dict[object, _Said], unit: _Unit, one: Grant) -> None:
    """Add what a grant says to what is `found`."""
    kind, *_ = unit
    on: frozenset[_Token] = frozenset(one.resources)
    if one.except_resources or not one.resources:
        on = frozenset([one.resources])
    texts: Iterable[str] = EVERYTHING
    if one.except_actions:
        kind = (kind, frozenset([action.lower() for action in one.actions]))
    else:
        texts = [action.lower() for action in one.actions]
    said = found.setdefault(kind, {})
    for text in texts:
        before = said.get(text)
        said[text] = on if before is None else before | on


def only(sides: tuple[Side, Side], kept: list[int]) -> tuple[Side, Side]:
    """Both sides with those of their grants, counted end to end, that are `kept`."""
    wanted = set(kept)
    at = count()

    def part(side: Side) -> Side:
        return Side(tuple([tuple([tuple([one for one in l if next(at) in wanted]) for l in way]) for way in side.ways]))

    return part(sides[0]), part(sides[1])
