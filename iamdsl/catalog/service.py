"""One service's file: its shape, read lazily.

`services/s3.json` holds `lists`, the distinct lists of condition keys (a number elsewhere is a place in it; 0 is the
empty list); `keys`, name to type; `types`, name to `[list, arn, ...]`; `actions`, name to
`[level, list, types, dependent actions]` with empty ends cut off. A type that an action takes is its name, with a `*`
behind it if required, as in AWS's own tables, or `[name, list]` where the pair has condition keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from iamdsl.catalog.model import Action, ActionType, Key, ResourceType, Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Generic, TypeVar

    T = TypeVar("T")

    class Made(Mapping[str, T], Generic[T]):
        def __init__(self, raw: dict[str, Any], make: Callable[[str, Any], T]) -> None: ...
        def __getitem__(self, name: str) -> T: ...
        def __iter__(self) -> Iterator[str]: ...
        def __len__(self) -> int: ...

else:

    class Made(Mapping):
        """A mapping by lower-case name whose values are made when first asked for."""

        __slots__ = ("_raw", "_make", "_made")

        def __init__(self, raw, make):
            self._raw = {name.lower(): (name, value) for name, value in raw.items()}
            self._make = make
            self._made = {}

        def __getitem__(self, name):
            made = self._made.get(name)
            if made is None:
                made = self._made[name] = self._make(*self._raw[name])
            return made

        def __contains__(self, name):
            return name in self._raw

        def __iter__(self):
            return iter(self._raw)

        def __len__(self):
            return len(self._raw)


def whole(entry: list[Any]) -> tuple[Any, ...]:
    """An action's entry with the empty ends that the file cuts off."""
    return (*entry, *((0, (), ())[len(entry) - 1 :]))


def read_service(prefix: str, text: str) -> Service:
    """The service whose file has this `text`."""
    from json import loads  # only if a service is looked up

    raw = loads(text)
    lists = [tuple(names) for names in raw["lists"]]

    def pair(entry: Any) -> ActionType:
        name, keys = (entry, ()) if isinstance(entry, str) else (entry[0], lists[entry[1]])
        return ActionType(name[:-1], True, keys) if name[-1] == "*" else ActionType(name, False, keys)

    def action(name: str, entry: list[Any]) -> Action:
        level, keys, types, depends = whole(entry)
        return Action(prefix, name, level, tuple(map(pair, types)), lists[keys], tuple(depends))

    def type(name: str, entry: list[Any]) -> ResourceType:
        return ResourceType(prefix, name, tuple(entry[1:]), lists[entry[0]])

    def key(name: str, kind: str) -> Key:
        return Key(name, kind.removeprefix("ArrayOf"), kind.startswith("ArrayOf"))

    return Service(prefix, Made(raw["actions"], action), Made(raw["types"], type), Made(raw["keys"], key))
