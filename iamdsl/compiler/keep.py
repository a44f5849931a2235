"""What a compile keeps for the next one of nearly the same program: an editor compiles at every key.

Everything is kept under what it was made of, and taken over only where that is the same: the result, findings included,
is the one of a compile that keeps nothing.
"""

from __future__ import annotations

from iamdsl.compiler.bindings import Bindings
from iamdsl.diagnostics import Report
from iamdsl.pause import pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
    from typing import Any, TypeVar

    from iamdsl.access.model import Access
    from iamdsl.diagnostics import Found

    I = TypeVar("I")
    N = TypeVar("N")
    T = TypeVar("T")
    Reads = set[tuple[str, object]]
    Entry = tuple[Any, Any, Found, frozenset[tuple[str, object]]]  # what it was made of, the value, findings, reads
    Entries = dict[Hashable, Entry]
    Table = dict[Any, Any]
else:
    Table = dict

ALL = ""  # in `reads`: all names of a table, and that there are no others


class Keep:
    """What is kept from one compile to the next."""

    def __init__(self) -> None:
        self._now: Entries = {}
        self._before: Entries = {}
        self._read: Entries = {}  # of what is made of single declarations, since the last compile that was done
        self._read_before: Entries = {}
        self._bindings: Bindings | None = None
        self._turned = 0
        self._each: dict[str, dict[int, Entry]] = {}  # by the id of what it was made of
        self._derived: dict[str, Callable[[Bindings], dict[Any, Any]]] = {}
        self.reads: Reads = set()  # what is looked up of what is declared
        self.changed: Reads = set()  # what is declared otherwise since `resolve` last asked
        self.version = 0  # another each time that anything is declared otherwise
        self.state: Any = None  # of `resolve`
        self.accesses: tuple[Access, ...] = ()  # what the sentences of the last compile grant, before minimising

    def turn(self) -> None:
        """A compile is done: what it did not need is forgotten. One that is given up forgets nothing."""
        self._before, self._now = self._now, {}
        if self._turned != self.version:
            self._read_before, self._read, self._turned = self._read, {}, self.version

    def of(self, key: Hashable, needs: object, report: Report, make: Callable[[Report], T]) -> T:
        """`make`'s value for `key`, with what it reports; kept since the last compile if it was made of the same `needs`."""
        entry = self._now.get(key) or self._before.get(key)
        if entry is None or entry[0] != needs:
            entry = _made(needs, report, make)
        self._now[key] = entry
        if entry[2]:
            report.give(entry[2])
        found: T = entry[1]
        return found

    def each(
        self, name: str, items: Sequence[I], needs: Sequence[N], report: Report, make: Callable[[I, N, Report], T]
    ) -> list[T]:
        """`make`'s value for each of `items`; kept since the last time for those that are the very same objects, if their
        `needs` are equal."""
        known: dict[int, Entry] = self._each.setdefault(name, {})
        now: dict[int, Entry] = {}
        found: list[T] = []
        for item, need in zip(items, needs, strict=True):
            entry = known.get(id(item))
            if entry is None or (entry[0][1] is not need and entry[0][1] != need):
                # noted at once: what is given up on the way is not lost
                entry = known[id(item)] = _made((item, need), report, lambda own: make(item, need, own))
            now[id(item)] = entry
            found.append(entry[1])
            if entry[2]:
                report.give(entry[2])
        self._each[name] = now
        return found

    def reading(self, key: Hashable, needs: object, report: Report, make: Callable[[Report], T]) -> T:
        """As `of`, for what is made of one declaration: kept as long as all is the same that it read of the others."""
        entry = self._read.get(key) or self._read_before.get(key)
        if entry is None or entry[0] != needs:
            self.reads.clear()
            entry = (*_made(needs, report, make)[:3], frozenset(self.reads))
        self._read[key] = entry
        if entry[2]:
            report.give(entry[2])
        found: T = entry[1]
        return found

    def watch(self, bindings: Bindings) -> Bindings:
        """`bindings`, with a note of what is looked up there; what was made of what is declared otherwise now is forgotten."""
        before = self._bindings
        if before is None or before.declaring is not bindings.declaring:
            changed = self._differing(before, bindings) if before else set()
            for entries in (self._read, self._read_before):
                for key in [key for key, entry in entries.items() if not changed.isdisjoint(entry[3])]:
                    del entries[key]
            self.changed |= changed
            self.version += 1
            self._bindings = bindings
        return Watching(bindings, self.reads, self._derived)

    def _differing(self, before: Bindings, now: Bindings) -> Reads:
        """What whoever looked it up may have read otherwise."""
        found: Reads = set()
        for name in (vars(now).keys() | {"home", "several"}) - PASSED:
            found |= differing(name, getattr(before, name), getattr(now, name))
        for name, make in self._derived.items():
            found |= differing(name, before.derived(name, make), now.derived(name, make))
        return found


