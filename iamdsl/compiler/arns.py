"""Resources of a sentence as ARN patterns, by AWS's format of their type."""

from __future__ import annotations

import re
from functools import lru_cache

from iamdsl import rules
from iamdsl.access import glob
from iamdsl.access.alphabet import PLAIN
from iamdsl.catalog import Action, Catalog, ResourceType
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.phrase import Thing, shown
from iamdsl.compiler.references import is_reference
from iamdsl.compiler.words import closest
from iamdsl.diagnostics import Report
from iamdsl.record import record, replace
from iamdsl.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.reach import Formats

_PLACES = ("Partition", "Region", "Account")
HOLE = re.compile(r"\$\{(\w+)\}")

# types whose names go on with a path into the type below, and the key of the list actions that tells the path asked for
PATHS = {"s3:bucket": "s3:prefix"}


@record
class Target:
    """A resource of a sentence, ready to fill AWS's formats.

    `values` are the variables of its type's ARN; `path` the part below it ("" for all of it); `arn` the whole ARN if
    the author wrote it, `literal` if he wrote it in the sentence itself and not in a declaration.
    """

    type: ResourceType
    name: str
    values: tuple[tuple[str, str], ...]
    path: str
    account: str
    region: str
    key: str
    arn: str
    span: Span
    literal: bool = False


