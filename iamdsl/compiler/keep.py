"""What a compile keeps for the next one of nearly the same program: an editor compiles at every key.

Everything is kept under what it was made of, and taken over only where that is the same: the result, findings included,
is the one of a compile that keeps nothing.
"""

from __future__ import annotations

from iamdsl.diagnostics import Report
from iamdsl.pause import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
    from typing import Any, TypeVar

    from iamdsl.access.model import Access
    from iamdsl.compiler.bindings import Bindings
    from iamdsl.diagnostics import Found

    T = TypeVar("T")
    Table = dict[Any, Any]
else:
    Table = dict

ALL = ""  # in `reads`: all names of a table, and that there are no others


class Keep:
    """What is kept from one compile to the next."""

    def __init__(self) -> None:
        self._now: dict[Hashable, tuple[Any, Any, Found]] = {}
        self._before: dict[Hashable, tuple[Any, Any, Found]] = {}
        self.state: Any = None  # of `resolve`
        self.accesses: tuple[Access, ...] = ()  # what the sentences of the last compile grant, before minimising

    def turn(self) -> None:
        """A compile is done: what it did not need is forgotten. One that is given up forgets nothing."""
        self._before, self._now = self._now, {}

    def of(self, key: Hashable, needs: object, report: Report, make: Callable[[Report], T]) -> T:
        """`make`'s value for `key`, with what it reports; kept since the last compile if it was made of the same `needs`."""
        entry = self._now.get(key) or self._before.get(key)
        if entry is None or entry[0] != needs:
            pause()
            own = Report()
            own.sources = report.sources
            value = make(own)
            entry = (needs, value, own.taken())
        self._now[key] = entry
        if entry[2]:
            report.give(entry[2])
        found: T = entry[1]
        return found


def of(keep: Keep | None, key: Hashable, needs: object, report: Report, make: Callable[[Report], T]) -> T:
    """`make`'s value, kept where there is something to keep it."""
    return make(report) if keep is None else keep.of(key, needs, report, make)


def version(keep: Keep | None) -> object:
    """What is another each time that anything is declared otherwise; `resolve` finds that out."""
    return keep.state.version if keep is not None else None


class Watched(Table):
    """A table of names that notes in `reads` which of them were looked up."""

    def __init__(self, name: str, reads: set[tuple[str, object]], items: Mapping[Any, Any]) -> None:
        super().__init__(items)
        self.name = name
        self.reads = reads

    def __getitem__(self, key: Any) -> Any:
        self.reads.add((self.name, key))
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self.reads.add((self.name, key))
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self.reads.add((self.name, key))
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Any]:
        self.reads.add((self.name, ALL))
        return super().__iter__()

    def __len__(self) -> int:
        self.reads.add((self.name, ALL))
        return super().__len__()

    def keys(self) -> Any:
        self.reads.add((self.name, ALL))
        return super().keys()

    def values(self) -> Any:
        self.reads.add((self.name, ALL))
        return super().values()

    def items(self) -> Any:
        self.reads.add((self.name, ALL))
        return super().items()


def differing(name: str, before: Mapping[Any, Any], now: Mapping[Any, Any]) -> set[tuple[str, object]]:
    """What a reader of the table `name` may have read that is another now. Where a thing is declared is part of it."""
    changed = {key for key in before.keys() | now.keys() if not _same(before.get(key), now.get(key))}
    order = list(before) != list(now)
    return {(name, key) for key in changed} | ({(name, ALL)} if changed or order else set())


def _same(one: Any, other: Any) -> bool:
    return one is other or (one is not None and other is not None and one.span == other.span and one == other)


def ground(bindings: Bindings) -> tuple[object, ...]:
    """What any sentence may hang on: all that a program declares beside principals and resources."""
    verbs = [(name, [(one.span.path, one) for one in nodes]) for name, nodes in bindings.verbs.items()]
    accounts = [(name, one.span.path, one) for name, one in bindings.accounts.items()]
    return (
        bindings.partition,
        bindings.region,
        accounts,
        dict(bindings.params),
        bindings.organizations,
        bindings.ous,
        sorted(bindings.unknown_actions),
        list(bindings.policies.items()),
        list(bindings.trusts),
        bindings.references.target,
        verbs,
    )
