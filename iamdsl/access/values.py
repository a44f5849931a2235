"""What one value of a condition key may be: languages, whether a value is in one, and which value is in some and not others.

A language is what one test says of one value. Text and ARNs are patterns; numbers, dates, addresses, booleans and binary
values lie on scales that the constants of the languages at hand cut into places: a value for each place is a complete list.
"""

from __future__ import annotations

from functools import lru_cache

from iamdsl.access.alphabet import ANY, FRESH, Undecided, encode, encode_arn
from iamdsl.access.glob import segmented
from iamdsl.access.machine import Budget
from iamdsl.access.seek import find
from iamdsl.access.words import FEW, Pattern, Union, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from fractions import Fraction

    Range = tuple[int, int, int]  # version, first and last address

TEXT, NUMBER, DATE, BOOL, ADDRESS, BINARY = "text", "number", "date", "bool", "address", "binary"
_KINDS = {"Numeric": NUMBER, "Date": DATE, "Bool": BOOL, "IPAddress": ADDRESS, "Binary": BINARY}


class Language:
    """The values that pass one test: `patterns` of text, or what `relation` says of `values` on the scale of `kind`."""

    __slots__ = ("kind", "relation", "values", "patterns", "union", "every", "variables", "_plain")

    def __init__(self, kind: str, relation: str, values: tuple[str, ...], patterns: tuple[Pattern, ...]) -> None:
        self.kind = kind
        self.relation = relation
        self.values = values
        self.patterns = patterns
        self.union = Union(patterns)
        self.every = any([one.items == ANY for one in patterns])
        self.variables = any([one.variables for one in patterns])
        self._plain = frozenset([one.items for one in patterns]) if len(patterns) > 8 and _plain(patterns) else None

    def has(self, value: str) -> bool:
        """Whether the value is surely in it, whatever policy variables stand for."""
        if self.kind != TEXT:
            return _on_scale(self.kind, self.relation, self.values, value)
        if self._plain is not None:
            return value in self._plain
        return bool(self.union.hits(value))

    def may_have(self, value: str) -> bool:
        """Whether it is in it if policy variables stand for the right strings."""
        if self.kind != TEXT:
            return _on_scale(self.kind, self.relation, self.values, value)
        return self.union.may_hit(value)


def _plain(patterns: Sequence[Pattern]) -> bool:
    return all([one.literal and not one.variables and not one.fold for one in patterns])


@lru_cache(maxsize=1 << 14)
def language(type: str, relation: str, values: tuple[str, ...], fold: bool) -> Language:
    """The language of a test's values. Raises Undecided where a value cannot be read."""
    kind = _KINDS.get(type, TEXT)
    if kind != TEXT:
        if any(["${" in value for value in values]):
            raise Undecided(f"a policy variable as a value of type {type}")
        return Language(kind, relation, tuple([value for value in values if _readable(kind, value)]), ())
    if relation not in ("equals", "like"):
        raise Undecided(f"`{relation}` of type {type}")
    found: dict[Pattern, None] = {}
    for value in values:
        if type == "ARN" and relation == "like":
            items = encode_arn(value)
        else:
            items = encode(value, relation == "like")
        found[pattern(items.lower() if fold else items, fold)] = None
    return Language(TEXT, relation, values, tuple(sorted(found, key=lambda one: (one.items, one.fold))))


_texts: dict[tuple[Pattern, ...], Language] = {}


def texts(items: Iterable[str], fold: bool = False) -> Language:
    """The language of patterns that are encoded already, one object for equals."""
    patterns = tuple([pattern(one, fold) for one in sorted({*items})])
    found = _texts.get(patterns)
    if found is None:
        if len(_texts) > 1 << 16:
            _texts.clear()
        found = _texts[patterns] = Language(TEXT, "like", (), patterns)
    return found


@lru_cache(maxsize=1 << 13)
def resources(given: tuple[str, ...], segmented_reading: bool) -> Language:
    """The language of resource patterns as written. `segmented_reading`: a `*` stops at colons."""
    return texts([encode(segmented(one) if segmented_reading else one, True) for one in given])


# ---- scales


@lru_cache(maxsize=1 << 14)
def number(text: str) -> Fraction | None:
    """The number that AWS reads, None when it is none."""
    from fractions import Fraction  # local for start-up time: few policies hold numbers

    text = text.strip()
    if not text or not text.isascii() or not set(text) <= set("+-.eE0123456789") or len(text) > 64:
        return None
    try:
        return Fraction(text) if abs(int(text.lower().partition("e")[2] or "0")) < 400 else None
    except ValueError:
        return None


@lru_cache(maxsize=1 << 14)
def moment(text: str) -> Fraction | None:
    """Seconds since 1970 of an ISO 8601 date or of a number of seconds; None when it is neither."""
    from datetime import UTC, datetime  # local for start-up time: few policies hold dates
    from fractions import Fraction  # local: as above

    seconds = number(text)
    if seconds is not None and "-" not in text[1:]:
        return seconds
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    since = found - datetime(1970, 1, 1, tzinfo=UTC)
    return Fraction(since.days * 86400 + since.seconds) + Fraction(since.microseconds, 1_000_000)


