"""What the catalog knows, as values: actions, the resource types they take, condition keys."""

from __future__ import annotations

from collections.abc import Mapping

from iamdsl.catalog.names import holes, fill
from iamdsl.record import record, replace

LEVELS = ("List", "Read", "Write", "Tagging", "Permissions management")

KEY_TYPES = ("String", "ARN", "Numeric", "Date", "Bool", "IPAddress", "Binary")


@record
class ActionType:
    """A resource type that an action takes, by its name in the action's service.

    `required`: every request for the action names a resource of this type. Where AWS lists alternatives (an object or
    one behind an access point) none of them is marked. `keys`: condition keys listed for the pair.
    """

    name: str
    required: bool
    keys: tuple[str, ...] = ()


@record
class Action:
    """An action of IAM. `level` is one of `LEVELS`; `types` is empty if the action exists only on `*`.

    `keys`: condition keys listed for the action itself. `depends`: full names of the actions that, by AWS's tables, a
    caller needs as well.
    """

    service: str
    name: str
    level: str
    types: tuple[ActionType, ...] = ()
    keys: tuple[str, ...] = ()
    depends: tuple[str, ...] = ()

    @property
    def full(self) -> str:
        """`s3:GetObject`."""
        return f"{self.service}:{self.name}"

    @property
    def takes(self) -> tuple[str, ...]:
        """The names of the types it takes."""
        return tuple(pair.name for pair in self.types)


@record
class ResourceType:
    """A resource type. `arns` are AWS's formats, with `${Partition}`, `${Region}`, `${Account}` and own variables.

    Nearly always one format; 13 types have two. `keys`: condition keys listed for the type.
    """

    service: str
    name: str
    arns: tuple[str, ...]
    keys: tuple[str, ...] = ()

    @property
    def full(self) -> str:
        """`s3:bucket`."""
        return f"{self.service}:{self.name}"

    def variables(self, format: int = 0) -> tuple[str, ...]:
        """The names of the variables in `arns[format]` other than Partition, Region and Account, in order."""
        return _variables(self.arns[format])


_known: dict[str, tuple[str, ...]] = {}  # format → its variables


def _variables(format: str) -> tuple[str, ...]:
    if format not in _known:
        _known[format] = tuple(name for name in holes(format) if name not in ("Partition", "Region", "Account"))
    return _known[format]


@record
class Key:
    """A condition key in AWS's spelling. `type` is one of `KEY_TYPES`; `multivalued` if a request carries a list.

    `scope`: `any` if a request for any action may carry it, as most global keys; `service` if a request for any action of
    the key's own service may; `listed` if only where an action or a type lists it.
    """

    name: str
    type: str
    multivalued: bool = False
    scope: str = "listed"


class Service:
    """One service: look-ups by lower-case name."""

    __slots__ = ("prefix", "actions", "types", "keys")

    def __init__(
        self,
        prefix: str,
        actions: Mapping[str, Action],
        types: Mapping[str, ResourceType],
        keys: Mapping[str, Key],
    ) -> None:
        self.prefix = prefix
        self.actions = actions
        self.types = types
        self.keys = keys

    def __repr__(self) -> str:
        return f"Service({self.prefix!r})"


def key_in(keys: Mapping[str, Key], name: str) -> Key | None:
    """The key `name` among `keys`, instances of templates included."""
    found = keys.get(name.lower())
    if found:
        return found
    for folded in keys:
        if ("${" in folded or "<" in folded) and (spelled := fill(keys[folded].name, name)):
            if folded.startswith("${issuer}") and "." not in name.partition(":")[0]:
                continue
            return replace(keys[folded], name=spelled)
    return None