class Arns:
    """Makes targets and fills formats; `anywhere` says which of account and region the sentence leaves open."""

    def __init__(self, bindings: Bindings, report: Report) -> None:
        self.bindings = bindings
        self.catalog: Catalog = bindings.catalog
        self.report = report
        self._target: Target | None = None  # the last one asked about, and its patterns by type
        self._made: dict[tuple[str, bool], tuple[str, ...] | None] = {}

    # ---- from a sentence to a target

    def target(self, thing: Thing, any_account: bool, any_region: bool) -> Target | None:
        """The target that `thing` names; None, and a finding, where there is none."""
        if thing.arn:
            found = self.of_arn(thing.arn, None, thing.name, thing.span)
            return replace(found, literal=True) if found else None
        assert thing.type is not None
        type, name = thing.type, thing.name
        declared = self.bindings.resources.get((type.full, name))
        path = ""
        if declared is None and type.full in PATHS and "/" in name:
            first, _, path = name.partition("/")
            declared = self.bindings.resources.get((type.full, first))
            name = first
        if declared is None:
            self.similar(type, name, thing.span)
            principal = type.service == "iam" and (type.name, name) in self.bindings.principals
            if self.bindings.inventory is not None and not principal:
                self.bindings.inventory.undeclared(type, name, thing.span, self.report)
        account = declared.account if declared and declared.account else self.bindings.home
        region = declared.region if declared and declared.region else self.bindings.region
        account, region = "*" if any_account else account, "*" if any_region else region
        value = declared.value if declared else self.pathed(type, name)
        key = declared.key if declared else ""
        target: Target | None
        if is_reference(value):
            values = tuple(self.bindings.references.values(value, type).items())
            target = Target(type, name, values, "", "", "", "", "", thing.span)
        elif value.startswith("arn:"):
            target = self.of_arn(value, type, name, declared.place if declared else thing.span)
        else:
            target = self.of_name(type, value, declared.place if declared else thing.span)
        if target is None:
            return None
        kept = (account, region) if not target.arn else (target.account, target.region)
        return Target(type, name, target.values, path or target.path, *kept, key, target.arn, thing.span)

    def pathed(self, type: ResourceType, name: str) -> str:
        """The name of a resource that is not declared; of a declared principal with the path that it has."""
        known = self.bindings.principals.get((type.name, name)) if type.service == "iam" else None
        return f"{known.path[1:]}{name}" if known else name

    def similar(self, type: ResourceType, name: str, span: Span) -> None:
        """Warn of a literal that is nearly the name of a declared resource."""
        names = self.bindings.named(type)
        close = closest(name, names, 0.8) if names and "*" not in name and "?" not in name else None
        if close:
            help = f"did you mean `{close}`? if not, declare `{shown(type)} {name}`"
            kind = shown(type)
            self.report.add(rules.SIMILAR_NAME, span, help=help, kind=kind, name=name, close=close)

    def of_name(self, type: ResourceType, name: str, span: Span) -> Target | None:
        """The target of `type` called `name`: its parts fill the variables of the format, in order."""
        quirk = self.catalog.arn_quirk(type)
        if quirk.strip and name.startswith(quirk.strip):
            name = name[len(quirk.strip) :]
        path = ""
        if type.full in PATHS:
            name, _, path = name.partition("/")
        variables = [name for name in type.variables() if name not in quirk.random]
        values = {variable: "*" for variable in quirk.random}
        if name == "*":
            values.update(dict.fromkeys(variables, "*"))
        elif len(variables) <= 1:
            if not variables and name:
                self.report.add(
                    rules.BAD_PARTS,
                    span,
                    noun=shown(type),
                    count=0,
                    name=name,
                    given=1,
                    help=f"write `any {shown(type)}`",
                )
                return None
            values.update(dict.fromkeys(variables, name))
        else:
            parts = name.split("/", len(variables) - 1)
            if len(parts) != len(variables) or not all(parts):
                help = "write `" + "/".join(variable.upper() for variable in variables) + "`"
                given = len(parts)
                self.report.add(
                    rules.BAD_PARTS, span, help=help, noun=shown(type), count=len(variables), name=name, given=given
                )
                return None
            values.update(zip(variables, parts))
        if quirk.plain and any("/" in value or ":" in value for value in values.values()):
            help = f"the name of a {shown(type)} holds no `/` and no `:`"
            self.report.add(rules.NO_PATH, span, help=help, noun=shown(type), name=name)
            return None
        if any(not value for value in values.values()):
            self.report.add(rules.NO_NAME, span, help="a name is not empty", noun=shown(type))
            return None
        return Target(type, name, tuple(values.items()), path, "", "", "", "", span)

    def of_arn(self, arn: str, type: ResourceType | None, name: str, span: Span) -> Target | None:
        """The target of a whole ARN: of `type`, or of the type whose format it fits best."""
        parts = arn.split(":", 5)
        if len(parts) < 6 or not parts[5]:
            help = "an ARN is `arn:partition:service:region:account:resource`"
            self.report.add(rules.BAD_ARN, span, help=help, arn=arn, what="anything")
            return None
        service = self.catalog.service(type.service if type else parts[2])
        if service is None:
            close = closest(parts[2], self.catalog.services())
            help = f"did you mean `{close}`?" if close else ""
            self.report.add(rules.UNKNOWN_SERVICE, span, help=help, name=parts[2])
            return None
        candidates = [type] if type else [one for one in service.types.values()]
        best: tuple[int, ResourceType, dict[str, str]] | None = None
        for candidate in candidates:
            for format in candidate.arns:
                match = matcher(format, self.catalog.arn_quirk(candidate).plain).fullmatch(arn)
                weight = len(HOLE.sub("", format))
                if match and (best is None or weight > best[0]):
                    best = (weight, candidate, match.groupdict())
        if best is None:
            what = f"a {shown(type)}" if type else f"any resource of {parts[2]}"
            formats = sorted({format for one in candidates for format in one.arns})[:3]
            self.report.add(rules.BAD_ARN, span, help="formats: " + ", ".join(formats), arn=arn, what=what)
            return None
        values = tuple((name, value) for name, value in best[2].items() if name not in _PLACES)
        region, account = parts[3], parts[4]
        return Target(best[1], name or arn, values, "", account, region, "", arn, span)

    # ---- from a target to patterns

    def patterns(self, target: Target, type: ResourceType, action: Action | None) -> tuple[str, ...] | None:
        """The ARN patterns of the resources of `type` that belong to `target`, as `action` takes them.

        None where the two have nothing to do with each other; () where account or region is missing (a finding).
        """
        if self._target is not target:
            self._target, self._made = target, {}
        key = (type.full, self.bare(type, action))
        if key not in self._made:
            self._made[key] = self.own(target, action) if same(type, target.type) else self.below(target, type, action)
        return self._made[key]

    def below(self, target: Target, type: ResourceType, action: Action | None) -> tuple[str, ...] | None:
        wanted = set(type.variables())
        own = {name for name, _ in target.values}
        if wanted and not wanted & own:
            return None
        values = dict(target.values)
        rest = [name for name in type.variables() if name not in values]
        filled = {name: target.path if len(rest) == 1 and target.path else "*" for name in rest}
        return self.fill(target, type, {**values, **filled}, action)

    def all_like(self, target: Target, type: ResourceType) -> Target:
        """A target that is every resource of `type` in the account and region of `target`."""
        values = tuple((name, "*") for name in type.variables())
        return replace(target, type=type, values=values, path="", arn="", key="")

    def is_all(self, target: Target) -> bool:
        """Whether `target` is every resource of its type that there is for the account."""
        regional = any([name == "Region" for format in target.type.arns for name, _ in _pieces(format)[1]])
        named = [value for _, value in target.values if value != "*"]
        return not named and not target.path and (not regional or target.region == "*")

    def own(self, target: Target, action: Action | None) -> tuple[str, ...]:
        if target.arn:
            return (target.arn,)
        return self.fill(target, target.type, dict(target.values), action)

    def bare(self, type: ResourceType, action: Action | None) -> bool:
        """Whether `action` takes the ARN of `type` without the ending that others take it with."""
        return action is not None and action.full in self.catalog.arn_quirk(type).bare

    def fill(
        self, target: Target, type: ResourceType, values: dict[str, str], action: Action | None
    ) -> tuple[str, ...]:
        quirk = self.catalog.arn_quirk(type)
        places = {"Partition": self.bindings.partition, "Region": target.region, "Account": target.account}
        filled = {**values, **places}
        found: list[str] = []
        for format in type.arns:
            start, holes = _pieces(format)
            if not all([name in filled for name, _ in holes]):
                continue
            if not self.located(holes, target):
                return ()
            arn = start + "".join([filled[name] + text for name, text in holes])
            if quirk.suffix and not arn.endswith(("*", quirk.suffix)) and not self.bare(type, action):
                arn += quirk.suffix
            found.append(arn)
        return tuple(dict.fromkeys(found))

    def located(self, holes: tuple[tuple[str, str], ...], target: Target) -> bool:
        """Whether the region and account that a format with `holes` needs are known; findings where they are not."""
        no_region = not target.region and any([name == "Region" for name, _ in holes])
        no_account = not target.account and any([name == "Account" for name, _ in holes])
        if not no_region and not no_account:
            return True
        name, noun = target.name, shown(target.type)
        if no_region:
            help = "say where it is: `region eu-west-1` on a line of its own, or `in any region`"
            self.report.add(rules.MISSING_REGION, target.span, help=help, noun=noun, name=name)
        if no_account:
            help = "say whose it is: `account NAME = 111122223333` on a line of its own, or `in any account`"
            self.report.add(rules.MISSING_ACCOUNT, target.span, help=help, noun=noun, name=name)
        return False

    def takes(self, action: Action, target: Target, all_below: bool = False) -> tuple[ResourceType, ...]:
        """The types that `action` takes and that `target` is, or else (or, with `all_below`, and) has below it."""
        own = {name for name, _ in target.values}
        found: list[ResourceType] = []
        below: list[ResourceType] = []
        for pair in action.types:
            type = self.catalog.type(f"{action.service}:{pair.name}")
            if type is None:
                continue
            if same(type, target.type):
                found.append(type)
            elif own and type.service == target.type.service and own <= set(type.variables()):
                below.append(type)
        return tuple(found + below if all_below else found or below)


