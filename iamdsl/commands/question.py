"""One request, from the words of the command line: who asks, for what, and what AWS adds to it."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access import glob
from iamdsl.catalog import Action, Catalog, Key
from iamdsl.compiler.arns import Arns, Target, format_patterns
from iamdsl.compiler.estate import Estate
from iamdsl.compiler.meet import SSO, UNKNOWN_ACCOUNT, Asker, declared, owners_of
from iamdsl.compiler.phrase import Thing
from iamdsl.compiler.words import closest, suggestion
from iamdsl.diagnostics import Report
from iamdsl.policy import values
from iamdsl.policy.principal import Caller, caller
from iamdsl.record import replace
from iamdsl.source import Span

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

PRINCIPALS = ("user", "role", "group", "permission-set", "policy")
_NOWHERE = Span("", 0, 0)


def home(given: Sequence[str], target: str, estate: Estate) -> str:
    """Our account: the program's, that of a document, of the resource by its ARN or `-c aws:ResourceAccount`; "" if none
    says."""
    known = [estate.bindings.home, *(one.account for one in estate.held), *target.split(":", 5)[4:5]]
    known += _told(given, "aws:resourceaccount")
    return next((one for one in known if len(one) == 12 and one.isdecimal()), "")


def _told(given: Sequence[str], name: str) -> list[str]:
    return [value for key, _, value in [one.partition("=") for one in given] if key.lower() == name]


def split(words: Sequence[str]) -> tuple[str, str, str, list[str]] | None:
    """WHO, ACTION, RESOURCE and the files; WHO may be several words (`role training`). None if something is lacking."""
    if words[:2] == ["permission", "set"]:
        words = ["permission-set", *words[2:]]
    if len(words) > 1 and words[0] in (*PRINCIPALS, "service", "account") and ":" not in words[1]:
        words = [" ".join(words[:2]), *words[2:]]
    return (words[0], words[1], words[2], list(words[3:])) if len(words) > 2 else None


def action_named(name: str, estate: Estate, report: Report) -> Action | None:
    """The action; None, and a finding, where there is none."""
    known = estate.bindings.catalog
    prefix, colon, rest = name.partition(":")
    found = known.action(name) if colon else None
    if found is not None:
        return found
    if name in estate.bindings.unknown_actions and colon:
        return Action(prefix, rest, "Write")
    if not colon or "*" in name or "?" in name:
        help = "one action, spelled out as `s3:GetObject`"
        report.add(rules.UNKNOWN_ACTION, None, help=help, name=name)
    elif known.service(prefix) is None:
        report.add(rules.UNKNOWN_SERVICE, None, help=suggestion(prefix, known.services()), name=prefix)
    else:
        service = known.service(prefix)
        close = closest(rest, [one.name for one in service.actions.values()]) if service else None
        help = f"did you mean `{prefix}:{close}`?" if close else ""
        report.add(rules.UNKNOWN_ACTION, None, help=help, name=name)
    return None


# ---- who


def asker(text: str, estate: Estate, ours: str, given: Sequence[str], report: Report) -> Asker | None:
    """Who `text` means: `alice`, `role training`, an ARN, `service glue`, `anyone`, `root`. `ours`: our account, "" if not
    known, and then what is `given` as `aws:PrincipalAccount`. None, and a finding, where it is nobody, or nobody who can ask.
    """
    text = text.replace("permission set ", "permission-set ", 1)
    kind, _, name = text.partition(" ")
    if text.startswith("arn:"):
        return _by_arn(text, estate, ours, report)
    home = next(iter([*_told(given, "aws:principalaccount"), *([ours] if ours else [])]), UNKNOWN_ACCOUNT)
    if text in ("anyone", "*"):
        return Asker("*", (), True, "anyone")
    if text == "root":
        return Asker(_arn(estate, home, "root"), (), True, "root")
    if kind == "service" or text.endswith(".amazonaws.com"):
        service = name if kind == "service" else text
        found = estate.bindings.catalog.principal(service, estate.bindings.partition)
        if found is None:
            near = [one.partition(".")[0] for one in estate.bindings.catalog.principals()]
            report.add(rules.UNKNOWN_PRINCIPAL_SERVICE, None, help=suggestion(service, near), name=service)
            return None
        return Asker(found, (), True, found)
    if kind == "account":
        help = f"name one of its principals, such as `arn:aws:iam::{name}:root`"
        report.add(rules.CANNOT_ASK, None, help=help, name=text, why="requests come from its principals")
        return None
    return _by_name(text, estate, home, report)


def _by_name(text: str, estate: Estate, home: str, report: Report) -> Asker | None:
    kind, _, name = text.partition(" ")
    kinds, name = ((kind,), name) if kind in PRINCIPALS and name else (PRINCIPALS, text)
    found = [(of, name) for of in kinds if name in estate.names(of)]
    if not any([estate.names(of) for of in PRINCIPALS]):  # nothing here says whose the policies are: his
        return declared(kinds[0], name, estate, home)
    if not found:
        named = {f"{of} {one}" if name != text else one for of in kinds for one in estate.names(of)}
        close = closest(text, named)
        help = f"did you mean `{close}`?" if close else "known: " + ", ".join(sorted(named)[:8])
        report.add(rules.UNKNOWN_PRINCIPAL, None, help=help, kind=kind if name != text else "principal", name=name)
        return None
    if len(found) > 1:
        what = " and of ".join(f"{of} `{name}`" for of, _ in found)
        help = "say which: " + ", ".join(f"`{of} {name}`" for of, _ in found)
        report.add(rules.AMBIGUOUS_NAME, None, help=help, name=name, what=what)
        return None
    return declared(found[0][0], name, estate, home)


def _arn(estate: Estate, account: str, rest: str, service: str = "iam") -> str:
    return f"arn:{estate.bindings.partition}:{service}::{account}:{rest}"


def _by_arn(arn: str, estate: Estate, home: str, report: Report) -> Asker | None:
    """`home` is "" where it is not known; then the caller is taken for one of ours."""
    try:
        who = caller(arn)
    except ValueError:
        help = "users, roles, sessions of roles, federated users and root ask"
        report.add(rules.CANNOT_ASK, None, help=help, name=arn, why="it is the ARN of nobody who makes requests")
        return None
    ours = not home or who.account == home or who.account in estate.homes
    role = who.name.partition("/")[0] if who.kind == "assumed-role" else who.name.rpartition("/")[2]
    kind, name = {"assumed-role": "role", "role": "role", "user": "user"}.get(who.kind), role
    if kind == "role" and name.startswith(SSO):
        kind, name = "permission-set", name[len(SSO) :].rpartition("_")[0]
    ours = ours or any([one.layer == "identity" and not one.owners for one in estate.held])
    if kind is None or not ours:
        return Asker(arn, (), ours or not who.account, arn)
    owners = owners_of(kind, name, estate)
    session = f"{arn.partition(':iam:')[0]}:sts::{who.account}:assumed-role/{role}/session"
    return Asker(session if who.kind == "role" else arn, owners, True, arn)


# ---- what


def resource(text: str, action: Action, estate: Estate, report: Report) -> str | None:
    """The ARN of the resource: an ARN, `*`, or a noun and a name (`bucket datasets/raw/x`). None, and a finding, where it is
    none, or none that `action` acts on."""
    arn: str | None = text
    if " " in text and not text.startswith("arn:"):
        arn = _named(text, action, estate, report)
        if arn is None:
            return None
    return arn if arn is not None and _fits(arn, action, estate.bindings.catalog, report) else None


def _named(text: str, action: Action, estate: Estate, report: Report) -> str | None:
    words = text.split()
    found = estate.bindings.catalog.noun(words)
    if found is None or len(words) != found[1] + 1:
        close = closest(words[0], estate.bindings.catalog.nouns())
        help = f"did you mean `{close}`?" if close else "write an ARN, or a noun and a name: `bucket reports`"
        report.add(rules.UNKNOWN_NOUN, None, help=help, name=" ".join(words[:-1]))
        return None
    unplaced = Report()  # findings about words of the command line, which no file has
    arns = Arns(estate.bindings, unplaced)
    target = arns.target(Thing(found[0], words[-1], "", _NOWHERE), False, False)
    made = [] if target is None else _patterns(arns, target, action)
    report.extend([replace(one, labels=(), fix=()) for one in unplaced])
    return _concrete(made[0]) if made and not unplaced.failed else None


def _patterns(arns: Arns, target: Target, action: Action) -> list[str]:
    """The ARNs of what `action` acts on in `target`, the likeliest first."""
    found: list[str] = []
    for type in arns.takes(action, target):
        if not target.path or type.full != target.type.full:
            found += arns.patterns(target, type, action) or ()
    return found or list(arns.own(target, action))


def _concrete(pattern: str) -> str:
    """A resource of the pattern, which AWS's own random ending (of a secret) leaves open."""
    return (
        pattern.replace("??????", "AbCdEf").replace("-*", "-AbCdEf") if pattern.endswith(("-??????", "-*")) else pattern
    )


