"""An evaluator of AWS IAM policy JSON that knows nothing of `iamdsl`: the oracle of the tests.

It follows the IAM User Guide and, for SCPs and RCPs, the Organizations guide. What it cannot read (an unknown operator,
element or kind of principal) is a ValueError, never a silent "no match". Where the guides are silent (each has a test):

- several request values under an operator without `ForAnyValue:`/`ForAllValues:`: a positive operator wants some value to
  match, a negated one none (each the complement of the other);
- `IfExists` changes nothing behind a set operator (so iam.cloudcopilot.io says);
- a number or date that cannot be read fails its operators, negated ones too; an address that cannot be read is in no range;
- what a policy variable brings in is literal text: a `*` in a tag's value is no wildcard;
- `*` in `Resource` crosses colons (as the guide says it may), unless `Request.segmented` is set (as some measured);
- `NotPrincipal` spares a session only if its account, its role and the session itself are all listed.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal

Document = Mapping[str, Any]  # also of one of its statements
Context = Mapping[str, str | Sequence[str]]
Decision = Literal["allowed", "explicit-deny", "implicit-deny"]

FULL_ACCESS: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True)
class Request:
    """`principal` is the ARN of a user, role, role session, root or identity provider, a service (`glue.amazonaws.com`), an
    OIDC issuer or `*` (anonymous). Keys of `context` are case-insensitive; one with an empty list is absent."""

    principal: str
    action: str
    resource: str
    context: Context = field(default_factory=dict)
    segmented: bool = False  # whether a `*` of `Resource` stops at a colon


Piece = tuple[str, bool]  # a character, and whether it is a wildcard
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_VARIABLE_BODY = re.compile(r"\s*([^,'\s]+(?: [^,'\s]+)*)\s*(?:,\s*'(.*)'\s*)?")


def _plain(text: str) -> list[Piece]:
    return [(character, character in "*?") for character in text]


def _variable(body: str, context: Mapping[str, list[str]]) -> str | None:
    """What `${body}` stands for, None when it is undefined."""
    if body in ("*", "?", "$"):
        return body
    parsed = _VARIABLE_BODY.fullmatch(body)
    if parsed is None:
        raise ValueError(f"unreadable policy variable ${{{body}}}")
    values = context.get(parsed[1].lower(), [])
    if len(values) > 1:
        return None  # a multivalued key cannot be a variable
    return values[0] if values else parsed[2]


def _expand(text: str, context: Mapping[str, list[str]], variables: bool) -> list[Piece] | None:
    """`text` with its variables filled in; None when one is undefined."""
    pieces: list[Piece] = []
    end = 0
    for found in _VARIABLE.finditer(text) if variables else ():
        value = _variable(found[1], context)
        if value is None:
            return None
        pieces += _plain(text[end : found.start()]) + [(character, False) for character in value]
        end = found.end()
    return pieces + _plain(text[end:])


def _literal(pieces: Iterable[Piece]) -> str:
    return "".join(character for character, _ in pieces)


def _split(pieces: Sequence[Piece], separator: Piece, at_most: int | None = None) -> list[list[Piece]]:
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece == separator and len(parts) - 1 != at_most:
            parts.append([])
        else:
            parts[-1].append(piece)
    return parts


@lru_cache(maxsize=4096)
def _pattern(pieces: tuple[Piece, ...]) -> re.Pattern[str]:
    """A regular expression for a glob. Of what stands between two stars the leftmost occurrence always serves, hence the
    atomic groups: they keep the search linear, as in the standard library's fnmatch."""
    parts = [
        "".join("." if piece == ("?", True) else re.escape(piece[0]) for piece in part)
        for part in _split(pieces, ("*", True))
    ]
    if len(parts) == 1:
        return re.compile(parts[0], re.DOTALL)
    middle = "".join(f"(?>.*?{part})" for part in parts[1:-1] if part)
    return re.compile(parts[0] + middle + ".*" + parts[-1], re.DOTALL)


def _glob(pieces: Sequence[Piece], value: str) -> bool:
    return _pattern(tuple(pieces)).fullmatch(value) is not None


