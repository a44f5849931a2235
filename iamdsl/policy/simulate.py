"""One request against the documents that it meets: AWS's own decision, and the statements that made it.

IAM user guide, "Policy evaluation logic" and what it says there of requests within one account and across two; KMS
developer guide, "Key policies"; Organizations user guide, "SCP evaluation" and "RCP evaluation".
"""

from __future__ import annotations

from iamdsl.policy import match
from iamdsl.policy.model import Document, Statement
from iamdsl.policy.principal import DIRECT, ROLE, Caller, caller, reached
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ALLOWED, EXPLICIT, IMPLICIT = "allowed", "explicit-deny", "implicit-deny"


@record
class Request:
    """`principal` is the ARN of a user, role, session of a role, federated user, root or identity provider, a service
    (`glue.amazonaws.com`), an OIDC issuer, or `*` (anyone). Keys of `context` are of any letter case; one without a value is
    absent."""

    principal: str
    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]]


@record
class Layers:
    """The documents that a request meets. `identity`: of the user and its groups, or the role. `resource` is the policy of
    what is asked for, `trust` that of a role which is to be assumed. Each of `boundary`, `session` and `endpoint` (of the VPC
    endpoint that the request comes through) must allow. `scps` and `rcps` have one tuple for each level: root,
    organizational units, account.

    Identity, boundary, session and `scps` are of the caller's account, the others of the resource's. `same_account` None:
    told by the resource's ARN or `aws:ResourceAccount`, and taken to be so where neither says.
    """

    identity: tuple[Document, ...] = ()
    resource: tuple[Document, ...] = ()
    trust: tuple[Document, ...] = ()
    boundary: tuple[Document, ...] = ()
    session: tuple[Document, ...] = ()
    endpoint: tuple[Document, ...] = ()
    scps: tuple[tuple[Document, ...], ...] = ()
    rcps: tuple[tuple[Document, ...], ...] = ()
    same_account: bool | None = None


@record
class Reason:
    """A statement that counted: the field of Layers it is in, the document's place there (levels end to end), its own."""

    layer: str
    document: int
    statement: int


@record
class Decision:
    """`outcome` is `allowed`, `explicit-deny` (by the denies in `because`) or `implicit-deny`. Allowed: `because` are the
    allows of every layer that had to. Denied for want of an allow: `missing` is the layer that has none, `because` the allows
    that were there."""

    outcome: str
    because: tuple[Reason, ...] = ()
    missing: str = ""


class _Statement:
    """A statement, prepared as far as requests have come: few go beyond its actions."""

    __slots__ = ("one", "variables", "segmented", "allows", "actions", "_resources", "_checks")

    def __init__(self, one: Statement, variables: bool, segmented: bool) -> None:
        self.one = one
        self.variables = variables
        self.segmented = segmented
        self.allows = one.effect == "Allow"
        self.actions = match.actions(one.not_action if one.action is None else one.action, one.action is not None)
        self._resources: match.Holds | None = None
        self._checks: tuple[match.Check, ...] | None = None

    def resources(self, asked: _Asked) -> bool:
        one = self.one
        if one.resource is None and one.not_resource is None:
            return True
        if self._resources is None:
            given = one.not_resource if one.resource is None else one.resource
            self._resources = match.resources(given, self.variables, self.segmented)
        return self._resources(asked.resource, asked.context) is (one.resource is not None)

    @property
    def checks(self) -> tuple[match.Check, ...]:
        """The tests of its condition, in order."""
        if self._checks is None:
            self._checks = match.checks(self.one.condition, self.variables)
        return self._checks

    def ways(self, who: Caller) -> int:
        """How the statement reaches `who`; 0 if it does not."""
        one = self.one
        if one.not_principal is not None:
            return 0 if who.ways & ~reached(who, one.not_principal) == 0 else who.ways | DIRECT
        return who.ways | DIRECT if one.principal is None else reached(who, one.principal)


class _Asked:
    """A request, read once."""

    __slots__ = ("who", "action", "resource", "context")

    def __init__(self, request: Request) -> None:
        self.who = caller(request.principal)
        self.action = request.action.lower()
        self.resource = request.resource
        context: dict[str, tuple[str, ...]] = {}
        for key, value in request.context.items():
            name = key.lower()
            if name in context:
                raise ValueError(f"the key {name} is there twice")
            context[name] = (value,) if isinstance(value, str) else tuple(value)
        self.context = {key: values for key, values in context.items() if values}

    def matches(self, one: _Statement, condition: bool = True) -> int:
        """How the statement reaches the caller; 0 if the request does not match it. `condition`: whether that counts."""
        if not one.actions(self.action):
            return 0
        ways = one.ways(self.who)
        if not ways or not one.resources(self):
            return 0
        for check in one.checks if condition else ():
            if not check(self.context):
                return 0
        return ways


_KEPT = 1 << 14  # documents, with what was prepared of them: some 5 KB each
_PREPARED: dict[tuple[int, bool], tuple[Document, tuple[_Statement, ...]]] = {}


def _prepared(document: Document, segmented: bool) -> tuple[_Statement, ...]:
    """The statements of `document`, which stays in memory meanwhile, so that no other has its id."""
    known = _PREPARED.get((id(document), segmented))
    if known is None:
        if len(_PREPARED) >= _KEPT:
            _PREPARED.clear()
        variables = document.version == "2012-10-17"
        known = document, tuple([_Statement(one, variables, segmented) for one in document.statements])
        _PREPARED[id(document), segmented] = known
    return known[1]


_OUTER = ("scps", "endpoint")  # what must allow, whatever else does


