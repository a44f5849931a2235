"""One request against grants: what `compare` checks a witness with before it leaves.

The same two-valued meaning as everywhere in `access`; AWS's operators are decided by `policy.simulate`.
"""

from __future__ import annotations

from iamdsl.access.alphabet import names_variable, split
from iamdsl.access.model import And, Condition, Grant, Not, Test
from iamdsl.access.named import named
from iamdsl.access.principals import covered, spared
from iamdsl.access.values import language, resources
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Context = Mapping[str, tuple[str, ...]]  # by lower-case key


@record
class Request:
    """`principal` is a kind and a value as in a `Principal` element, "AWS arn:...", or "" where none was asked about.

    `context` holds (key, values), A to Z; a key that is not there is missing.
    """

    principal: str
    action: str
    resource: str
    context: tuple[tuple[str, tuple[str, ...]], ...] = ()


@record
class Side:
    """The policies of one side of a comparison, as `ways` in which a request is allowed: each a tuple of layers, which must
    all allow it; a layer allows if one of its grants does. A grant that denies does so wherever it stands.
    """

    ways: tuple[tuple[tuple[Grant, ...], ...], ...]

    @property
    def grants(self) -> tuple[Grant, ...]:
        return tuple([grant for way in self.ways for layer in way for grant in layer])


def identity(grants: Iterable[Grant]) -> Side:
    """The side that is one policy, or several of one layer."""
    return Side(((tuple(grants),),))


def variable(text: str) -> tuple[str, str | None]:
    """The key and the default of `${aws:username}` or `${aws:username, 'nobody'}`."""
    key, comma, default = text[2:-1].partition(",")
    default = default.strip()
    quoted = comma and len(default) > 1 and default[0] == default[-1] == "'"
    return key.strip(), default[1:-1] if quoted else None


def fill(text: str, context: Context) -> str | None:
    """`text` with its policy variables filled in, which are literal text then; None when one is undefined."""
    if "${" not in text:
        return text
    parts: list[str] = []
    for part in split(text):
        if names_variable(part):
            key, default = variable(part)
            values = context.get(key.lower(), ())
            value = default if not values else values[0] if len(values) == 1 else None
            if value is None:
                return None
            part = "".join([f"${{{one}}}" if one in "*?$" else one for one in value])
        parts.append(part)
    return "".join(parts)


def filled(values: Iterable[str], context: Context) -> tuple[str, ...]:
    """Those of `values` whose variables are defined, filled in."""
    return tuple([text for value in values if (text := fill(value, context)) is not None])


def holds(condition: Condition, context: Context) -> bool:
    """Whether the condition is true of a request with this context."""
    if isinstance(condition, Test):
        values = context.get(condition.key.lower(), ())
        if condition.relation == "present" or not values:
            return bool(values)
        wanted = filled(condition.values, context)
        one = language(condition.type, condition.relation, wanted, condition.ignoring_case)
        passing = [one.has(value) for value in values]
        return all(passing) if condition.quantifier == "every" else any(passing)
    if isinstance(condition, Not):
        return not holds(condition.item, context)
    results = (holds(item, context) for item in condition.items)
    return all(results) if isinstance(condition, And) else any(results)


def applies(grant: Grant, request: Request, segmented_reading: bool = False) -> bool:
    """Whether the grant speaks of the request. `segmented_reading`: a `*` of a resource stops at colons."""
    return _Asked(request, segmented_reading).meets(grant)


def allowed(side: Side, request: Request, segmented_reading: bool = False) -> bool:
    """Whether the policies of `side` together allow the request."""
    asked = _Asked(request, segmented_reading)
    for one in side.grants:
        if not one.allows and asked.meets(one):
            return False
    return any([asked.allowed(way) for way in side.ways])


class _Asked:
    """A request, read once."""

    __slots__ = ("request", "action", "context", "segmented")

    def __init__(self, request: Request, segmented_reading: bool) -> None:
        self.request = request
        self.action = request.action.lower()
        self.context = {key.lower(): values for key, values in request.context}
        self.segmented = segmented_reading

    def allowed(self, way: tuple[tuple[Grant, ...], ...]) -> bool:
        """Whether every layer allows it."""
        for layer in way:
            for one in layer:
                if one.allows and self.meets(one):
                    break
            else:
                return False
        return True

    def meets(self, grant: Grant) -> bool:
        if named(grant.actions).has(self.action) == grant.except_actions:
            return False
        if grant.resources and self._on(grant.resources) == grant.except_resources:
            return False
        if grant.principals:
            if grant.except_principals and spared(grant.principals).has(self.request.principal):
                return False
            if not grant.except_principals and not covered(grant.principals).has(self.request.principal):
                return False
        return holds(grant.condition, self.context)

    def _on(self, given: tuple[str, ...]) -> bool:
        """Whether one of the resource patterns matches."""
        known = resources(given, self.segmented)
        if known.variables:
            known = resources(filled(given, self.context), self.segmented)
        return known.has(self.request.resource)