@lru_cache(maxsize=1 << 12)
def _pieces(format: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The text before the first hole of `format`, and each hole's name with the text behind it."""
    start, *rest = HOLE.split(format)
    return start, tuple(zip(rest[::2], rest[1::2]))


def same(one: ResourceType, other: ResourceType) -> bool:
    """Whether two types are one: `sts:role` is `iam:role`."""
    return one is other or one.full == other.full or bool(set(one.arns) & set(other.arns))


def format_patterns(action: Action, catalog: Catalog) -> tuple[str, ...]:
    """The formats of all ARNs that a request for `action` can name, as globs."""
    found: list[str] = []
    for pair in action.types:
        type = catalog.type(f"{action.service}:{pair.name}")
        if type is not None:
            found += _globs(type.arns, catalog.arn_quirk(type).plain)
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=1 << 12)
def _globs(formats: tuple[str, ...], plain: bool) -> tuple[str, ...]:
    hole = PLAIN if plain else "*"
    return tuple([HOLE.sub(lambda match: "*" if match.group(1) in _PLACES else hole, one) for one in formats])


@lru_cache(maxsize=8)
def formats_of(catalog: Catalog) -> Formats:
    """The formats of each action, looked up when first asked for; see `access.reach`. The same function each time, so that
    what is found by it is found once."""
    known: dict[str, tuple[str, ...] | None] = {}

    def formats(name: str) -> tuple[str, ...] | None:
        if name not in known:
            action = None if "*" in name or "?" in name else catalog.action(name)
            known[name] = format_patterns(action, catalog) if action and action.types else None
        return known[name]

    return formats


@lru_cache(maxsize=256)
def matcher(format: str, plain: bool) -> re.Pattern[str]:
    """What matches the ARNs, and patterns of them, of a format; `plain`: its variables hold neither `/` nor `:`."""
    pieces: list[str] = []
    end, seen = 0, set()
    for hole in HOLE.finditer(format):
        name = hole.group(1)
        pieces.append(re.escape(format[end : hole.start()]))
        if name in seen:
            pieces.append(f"(?P={name})")
        else:
            last = not format[hole.end() :]
            body = "[^:]*" if name in _PLACES else "[^/:]+" if plain else ".+" if last else "[^:]+?"
            pieces.append(f"(?P<{name}>{body})")
        seen.add(name)
        end = hole.end()
    return re.compile("".join(pieces) + re.escape(format[end:]))