def _fits(arn: str, action: Action, known: Catalog, report: Report) -> bool:
    formats = format_patterns(action, known)
    optional = not any([pair.required for pair in action.types])
    if not formats:
        if arn == "*":
            return True
        help = "it exists on `*` only"
    else:
        if (arn == "*" and optional) or any([glob.matches(format, arn) for format in formats]):
            return True
        types = [known.type(f"{action.service}:{name}") for name in action.takes]
        shown = list(dict.fromkeys(arn for type in types if type for arn in type.arns))
        help = "it acts on " + ", ".join(f"`{format}`" for format in shown[:4]) + (" ..." if len(shown) > 4 else "")
    report.add(rules.RESOURCE_MISFIT, None, help=help, action=action.full, resource=arn)
    return False


# ---- what AWS adds


def context(
    given: Sequence[str], action: Action, who: Caller, arn: str, ours: str, estate: Estate, report: Report
) -> dict[str, tuple[str, ...]]:
    """The keys of the request: those `given` as KEY=VALUE, typed, and those that AWS sets of every such request. A resource
    of which nothing says whose it is, is of our account."""
    known = estate.bindings.catalog
    found: dict[str, tuple[str, ...]] = {}
    for one in given:
        name, equals, value = one.partition("=")
        key = known.key(name, action.service) if name and equals else None
        if not equals or not name:
            help = "write `-c aws:SourceIp=203.0.113.7`; a key of several values is given once for each"
            report.add(rules.BAD_VALUE, None, help=help, value=one, what="a key and its value")
        elif key is None:
            close = closest(name, [each.name for each in known.global_keys().values()])
            help = f"did you mean `{close}`?" if close else "keys are written like `aws:SourceIp` or `s3:prefix`"
            report.add(rules.UNKNOWN_KEY, None, help=help, name=name)
        else:
            _typed(key, value, report)
            if found.get(key.name) and not key.multivalued:
                report.add(rules.KEY_TWICE, None, name=key.name)
            found[key.name] = (*found.get(key.name, ()), value)
            if not known.carries(action, None, key.name):
                report.add(rules.KEY_MISFIT, None, help="AWS will not send it", action=action.full, key=key.name)
    return _consistent(found, _filled(action, who, arn, ours, estate), report)