class _Layer:
    """What the documents of a layer (of one level of it) say of a request: their denies, and their allows with how each
    reaches the caller."""

    __slots__ = ("name", "denies", "allows", "ways")

    def __init__(
        self, name: str, documents: Sequence[Document], asked: _Asked, segmented: bool, first: int = 0
    ) -> None:
        self.name = name
        self.denies: list[Reason] = []
        self.allows: list[Reason] = []
        self.ways = 0
        for at, document in enumerate(documents, first):
            for number, one in enumerate(_prepared(document, segmented)):
                ways = asked.matches(one)
                if ways and one.allows:
                    self.allows.append(Reason(name, at, number))
                    self.ways |= ways
                elif ways:
                    self.denies.append(Reason(name, at, number))


def decide(request: Request, layers: Layers, segmented: bool = False) -> Decision:
    """AWS's decision. `segmented`: whether a `*` in `Resource` stops at a colon, which the guide denies and some measured.

    Raises ValueError for a principal that cannot ask, a key twice, a resource policy beside a trust policy.
    """
    if layers.resource and layers.trust:
        raise ValueError("a request meets a resource policy or a trust policy, not both")
    asked = _Asked(request)
    own = _gathered(layers, asked, segmented)
    denies = [reason for layer in own for reason in layer.denies]
    if denies:
        return Decision(EXPLICIT, tuple(denies))
    for layer in own:
        if layer.name in _OUTER and not layer.allows:
            return Decision(IMPLICIT, (), layer.name)
    return _granted(asked, layers, own)


def _gathered(layers: Layers, asked: _Asked, segmented: bool) -> list[_Layer]:
    """What each layer that the request meets says, in AWS's order."""
    found = []
    if not asked.who.service_linked:
        found += _levels("rcps", layers.rcps, asked, segmented)
        if asked.who.account:
            found += _levels("scps", layers.scps, asked, segmented)
    found += _levels("endpoint", tuple([(document,) for document in layers.endpoint]), asked, segmented)
    for name, documents in (("resource", layers.resource), ("trust", layers.trust)):
        if documents:
            found.append(_Layer(name, documents, asked, segmented))
    if asked.who.account:  # who is of no account has the resource's side only
        found.append(_Layer("identity", layers.identity, asked, segmented))
        for name, documents in (("boundary", layers.boundary), ("session", layers.session)):
            found += _levels(name, tuple([(document,) for document in documents]), asked, segmented)
    return found


def _levels(name: str, levels: tuple[tuple[Document, ...], ...], asked: _Asked, segmented: bool) -> list[_Layer]:
    found, first = [], 0
    for documents in levels:
        found.append(_Layer(name, documents, asked, segmented, first))
        first += len(documents)
    return found


def _granted(asked: _Asked, layers: Layers, own: list[_Layer]) -> Decision:
    """The decision where nothing denies and every level of `scps` and the endpoint allow."""
    who = asked.who
    by_resource = next((layer for layer in own if layer.name in ("resource", "trust")), None)
    identity = next((layer.allows for layer in own if layer.name == "identity"), [])
    limits = [layer for layer in own if layer.name in ("boundary", "session")]
    grants = by_resource.ways if by_resource else 0
    same = not who.account or _same_account(who, asked, layers)
    narrow = next((limit.name for limit in limits if not limit.allows), "")
    inner = [reason for limit in limits for reason in limit.allows]
    outer = [reason for layer in own if layer.name in _OUTER for reason in layer.allows]
    given = [*identity, *(by_resource.allows if by_resource else []), *outer]
    if by_resource and same and (grants & DIRECT or (grants & ROLE and not narrow)):
        # what names the caller itself is enough; boundary and session limit what names its role, and its own policies
        return Decision(ALLOWED, (*by_resource.allows, *outer) if narrow else (*given, *inner))
    needed = not same or bool(layers.trust) or (by_resource is not None and asked.action.startswith("kms:"))
    missing = "" if grants or (who.account and not needed) else "trust" if layers.trust else "resource"
    if who.account and not missing and who.kind != "root":
        missing = "identity" if not identity and not (same and grants & ROLE) else narrow
    return Decision(IMPLICIT, tuple(given), missing) if missing else Decision(ALLOWED, (*given, *inner))


def _same_account(who: Caller, asked: _Asked, layers: Layers) -> bool:
    if layers.same_account is not None:
        return layers.same_account
    segments = asked.resource.split(":", 5)
    account = segments[4] if len(segments) == 6 else ""
    if not account:
        account, *_ = asked.context.get("aws:resourceaccount", ("",))
    return not account.isdecimal() or account == who.account


@record
class Miss:
    """A statement that is about the request, but for these tests of its condition: operator and key of each that fails."""

    reason: Reason
    tests: tuple[tuple[str, str], ...]


def nearly(request: Request, layers: Layers, segmented: bool = False) -> tuple[Miss, ...]:
    """The allows that would match but for their condition, in the order of the layers."""
    asked = _Asked(request)
    found = []
    flat: list[tuple[str, Sequence[Document]]] = [
        (name, getattr(layers, name)) for name in ("identity", "resource", "trust", "boundary", "session", "endpoint")
    ]
    for name, documents in [*flat, ("scps", [document for level in layers.scps for document in level])]:
        for at, document in enumerate(documents):
            for number, one in enumerate(_prepared(document, segmented)):
                if one.allows and not asked.matches(one) and asked.matches(one, False):
                    tests = [(said, key) for said, keys in document.statements[number].condition for key, _ in keys]
                    failed = [test for test, check in zip(tests, one.checks) if not check(asked.context)]
                    found.append(Miss(Reason(name, at, number), tuple(failed)))
    return tuple(found)