@lru_cache(maxsize=1 << 14)
def addresses(text: str) -> Range | None:
    """The range of an address or a CIDR block; None when it is none."""
    from ipaddress import ip_network  # local for start-up time: few policies hold addresses

    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return None
    return network.version, int(network[0]), int(network[-1])


def _readable(kind: str, value: str) -> bool:
    if kind == NUMBER:
        return number(value) is not None
    if kind == DATE:
        return moment(value) is not None
    if kind == ADDRESS:
        return addresses(value) is not None
    return True


@lru_cache(maxsize=1 << 16)
def _on_scale(kind: str, relation: str, values: tuple[str, ...], value: str) -> bool:
    if kind == BOOL:
        return value.lower() in [one.lower() for one in values]
    if kind == BINARY:
        return value in values
    if kind == ADDRESS:
        mine = addresses(value)
        ranges = [addresses(one) for one in values]
        return mine is not None and any([r and r[0] == mine[0] and r[1] <= mine[1] and mine[2] <= r[2] for r in ranges])
    read = number if kind == NUMBER else moment
    at = read(value)
    if at is None:
        return False
    marks = [mark for one in values if (mark := read(one)) is not None]
    if relation == "less":
        return any([at < mark for mark in marks])
    if relation == "at-most":
        return any([at <= mark for mark in marks])
    if relation == "greater":
        return any([at > mark for mark in marks])
    if relation == "at-least":
        return any([at >= mark for mark in marks])
    return at in marks


def _candidates(kind: str, constants: list[str]) -> list[str]:
    """A value for each place into which `constants` cut the scale of `kind`."""
    if kind == BOOL:
        return ["true", "false"]
    if kind == BINARY:
        fresh = next(one for one in ("bmV3", "bmV4", *[f"bmV{n:04}" for n in range(10_000)]) if one not in constants)
        return [*constants, fresh]
    if kind == ADDRESS:
        return _addresses(constants)
    read = number if kind == NUMBER else moment
    marks = sorted({mark for one in constants if (mark := read(one)) is not None})
    places = list(marks)
    places += [(a + b) / 2 for a, b in zip(marks, marks[1:])]
    places += [marks[0] - 1, marks[-1] + 1] if marks else [read("1")]  # type: ignore[list-item]
    return [_number(place) if kind == NUMBER else _date(place) for place in places]


def _addresses(constants: list[str]) -> list[str]:
    from ipaddress import IPv4Address, IPv6Address  # local for start-up time: few policies hold addresses

    found = ["203.0.113.1", "198.51.100.1", "0.0.0.0", "::"]
    for one in constants:
        range = addresses(one)
        if range:
            make = IPv4Address if range[0] == 4 else IPv6Address
            last = 2**32 if range[0] == 4 else 2**128
            found += [str(make(at)) for at in (range[1], range[2] + 1) if at < last]
    return list(dict.fromkeys(found))


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    from decimal import Context  # local: only where a value lies between two marks

    wide = Context(prec=200)
    return f"{wide.divide(value.numerator, value.denominator):f}"


def _date(value: Fraction) -> str:
    from datetime import UTC, datetime, timedelta  # local: only where a witness needs a date

    micro = int(value * 1_000_000)
    try:
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro)
    except OverflowError:
        return _number(value)
    text = found.isoformat(timespec="microseconds" if micro % 1_000_000 else "seconds")
    return text.replace("+00:00", "Z")


# ---- a value in some languages and not in others


@lru_cache(maxsize=1 << 8)
def _together(languages: tuple[Language, ...]) -> Union:
    return Union(tuple(dict.fromkeys([one for other in languages for one in other.patterns])))


def choose(inside: Sequence[Language], outside: Sequence[Language], budget: Budget) -> str | None:
    """A value that may be in each of `inside` and is surely in none of `outside`; None when there is none. Raises Undecided."""
    if not outside:
        narrow = [one for one in inside if not one.every]
        if len(narrow) == 1 and narrow[0].kind == TEXT:
            return narrow[0].patterns[0].instance if narrow[0].patterns else None
    kinds = {one.kind for one in (*inside, *outside)}
    if kinds <= {TEXT}:
        if not all([one.patterns for one in inside]):
            return None
        without = [one.union for one in outside] if len(outside) <= FEW else [_together(tuple(outside))]
        return find([one.union for one in inside], without, budget)
    scales = sorted(kinds - {TEXT})
    found: list[str] = []
    for kind in [BOOL] if BOOL in scales else scales:
        found += _candidates(kind, [value for one in (*inside, *outside) if one.kind == kind for value in one.values])
    if TEXT in kinds and BOOL not in scales:
        found += [p.instance for one in (*inside, *outside) for p in one.patterns if FRESH not in p.instance]
    for value in found:
        budget.spend(1 + len(inside) + len(outside))
        if all([one.may_have(value) for one in inside]) and not any([one.has(value) for one in outside]):
            return value
    if len(kinds) > 1 and BOOL not in scales:
        raise Undecided("one key is tested as values of several types")
    return None
