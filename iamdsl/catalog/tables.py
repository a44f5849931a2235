"""The hand-kept tables: `tables/*.tsv`, one row a fact, the last column its source (an AWS page or a package)."""

from __future__ import annotations

from os.path import dirname, join

from iamdsl.catalog.model import Key
from iamdsl.record import record

TABLES = join(dirname(__file__), "tables")


def rows(name: str) -> list[list[str]]:
    """The rows of the table `name` without its head, cells as text. Raises ValueError on a row of the wrong width."""
    with open(join(TABLES, name + ".tsv"), encoding="utf-8") as file:
        lines = [line.split("\t") for line in file.read().splitlines()]
    for number, line in enumerate(lines, 1):
        if len(line) != len(lines[0]):
            raise ValueError(f"{name}.tsv:{number}: {len(line)} cells, the head has {len(lines[0])}")
    return lines[1:]


def listed(cell: str) -> tuple[str, ...]:
    """The names in a cell that holds several, separated by commas."""
    return tuple(cell.split(",")) if cell else ()


@record
class ArnQuirk:
    """How the ARN of a type departs from its format in the catalog.

    `suffix` follows the name (`-??????` of a secret), but not for the actions in `bare`. `strip` is cut from the start
    of a written name. `random` are the format's variables that AWS makes up, so that an author cannot know them.
    `plain`: the values of the format's own variables hold neither `/` nor `:`, by documentation.
    """

    suffix: str = ""
    bare: tuple[str, ...] = ()
    strip: str = ""
    random: tuple[str, ...] = ()
    plain: bool = False


@record
class Quota:
    """A limit of AWS. `unit`: `characters`, `nonspace` (characters without white space), `bytes` or `count`."""

    kind: str
    limit: int
    unit: str
    source: str


@record
class ResourcePolicy:
    """That a type takes a resource policy, and how.

    `action` sets it. `resource`: what `Resource` says in it: `arn` (the type's own, and what lies below it), `*` (the
    resource that the policy is on) or `none` (the element is left out). `rejects`: what the service does not take:
    `deny`, `not-action`, `not-principal`, `lists` (of actions or principals in a statement). `keys`: the only condition
    keys that it takes; () if any.
    """

    type: str
    action: str
    resource: str
    rejects: tuple[str, ...]
    keys: tuple[str, ...]
    source: str


@record
class PolicyResource:
    """What a target calls the policy of a type. `document`: the argument that takes it; `statements` where the target takes
    one statement at a time, ` as text` where it takes JSON as text only. `arguments`: what says of which resource it is, with
    holes for the variables of its ARN, `{arn}`, `{url}` (of a queue), `{secret}` (by name or ARN) and `{title}` (a name for
    the policy).
    """

    resource: str
    document: str
    arguments: tuple[str, ...]


@record
class ConfusedDeputy:
    """What keeps a grant to a service's principal from working for another account.

    `trust`: which of `aws:SourceAccount` and `aws:SourceArn` the service sends when it assumes a role. `policy`: the
    same when it uses a resource under that resource's own policy. Empty: none is documented. `own`: the service assumes
    a role only where an attachment in the role's account passed it (iam:PassRole), so that a trust policy needs no
    guard. `sources`: full names of the types that `aws:SourceArn` may name; empty if documentation does not restrict
    them.
    """

    service: str
    trust: tuple[str, ...]
    policy: tuple[str, ...]
    own: bool
    sources: tuple[str, ...]
    source: str


@record
class Issuer:
    """An issuer of OIDC tokens. `own`: IAM knows it without a provider in the account, and its principal is its name.
    `audience`, `subject`: the keys of the two claims behind `ISSUER:`. `shared`: one issuer for all customers, so that
    only the subject tells one from another.
    """

    own: bool = False
    audience: str = "aud"
    subject: str = "sub"
    shared: bool = False


@record
class SignIn:
    """Where federated users of a partition sign in: the endpoint that `saml:aud` names, and the audience of tokens for
    STS."""

    saml: str
    audience: str


def read_keys() -> dict[str, Key]:
    """The global and cross-service keys, by lower-case name."""
    found = {}
    for name, kind, values, scope, _source in rows("keys"):
        found[name.lower()] = Key(name, kind, values == "multi", scope)
    return found