def _arn_glob(pieces: Sequence[Piece], value: str) -> bool:
    """Each of the six parts of an ARN on its own; a shorter pattern is filled up with `*`."""
    parts = _split(pieces, (":", False), 5)
    parts += [[("*", True)]] * (6 - len(parts))
    values = value.split(":", 5)
    return len(values) == 6 and all(_glob(part, text) for part, text in zip(parts, values, strict=True))


Compare = Callable[[str, Sequence[Piece]], bool | None]  # (request's value, policy's value); None: cannot be compared

_TRUTH = {"true": True, "false": False}
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_DATE = re.compile(r"(\d{4})(-\d\d)?(-\d\d)?(T.+)?", re.ASCII)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _date(text: str) -> datetime | None:
    """ISO 8601 as W3C profiles it (`2026`, `2026-05`, `2026-05-04`, `2026-05-04T10:00:00Z`) or seconds since 1970."""
    iso = _DATE.fullmatch(text)
    try:
        if iso is None:
            seconds = _number(text)
            return None if seconds is None else datetime.fromtimestamp(float(seconds), UTC)
        year, month, day, time = iso.groups()
        moment = datetime.fromisoformat(f"{year}{month or '-01'}{day or '-01'}{time or ''}")
    except (ValueError, OverflowError, OSError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _in_network(value: str, pieces: Sequence[Piece]) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(_literal(pieces), strict=False)
    except ValueError:
        return False


def _by(read: Callable[[str], Any], holds: Callable[[Any, Any], bool]) -> Compare:
    """Compare what `read` makes of both sides; None when it cannot read one."""

    def compare(value: str, pieces: Sequence[Piece]) -> bool | None:
        left, right = read(value), read(_literal(pieces))
        return None if left is None or right is None else holds(left, right)

    return compare


_COMPARE: dict[str, Compare] = {
    "stringequals": _by(str, lambda a, b: a == b),
    "stringequalsignorecase": _by(str.lower, lambda a, b: a == b),
    "stringlike": lambda value, pieces: _glob(pieces, value),
    "arnequals": lambda value, pieces: _arn_glob(pieces, value),
    "arnlike": lambda value, pieces: _arn_glob(pieces, value),
    "bool": _by(lambda text: _TRUTH.get(text.lower()), lambda a, b: a is b),
    "binaryequals": _by(str, lambda a, b: a == b),  # base64 on both sides
    "ipaddress": _in_network,
}
for _type, _read in (("numeric", _number), ("date", _date)):
    _COMPARE |= {
        f"{_type}equals": _by(_read, lambda a, b: a == b),
        f"{_type}lessthan": _by(_read, lambda a, b: a < b),
        f"{_type}lessthanequals": _by(_read, lambda a, b: a <= b),
        f"{_type}greaterthan": _by(_read, lambda a, b: a > b),
        f"{_type}greaterthanequals": _by(_read, lambda a, b: a >= b),
    }
_NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
}
_TAKES_VARIABLES = ("string", "arn", "bool")


def _texts(value: Any) -> list[str]:
    """A JSON value or a list of them, as the strings AWS reads them as."""
    values = value if isinstance(value, list | tuple) else [value]
    return [str(item).lower() if isinstance(item, bool) else str(item) for item in values]


def _normal(context: Context) -> dict[str, list[str]]:
    normal = {key.lower(): _texts(value) for key, value in context.items()}
    if len(normal) != len(context):
        raise ValueError("two context keys differ only in case")
    return {key: values for key, values in normal.items() if values}


def _test(operator: str, key: str, wanted: list[str], context: Mapping[str, list[str]], variables: bool) -> bool:
    """One operator on one key."""
    actual = context.get(key.lower(), [])
    name = operator.lower()
    if name == "null":
        return any(_TRUTH.get(text.lower()) is (not actual) for text in wanted)
    quantifier, _, name = name.rpartition(":")
    if quantifier not in ("", "foranyvalue", "forallvalues"):
        raise ValueError(f"unknown operator {operator}")
    if_exists, name = name.endswith("ifexists"), name.removesuffix("ifexists")
    negated = name in _NEGATED
    compare = _COMPARE.get(_NEGATED.get(name, name))
    if compare is None:
        raise ValueError(f"unknown operator {operator}")
    if not actual:
        return quantifier == "forallvalues" if quantifier else negated or if_exists
    variables = variables and _NEGATED.get(name, name).startswith(_TAKES_VARIABLES)
    patterns = [_expand(text, context, variables) for text in wanted]

    def holds(value: str) -> bool:
        results = [False if pattern is None else compare(value, pattern) for pattern in patterns]
        if negated:
            return all(result is False for result in results)
        return any(result is True for result in results)

    results = [holds(value) for value in actual]
    if quantifier:
        return all(results) if quantifier == "forallvalues" else any(results)
    return all(results) if negated else any(results)


