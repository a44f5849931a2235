"""The documents that one request meets, and what is taken for granted of those that are not here."""

from __future__ import annotations

from iamdsl.compiler.estate import Estate, Held
from iamdsl.policy.model import Document, Statement
from iamdsl.policy.simulate import Layers, Reason, Request
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FULL_ACCESS = Document("identity", (Statement("Allow", ("*",), resource=("*",)),))
OPEN = Document("resource", (Statement("Allow", ("*",), principal=(("*", "*"),)),))
_ASSUMED = {"identity": FULL_ACCESS, "resource": OPEN}


UNKNOWN_ACCOUNT = (
    "123456789012"  # home, where none is known: AWS's own documentation uses it for an account of no one's
)
SSO = "AWSReservedSSO_"  # IAM Identity Center user guide, "Referencing permission sets in resource policies"


@record
class Asker:
    """Who asks: a principal of AWS, and the owners of the documents that speak for it. `home`: whether those are all known
    because the account is ours. `shown`: as a reader calls it."""

    principal: str
    owners: tuple[tuple[str, str], ...]
    home: bool
    shown: str


def declared(kind: str, name: str, estate: Estate, home: str) -> Asker:
    """The principal of ours of that kind and name, in the account `home`."""
    session = f"arn:{estate.bindings.partition}:sts::{home}:assumed-role/"
    owners = owners_of(kind, name, estate)
    if kind == "role":
        return Asker(f"{session}{name}/session", owners, True, f"role {name}")
    if kind == "permission-set":
        return Asker(f"{session}{SSO}{name}_0123456789abcdef/session", owners, True, f"permission set {name}")
    shown = {"group": f"a member of group {name}", "policy": f"whoever has policy {name}"}.get(kind, f"{kind} {name}")
    return Asker(estate.arn("user", name, home), owners, True, shown)


def owners_of(kind: str, name: str, estate: Estate) -> tuple[tuple[str, str], ...]:
    """Whose documents speak for a principal: its own, those of the groups it is in and of its boundary."""
    found = [(kind, name)]
    if kind == "user":
        found += [("group", group) for group, members in estate.groups if name in members]
    return (*found, *[("boundary", one.boundary) for one in estate.beside if one.owner == found[0] and one.boundary])


@record
class Met:
    """The documents that one request meets, layer by layer, and what is taken for granted of those that are not here."""

    layers: Layers
    held: tuple[tuple[str, tuple[Held | None, ...]], ...]
    assumed: tuple[str, ...]

    def source(self, reason: Reason) -> Held | None:
        """The document of a reason; None for one that was only assumed."""
        return dict(self.held)[reason.layer][reason.document]


def meet(who: Asker, request: Request, found: Estate) -> Met:
    """The documents of `found` that `request` meets."""
    held: dict[str, list[Held | None]] = {}
    for one in found.held:
        if _meets(one, who, request, found):
            held.setdefault(one.layer, []).append(one)
    assumed: list[str] = []
    if not who.home:
        held["identity"] = [None]
        assumed.append(f"the account of {who.shown} allows it on its side")
    for beside in [one for one in found.beside if one.owner in who.owners]:
        assumed += [f"{arn} is not here, and allows nothing of this" for arn in beside.aws]
        if beside.boundary.startswith("arn:"):
            assumed.append(f"the boundary {beside.boundary}, which is not here, allows everything")
    if "trust" in held:
        held.pop("resource", None)
    elif "resource" not in held and _foreign(request, found):
        held["resource"] = [None]
        assumed.append("the policy of the resource, which is in another's account, allows it")
    elif "resource" not in held:
        assumed += _unknown(request)
    if (
        not _value(request, "aws:ResourceAccount")
        and request.resource != "*"
        and _value(request, "aws:PrincipalAccount")
    ):
        assumed.append("the resource is in the account of who asks")
    for one in [one for name in ("scp", "rcp") for one in held.get(name, ()) if one and one.targets]:
        if not one.targets[0].isdecimal():
            assumed.append(f"our accounts are in {one.targets[0]}")
    (organization,) = found.bindings.organizations.values() if len(found.bindings.organizations) == 1 else ("",)
    if organization and organization in (_value(request, "aws:PrincipalOrgID"), _value(request, "aws:ResourceOrgID")):
        assumed.append(f"our accounts are in {organization}")
    levels = {name: [(None, one) for one in held.pop(name, ())] for name in ("scp", "rcp")}
    documents: dict[str, Any] = {
        name: tuple([one.document if one else _ASSUMED[name] for one in several]) for name, several in held.items()
    }
    documents |= {f"{name}s": tuple([_level(one) for _, one in several]) for name, several in levels.items()}
    sources = {name: tuple(several) for name, several in held.items()}
    sources |= {f"{name}s": tuple([one for pair in several for one in pair]) for name, several in levels.items()}
    return Met(Layers(**documents), tuple(sources.items()), tuple(dict.fromkeys(assumed)))


def _meets(one: Held, who: Asker, request: Request, found: Estate) -> bool:
    if one.layer in ("identity", "boundary", "session"):
        if one.account and who.owners and one.account != _value(request, "aws:PrincipalAccount"):
            return False  # a namesake in another account of ours
        return not one.owners or any([owner in who.owners for owner in one.owners])
    if one.layer == "trust":  # that of the role which is to be assumed
        role = request.resource.rpartition("/")[2] if ":role/" in request.resource else ""
        if one.account and f"::{one.account}:role/" not in request.resource:
            return False
        return request.action.startswith("sts:") and bool(role) and (not one.owners or ("role", role) in one.owners)
    if not one.targets and one.layer != "endpoint":
        return True
    if one.layer == "resource":  # that of the resource, or of what it is in
        return any([speaks(arn, request.resource) for arn in one.targets])
    if one.layer == "endpoint":
        through = _value(request, "aws:SourceVpce")
        return bool(through) and (not one.targets or through in one.targets)
    account = _value(request, "aws:PrincipalAccount" if one.layer == "scp" else "aws:ResourceAccount")
    return account in one.targets or (account in found.homes and not one.targets[0].isdecimal())


def speaks(arn: str, resource: str) -> bool:
    """Whether the policy of the resource `arn` speaks of `resource`: of itself and what is in it."""
    rest = resource[len(arn) :] if resource.startswith(arn) else None
    random = (
        ":secretsmanager:" in arn and rest is not None and len(rest) == 7 and rest[0] == "-"
    )  # what AWS adds to its name
    return rest is not None and (rest[:1] in ("", "/", ":") or random)


def _value(request: Request, key: str) -> str:
    return next(iter(request.context.get(key, ())), "")


def _foreign(request: Request, found: Estate) -> bool:
    """Whether the resource is in an account that is known not to be ours."""
    owner = _value(request, "aws:ResourceAccount")
    return bool(owner and found.homes) and owner not in found.homes


def _level(one: Held | None) -> tuple[Document, ...]:
    """A guardrail with what AWS puts beside it: all is allowed, unless it has allows of its own."""
    assert one is not None
    own = any([each.effect == "Allow" for each in one.document.statements])
    return (Document(one.layer, ()) if own else FULL_ACCESS, one.document)


def _unknown(request: Request) -> list[str]:
    """What is taken for granted without the policy of the resource."""
    if request.action.startswith("kms:"):
        return ["the key's policy leaves it to the policies of the account"]
    if request.action.startswith("sts:AssumeRole"):
        return ["the trust policy of the role leaves it to the policies of the account"]
    return []