def _made(needs: object, report: Report, make: Callable[[Report], T]) -> Entry:
    pause()
    own = Report()
    own.sources = report.sources
    value = make(own)
    return needs, value, own.taken(), frozenset()


def of(keep: Keep | None, key: Hashable, needs: object, report: Report, make: Callable[[Report], T]) -> T:
    """`make`'s value, kept where there is something to keep it."""
    return make(report) if keep is None else keep.of(key, needs, report, make)


def each(
    keep: Keep | None,
    name: str,
    items: Sequence[I],
    needs: Sequence[N],
    report: Report,
    make: Callable[[I, N, Report], T],
) -> list[T]:
    """`make`'s value for each of `items` and its `needs`, kept where there is something to keep it."""
    if keep is None:
        return [make(item, need, report) for item, need in zip(items, needs, strict=True)]
    return keep.each(name, items, needs, report, make)


def reading(keep: Keep | None, key: Hashable, needs: object, report: Report, make: Callable[[Report], T]) -> T:
    """`make`'s value of one declaration, kept where there is something to keep it."""
    return make(report) if keep is None else keep.reading(key, needs, report, make)


def version(keep: Keep | None) -> int:
    """What is another each time that anything is declared otherwise."""
    return keep.version if keep is not None else 0


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


PASSED = frozenset(("catalog", "references", "denied", "grants", "declaring", "_derived"))  # looked up without a note


class Watching(Bindings):
    """Bindings that note in `reads` what is looked up: of tables by name, of all else which it is."""

    def __init__(
        self, bindings: Bindings, reads: Reads, makers: dict[str, Callable[[Bindings], dict[Any, Any]]]
    ) -> None:
        self.__dict__.update({name: value for name, value in vars(bindings).items() if name in PASSED})
        self._bindings, self._reads, self._makers = bindings, reads, makers

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._bindings, name)
        if isinstance(found, dict):
            found = self.__dict__[name] = Watched(name, self._reads, found)
        else:
            self._reads.add((name, ALL))
        return found

    def derived(self, name: str, make: Callable[[Bindings], dict[Any, Any]]) -> dict[Any, Any]:
        if name not in self.__dict__:
            self._makers[name] = make
            self.__dict__[name] = Watched(name, self._reads, self._bindings.derived(name, make))
        found: dict[Any, Any] = self.__dict__[name]
        return found

    @property
    def home(self) -> str:
        self._reads.add(("home", ALL))
        return self._bindings.home

    @property
    def several(self) -> bool:
        self._reads.add(("several", ALL))
        return self._bindings.several


def differing(name: str, before: Any, now: Any) -> Reads:
    """What a reader of `name` may have read that is another now. Where a thing is declared is part of it."""
    if not isinstance(now, dict):
        return set() if _same(before, now) else {(name, ALL)}
    changed = {key for key in before.keys() | now.keys() if not _same(before.get(key), now.get(key))}
    order = list(before) != list(now)
    return {(name, key) for key in changed} | ({(name, ALL)} if changed or order else set())


def _same(one: Any, other: Any) -> bool:
    """Whether both are the same, written in the same place."""
    if one is other:
        return True
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(_same, one, other))
    return getattr(one, "span", None) == getattr(other, "span", None) and bool(one == other)