def read_nouns() -> dict[str, str]:
    """Short noun -> full name of its type."""
    return {noun: type for noun, type, _source in rows("nouns")}


def read_quirks() -> dict[str, ArnQuirk]:
    """Full name of a type -> its quirks."""
    found: dict[str, dict[str, str | bool | tuple[str, ...]]] = {}
    for type, quirk, value, actions, _source in rows("arns"):
        entry = found.setdefault(type, {})
        if quirk == "plain":
            entry["plain"] = True
        elif quirk == "random":
            entry["random"] = listed(value)
        elif quirk == "suffix":
            entry.update(suffix=value, bare=listed(actions))
        elif quirk == "strip":
            entry["strip"] = value
        else:
            raise ValueError(f"arns.tsv: unknown quirk {quirk!r}")
    return {type: ArnQuirk(**entry) for type, entry in found.items()}  # type: ignore[arg-type]


def read_quotas() -> dict[str, Quota]:
    """Kind of document (or thing counted) -> its limit."""
    return {kind: Quota(kind, int(limit), unit, source) for kind, limit, unit, source in rows("quotas")}


def read_resource_policies() -> dict[str, ResourcePolicy]:
    """Full name of a type -> its resource policy."""
    found = {}
    for type, action, resource, rejects, keys, source in rows("resource_policies"):
        found[type] = ResourcePolicy(type, action, resource, listed(rejects), listed(keys), source)
    return found


def read_policy_resources(target: str) -> dict[str, PolicyResource]:
    """Full name of a type -> what `target` (`terraform`, `cloudformation`) calls its policy."""
    found = {}
    for type, resource, document, arguments, _source in rows(f"{target}_policies"):
        found[type] = PolicyResource(resource, document, listed(arguments))
    return found


def read_holders() -> dict[str, str]:
    """Full name of a type without a policy of its own -> the type whose policy names it."""
    return {type: holder for type, holder, _source in rows("policy_holders")}


def read_pages() -> dict[str, str]:
    """Prefix of a service -> what the Service Authorization Reference calls its page, behind `list_`."""
    return {service: page for service, page, _source in rows("pages")}


def read_confused_deputies() -> dict[str, ConfusedDeputy]:
    """Service as the program writes it (the principal without its suffix) -> its guards."""
    found = {}
    for service, trust, policy, sources, source in rows("confused_deputy"):
        own = trust == "own"
        keys = () if own else guards(trust)
        found[service] = ConfusedDeputy(service, keys, guards(policy), own, listed(sources), source)
    return found


def guards(cell: str) -> tuple[str, ...]:
    """`account`, `account,arn` -> the condition keys they stand for."""
    words = {"account": "aws:SourceAccount", "arn": "aws:SourceArn"}
    return tuple(words[word] for word in listed(cell))


def read_passing() -> dict[str, tuple[str, ...]]:
    """Full name of an action, lower case -> what it depends on beyond AWS's own list."""
    found: dict[str, tuple[str, ...]] = {}
    for action, needs, _source in rows("passes_role"):
        found[action.lower()] = listed(needs)
    return found


def read_suffixes() -> dict[tuple[str, str], str]:
    """Service and partition -> what follows the service in its principal there, where it is not `.amazonaws.com`."""
    return {(service, partition): suffix for service, partition, suffix, _source in rows("principal_suffixes")}


def read_issuers() -> dict[str, Issuer]:
    """Issuer of OIDC tokens, without `https://` -> how IAM names it and its claims, where that is not the usual way."""
    found = {}
    for issuer, principal, audience, subject, shared, _source in rows("oidc_issuers"):
        found[issuer] = Issuer(principal == "own", audience, subject, shared == "yes")
    return found


def read_sign_in() -> dict[str, SignIn]:
    """Partition -> where federated users sign in."""
    return {partition: SignIn(saml, audience) for partition, saml, audience, _source in rows("sign_in")}


def read_assume_actions() -> dict[str, tuple[str, ...]]:
    """Service -> what its trust allows beside sts:AssumeRole."""
    return {service: listed(actions) for service, actions, _source in rows("assume_actions")}


def read_principals() -> frozenset[str]:
    """Service principals that the generated list lacks."""
    return frozenset(f"{service}.amazonaws.com" for service, _source in rows("principals"))