def _typed(key: Key, value: str, report: Report) -> None:
    wrong = {
        "Bool": values.truth(value) is None and "`true` or `false`",
        "Numeric": values.number(value) is None and "a number",
        "Date": values.moment(value) is None and "a date, such as 2026-12-31T18:00:00Z",
        "IPAddress": ("/" in value or values.network(value) is None) and "an address, such as 203.0.113.7",
        "ARN": not value.startswith("arn:") and "an ARN",
    }.get(key.type)
    if wrong:
        report.add(rules.BAD_VALUE, None, help=f"`{key.name}` is of type {key.type}", value=value, what=wrong)


def _filled(action: Action, who: Caller, arn: str, ours: str, estate: Estate) -> dict[str, str]:
    """The keys that AWS sets itself, by its documentation of global condition keys."""
    from time import time  # local: nothing else here asks for the time

    now = int(time())
    found = {"aws:CurrentTime": values.iso(now), "aws:EpochTime": str(now), "aws:SecureTransport": "true"}
    found["aws:ViaAWSService"] = "false"
    found["aws:PrincipalIsAWSService"] = str(who.arn.endswith((".amazonaws.com", ".amazonaws.com.cn"))).lower()
    if found["aws:PrincipalIsAWSService"] == "true":
        found["aws:PrincipalServiceName"] = who.arn
    if who.account:
        partition = who.arn.split(":")[1]
        role, _, session = who.name.partition("/")
        found["aws:PrincipalAccount"] = who.account
        found["aws:PrincipalArn"] = who.arn
        found["aws:PrincipalType"] = {"root": "Account", "user": "User", "federated-user": "FederatedUser"}.get(
            who.kind, "AssumedRole"
        )
        found["aws:userid"] = who.account
        if who.kind == "user":
            found["aws:username"] = who.name.rpartition("/")[2]
            found["aws:userid"] = "AIDAEXAMPLEEXAMPLEEXA"
        elif who.kind == "assumed-role":
            path = "aws-reserved/sso.amazonaws.com/" if role.startswith(SSO) else ""
            pathless = f"arn:{partition}:iam::{who.account}:role/{path}{role}"
            found["aws:PrincipalArn"] = pathless if path else estate.arn("role", role, who.account)
            found["aws:userid"] = f"AROAEXAMPLEEXAMPLEEXA:{session}"
        elif who.kind == "federated-user":
            found["aws:userid"] = f"{who.account}:{who.name}"
        if action.service == "kms":
            found["kms:CallerAccount"] = who.account
    else:
        found["aws:PrincipalType"] = "Anonymous" if who.arn == "*" else ""
    segments = arn.split(":", 5)
    region = segments[3] if len(segments) == 6 else ""
    owner = segments[4] if len(segments) == 6 else ""
    found["aws:RequestedRegion"] = region or estate.bindings.region
    found["aws:ResourceAccount"] = owner or _declared_account(arn, estate) or ours
    organizations = list(estate.bindings.organizations.values())
    for side in ("Principal", "Resource"):  # ours, if the program knows of one
        if len(organizations) == 1 and found.get(f"aws:{side}Account") in estate.homes:
            found[f"aws:{side}OrgID"] = organizations[0]
    return {key: value for key, value in found.items() if value and "*" not in value}


def _declared_account(arn: str, estate: Estate) -> str:
    """The account in which a resource whose ARN does not tell (a bucket) is declared; "" where it is not."""
    if not arn.startswith("arn:"):
        return ""
    bare = arn.split(":", 5)[5].partition("/")[0]
    for one in estate.bindings.resources.values():
        if one.account and one.value in (bare, arn):
            return one.account
    return ""


def _consistent(
    given: dict[str, tuple[str, ...]], filled: dict[str, str], report: Report
) -> dict[str, tuple[str, ...]]:
    """Both together; what says who asks is not for `-c` to change."""
    for key in ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:username", "aws:PrincipalIsAWSService"):
        if key in given and given[key] != (filled.get(key),):
            value = f"`{filled[key]}`" if key in filled else "absent"
            report.add(rules.FIXED_KEY, None, help="say with WHO who asks", key=key, value=value)
    return {**{key: (value,) for key, value in filled.items()}, **given}
