"""Lists of actions as patterns: the fewest characters that match just the actions listed, among all that a service has."""

from __future__ import annotations

import re
from functools import lru_cache

from iamdsl.access.choose import choose
from iamdsl.access.patterns import Names, patterns, places
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

QUOTES = 3  # of a text in a list: two quotes and a comma
SEVERAL = 2  # actions that a pattern along the naming stands for at least
_words = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[^A-Z]+").findall


def words(name: str) -> list[str]:
    """The words of a name as AWS writes it: `Get`, `Object`, `Acl`."""
    return _words(name)


@record
class Abbreviation:
    """`texts`, names and patterns in order, of `cost` characters; no list of such costs less than `bound`."""

    texts: tuple[str, ...]
    cost: int
    bound: int


@lru_cache(maxsize=512)
def _names(names: tuple[str, ...]) -> Names:
    return Names(names)


def abbreviate(
    service: str, wanted: Iterable[str], every: Iterable[str], written: Mapping[str, Iterable[str]], only_starts: bool
) -> Abbreviation:
    """`wanted`, names of actions of `service`, as patterns that match no other of `every`. `only_starts`: as `p*` alone.

    `written`: patterns that the author wrote and which of `wanted` they match: taken if nothing is shorter. All names are
    without the service, in any case; a pattern has the capitals of the first name that it matches.
    """
    spelling = {name.lower(): name for name in sorted(wanted, reverse=True)}
    names = _names(tuple(sorted({*spelling, *[name.lower() for name in every]})))
    bits = _bits(names, spelling)
    own = {pattern: _bits(names, [name.lower() for name in written[pattern]]) for pattern in sorted(written)}
    return _chosen(service, names, bits, own, patterns(names, bits, only_starts), spelling)


def along(
    service: str, wanted: Iterable[str], levels: Mapping[str, str], holds: Callable[[str, str], bool]
) -> Abbreviation:
    """`wanted` as patterns of whole words of AWS's naming, `GetObject*`, each for several actions, all of one access level.

    `levels`: the access level of each action of `service`, by its name as AWS writes it. `holds(verb, level)`: whether what
    AWS calls so is of that level, as a rule.
    """
    spelling = {name.lower(): name for name in sorted(wanted, reverse=True)}
    level = {name.lower(): levels[name] for name in levels}
    names = _names(tuple(sorted({*spelling, *level})))
    bits = _bits(names, spelling)
    found: dict[str, int] = {}
    for folded, name in spelling.items():
        split = words(name)
        if folded not in level or not split or not holds(split[0], level[folded]):
            continue
        start = ""
        for word in split:
            start += word.lower()
            same = names.starts[start]
            if same & ~bits or same.bit_count() < SEVERAL:
                continue
            if {level.get(one) for one in names.some(same)} == {level[folded]}:
                found[start + "*"] = same
                break
    return _chosen(service, names, bits, {}, found, spelling)


def _bits(names: Names, wanted: Iterable[str]) -> int:
    at = {name: place for place, name in enumerate(names.names)}
    found = 0
    for name in wanted:
        found |= 1 << at[name]
    return found


def _chosen(
    service: str,
    names: Names,
    wanted: int,
    written: Mapping[str, int],
    found: Mapping[str, int],
    spelling: Mapping[str, str],
) -> Abbreviation:
    """The cheapest of names and patterns. Of equal ones the first stay: names, what is `written`, then the readable."""
    head = len(service) + 1 + QUOTES
    texts = [spelling[names.names[place]] for place in places(wanted)] + list(written)
    rows = [1 << place for place in places(wanted)] + list(written.values())
    for pattern in sorted(found, key=_strangeness):
        texts.append(_spelled(pattern, names, found[pattern], spelling))
        rows.append(found[pattern])
    choice = choose([(head + len(text), bits) for text, bits in zip(texts, rows)], wanted)
    shown = sorted([f"{service}:{texts[at]}" for at in choice.chosen])
    return Abbreviation(tuple(shown), choice.cost, choice.bound)


def _strangeness(pattern: str) -> tuple[bool, bool, str]:
    return pattern.startswith("*"), not pattern.endswith("*"), pattern


def _spelled(text: str, names: Names, bits: int, spelling: Mapping[str, str]) -> str:
    """The pattern `text` with the capitals of the first name that it matches."""
    name = names.names[next(places(bits))]
    written = spelling[name]
    start, _, end = text.partition("*")
    if end.endswith("*"):
        at = name.index(end[:-1])
        return f"*{written[at : at + len(end) - 1]}*"
    return f"{written[: len(start)]}*{written[len(written) - len(end) :]}"