def matches_condition(block: Mapping[str, Mapping[str, Any]], context: Context, *, variables: bool = True) -> bool:
    """Whether a `Condition` block holds. `variables=False` is how a document of Version 2008-10-17 reads."""
    normal = _normal(context)
    return all(
        _test(operator, key, _texts(wanted), normal, variables)
        for operator, tests in block.items()
        for key, wanted in tests.items()
    )


_ARN = re.compile(
    r"arn:(?P<partition>[\w-]+):(?:iam|sts)::(?P<account>\d{12}):"
    r"(?P<kind>root|user|role|assumed-role|federated-user|saml-provider|oidc-provider)(?:/(?P<name>.+))?"
)


def _caller(principal: str) -> re.Match[str] | None:
    """The parts of an account's principal; None for a service, an identity provider or an anonymous caller."""
    parsed = _ARN.fullmatch(principal)
    if parsed is None and principal.startswith("arn:"):
        raise ValueError(f"unknown kind of principal {principal}")
    return None if parsed is None or parsed["kind"].endswith("-provider") else parsed


def _ways(principal: str) -> dict[str, str]:
    """The ways in which a `Principal` entry can cover the caller, each with a regular expression of such entries."""
    caller = _caller(principal)
    if caller is None:
        return {"direct": re.escape(principal)}
    account, name = caller["account"], caller["name"] or ""
    by_account = rf"arn:[\w-]+:iam::{account}:root|{account}"
    if caller["kind"] == "root":
        return {"direct": by_account}
    if caller["kind"] == "role":
        return {"role": re.escape(principal), "account": by_account}
    ways = {"direct": re.escape(principal), "account": by_account}
    if caller["kind"] == "assumed-role":  # a session's ARN has the role's name without its path
        ways["role"] = rf"arn:[\w-]+:iam::{account}:role/(.+/)?{re.escape(name.split('/')[0])}"
    return ways


def _reached(element: Any, principal: str) -> set[str]:
    """The ways in which a `Principal` or `NotPrincipal` element covers the caller; `*` does so in all ways."""
    named = {"AWS": "*"} if element == "*" else element
    if not isinstance(named, Mapping) or not set(named) <= {"AWS", "Service", "Federated"}:
        raise ValueError(f"unreadable principal {element!r}")
    ways = _ways(principal)
    reached: set[str] = set()
    for kind, entries in named.items():
        entitled = (kind == "AWS") == (_caller(principal) is not None)
        for entry in _texts(entries):
            if entry == "*" and (kind == "AWS" or entitled):
                return set(ways) | {"direct"}
            reached |= {way for way, entry_form in ways.items() if entitled and re.fullmatch(entry_form, entry)}
    return reached


_PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))


def _check(statement: Document) -> None:
    known = {"Sid", "Effect", "Condition"} | {name for pair in _PAIRS for name in pair}
    if not set(statement) <= known or statement.get("Effect") not in ("Allow", "Deny"):
        raise ValueError(f"not a statement: {dict(statement)!r}")
    actions, resources, principals = (sum(name in statement for name in pair) for pair in _PAIRS)
    if (
        actions != 1 or principals > 1 or resources > 1 or not (resources or principals)
    ):  # a trust policy has no resource
        raise ValueError(f"an element is missing or there twice: {dict(statement)!r}")


