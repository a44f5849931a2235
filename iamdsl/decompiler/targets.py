"""ARN patterns as nouns and names: what a sentence may call them."""

from __future__ import annotations

from iamdsl.catalog import ResourceType
from iamdsl.compiler.acts import Context
from iamdsl.compiler.arns import PATHS, Target, matcher
from iamdsl.compiler.phrase import Thing
from iamdsl.decompiler.words import NOWHERE, checked
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACES = ("Partition", "Region", "Account")


@record
class Named:
    """A resource as a sentence names it: a noun and a name (`*`: any), or an ARN. `places`: whether in any account, and in
    any region; `anywhere`: AWS's `*`."""

    noun: str
    name: str
    arn: str = ""
    any_account: bool = False
    any_region: bool = False
    anywhere: bool = False


class Targets:
    """Finds what ARN patterns can be called, in the program of `context`."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.catalog = context.catalog
        self._nouns: dict[str, str] = {}
        self._short = {full: noun for noun, full in reversed(list(self.catalog.nouns().items()))}
        self._made: dict[Named, Target | None] = {}

    def of(self, arn: str) -> list[Named]:
        """What `arn` can be called, the likeliest first: as what it is, as part of what it belongs to, as itself."""
        parts = arn.split(":", 5)
        if len(parts) < 6 or not checked(arn):
            return []
        service = self.catalog.service(parts[2])
        if service is None:
            return []
        found: dict[Named, None] = {}
        below: dict[Named, None] = {}
        for type in service.types.values():
            for values in self._values(arn, type):
                if named := self._named(type, values, parts):
                    target = self.target(named)
                    if target and self.context.arns.own(target, None) == (arn,):
                        found[named] = None
                    elif not type.variables() and target:
                        continue
                below.update(dict.fromkeys(self._above(type, values, parts)))
        whole = Named("", "", arn)
        return [named for named in (*below, *found, whole) if self.target(named) is not None]

    def _values(self, arn: str, type: ResourceType) -> Iterator[dict[str, str]]:
        quirk = self.catalog.arn_quirk(type)
        bare = arn.removesuffix(quirk.suffix) if quirk.suffix else arn
        for format in type.arns:
            if match := matcher(format, quirk.plain).fullmatch(bare):
                yield {name: value for name, value in match.groupdict().items() if name not in _PLACES}

    def _named(self, type: ResourceType, values: dict[str, str], parts: list[str]) -> Named | None:
        noun = self.noun(type)
        names = [values.get(name, "") for name in type.variables() if name not in self.catalog.arn_quirk(type).random]
        if not noun or not all(names):
            return None
        name = "*" if set(names) <= {"*"} else "/".join(names)
        return Named(noun, name, "", *self._places(parts, type))

    def _above(self, type: ResourceType, values: dict[str, str], parts: list[str]) -> Iterator[Named]:
        """What a resource of `type` lies below."""
        service = self.catalog.service(type.service)
        for other in service.types.values() if service else ():
            own = set(other.variables())
            if not own or not own < set(type.variables()) or not own <= set(values):
                continue
            rest = [value for name, value in values.items() if name not in own]
            path = other.full in PATHS and len(rest) == 1 and rest[0] != "*"
            if not path and set(rest) > {"*"}:
                continue
            named = self._named(other, values, parts)
            if named and path and "/" not in named.name:
                yield Named(named.noun, f"{named.name}/{rest[0]}", "", named.any_account, named.any_region)
            elif named and not path and set(rest) <= {"*"}:
                yield named

    def _places(self, parts: list[str], type: ResourceType) -> tuple[bool, bool]:
        holes = "".join(type.arns)
        any_account = "${Account}" in holes and parts[4] == "*" and not self.context.anywhere
        any_region = "${Region}" in holes and parts[3] == "*" and not self.context.anywhere
        return any_account, any_region

    def noun(self, type: ResourceType) -> str:
        """How `type` is written in a sentence, "" if there is no way."""
        if type.full not in self._nouns:
            noun = self._short.get(type.full) or f"{type.service} {type.name}"
            words = noun.split(" ")
            found = self.catalog.noun(words)
            self._nouns[type.full] = noun if found and found == (type, len(words)) else ""
        return self._nouns[type.full]

    def target(self, named: Named) -> Target | None:
        """The target that the compiler makes of `named`; None where it makes none."""
        if named not in self._made:
            before = self.context.report.errors
            if named.arn:
                thing = Thing(None, "", named.arn, NOWHERE)
            else:
                found = self.catalog.noun(named.noun.split(" "))
                assert found is not None
                thing = Thing(found[0], named.name, "", NOWHERE)
            target = self.context.arns.target(thing, named.any_account, named.any_region)
            if target and not named.arn and self.context.arns.own(target, None) == ():
                target = None
            self._made[named] = target if self.context.report.errors == before else None
        return self._made[named]
