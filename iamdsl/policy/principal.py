"""Who asks, and whom a `Principal` element means: IAM user guide, "AWS JSON policy elements: Principal"."""

from __future__ import annotations

import re
from functools import lru_cache

from iamdsl.policy.model import Principals
from iamdsl.record import record

# The ways in which an entry can reach a caller, as bits. Within an account they are not worth the same: what names the
# caller itself needs no identity policy, what names the account does.
DIRECT, ROLE, ACCOUNT = 1, 2, 4

_ARN = re.compile(
    r"arn:[\w-]+:(?:iam|sts)::(\d{12}):"
    r"(root|(?:user|role|assumed-role|federated-user|saml-provider|oidc-provider)(?=/))(?:/(.+))?",
    re.ASCII | re.DOTALL,
)
_WAYS = {
    "root": DIRECT,
    "user": DIRECT | ACCOUNT,
    "federated-user": DIRECT | ACCOUNT,
    "role": ROLE | ACCOUNT,
    "assumed-role": DIRECT | ROLE | ACCOUNT,
}


@record
class Caller:
    """Who asks. `kind` is `user`, `role`, `assumed-role`, `federated-user`, `root`, or `other`: a service, an identity
    provider or anyone (`*`), of no account. `ways`: how an entry may reach it."""

    arn: str
    kind: str
    account: str = ""
    name: str = ""
    ways: int = DIRECT

    @property
    def service_linked(self) -> bool:
        """Whether it is a service-linked role or a session of one, which SCPs and RCPs leave alone."""
        if self.kind == "assumed-role":
            return self.name.startswith("AWSServiceRoleFor")
        return self.kind == "role" and self.name.startswith("aws-service-role/")


@lru_cache(maxsize=1 << 12)
def caller(principal: str) -> Caller:
    """The caller that `principal` tells: an ARN, a service (`glue.amazonaws.com`), an OIDC issuer, `*` (anyone).

    Raises ValueError for an ARN of nothing that can ask.
    """
    found = _ARN.fullmatch(principal)
    if found is None or (found[2] != "root" and not found[3]) or (found[2] == "root" and found[3]):
        if principal.startswith("arn:") or not principal:
            raise ValueError(f"nobody who asks: {principal!r}")
        return Caller(principal, "other")
    if found[2].endswith("-provider"):
        return Caller(principal, "other")
    return Caller(principal, found[2], found[1], found[3] or "", _WAYS[found[2]])


@lru_cache(maxsize=1 << 14)
def reached(who: Caller, named: Principals) -> int:
    """The ways in which the entries `named` reach `who`: 0 for not at all."""
    ways = 0
    for kind, value in named:
        mine = (kind == "AWS") == bool(who.account)
        if value == "*" and (kind in ("*", "AWS") or mine):
            return who.ways | DIRECT
        if mine:
            ways |= _entry(who, value) if who.account else DIRECT * (value == who.arn)
    return ways


def _entry(who: Caller, value: str) -> int:
    if value == who.arn:
        return ROLE if who.kind == "role" else DIRECT
    if value == who.account:
        return who.ways & ACCOUNT or DIRECT
    found = _ARN.fullmatch(value)
    if found is None or found[1] != who.account:
        return 0
    if found[2] == "root":
        return who.ways & ACCOUNT or DIRECT
    if found[2] == "role" and who.kind == "assumed-role" and found[3]:  # a session's ARN lacks the path of its role
        return ROLE if found[3].rpartition("/")[2] == who.name.partition("/")[0] else 0
    return 0