def statement_matches(statement: Document, request: Request, *, variables: bool = True) -> bool:
    """Whether every element of the statement but its effect fits the request."""
    _check(statement)
    context = _normal(request.context)

    def action(pattern: str) -> bool:
        return _glob(_plain(pattern.lower()), request.action.lower())

    def resource(pattern: str) -> bool:
        pieces = _expand(pattern, context, variables)
        if pieces is None or pattern == "*":
            return pieces is not None
        return (_arn_glob if request.segmented else _glob)(pieces, request.resource)

    for fits, (name, negation) in zip((action, resource), _PAIRS, strict=False):
        if name in statement and not any(fits(pattern) for pattern in _texts(statement[name])):
            return False
        if negation in statement and any(fits(pattern) for pattern in _texts(statement[negation])):
            return False
    if "Principal" in statement and not _reached(statement["Principal"], request.principal):
        return False
    listed = _reached(statement.get("NotPrincipal", {}), request.principal)
    if set(_ways(request.principal)) <= listed:  # spared: listed in every way, by account, role and session
        return False
    return matches_condition(statement.get("Condition", {}), request.context, variables=variables)


def _matching(document: Document, request: Request, effect: str) -> list[Document]:
    """The statements of that effect which match."""
    if set(document) - {"Version", "Id", "Statement"} or "Statement" not in document:
        raise ValueError(f"not a policy document: {dict(document)!r}")
    version = document.get("Version", "2008-10-17")
    if version not in ("2008-10-17", "2012-10-17"):
        raise ValueError(f"unknown version {version}")
    found = document["Statement"]
    every = found if isinstance(found, list) else [found]
    matching: list[Document] = [
        each for each in every if statement_matches(each, request, variables=version == "2012-10-17")
    ]
    return [each for each in matching if each["Effect"] == effect]


def decide(documents: Sequence[Document], request: Request) -> Decision:
    """The decision of these documents together (of one layer): an explicit deny wins, else any allow."""
    if any(_matching(document, request, "Deny") for document in documents):
        return "explicit-deny"
    return "allowed" if any(_matching(document, request, "Allow") for document in documents) else "implicit-deny"


def _grants(document: Document, request: Request) -> set[str]:
    """The ways in which a resource or trust policy's allows reach the caller."""
    statements = _matching(document, request, "Allow")
    return {way for each in statements for way in _reached(each.get("Principal", "*"), request.principal)}


def decide_all(
    *,
    request: Request,
    identity: Sequence[Document] = (),
    resource: Document | None = None,
    trust: Document | None = None,
    boundary: Document | None = None,
    scps: Sequence[Sequence[Document]] = (),
    rcps: Sequence[Document] = (),
    session: Document | None = None,
    same_account: bool = True,
) -> Decision:
    """The decision over all layers. `scps` has one list for each level (root, OUs, account) and each level must allow: one
    that only denies needs FULL_ACCESS beside it. `rcps` can only deny (AWS's own RCP always allows). `trust` is the policy
    of the role that `sts:AssumeRole*` asks for; it, and a key policy given as `resource` of a `kms:` action, must allow in
    any case. `identity`, `boundary`, `session` and `scps` are the caller's account's, the others the resource's.
    """
    if resource is not None and trust is not None:
        raise ValueError("a request meets a resource policy or a trust policy, not both")
    own = [document for document in (resource, trust) if document is not None]
    grants = {way for document in own for way in _grants(document, request)}
    if ":role/aws-service-role/" in request.principal or ":assumed-role/AWSServiceRoleFor" in request.principal:
        scps, rcps = (), ()  # neither touches service-linked roles
    caller = _caller(request.principal)
    if caller is None:  # no account stands behind it: the resource's side alone decides
        identity, boundary, session, scps, same_account = (), None, None, (), True
    limits = [document for document in (boundary, session) if document is not None]
    every = [*identity, *own, *limits, *rcps, *(document for level in scps for document in level)]
    if decide(every, request) == "explicit-deny":
        return "explicit-deny"
    if any(decide(level, request) != "allowed" for level in scps):
        return "implicit-deny"
    within_limits = all(decide([document], request) == "allowed" for document in limits)
    root = caller is not None and caller["kind"] == "root"
    by_identity = root or (within_limits and decide(identity, request) == "allowed")
    both = not same_account or trust is not None or (bool(own) and request.action.lower().startswith("kms:"))
    by_resource = same_account and ("direct" in grants or ("role" in grants and within_limits))
    allowed = by_resource or (by_identity and (bool(grants) or not both))
    return "allowed" if allowed else "implicit-deny"
