"""Who a `Principal` covers, as patterns of a caller: "AWS arn:aws:iam::111122223333:user/alice", "Service ec2.amazonaws.com".

An account covers its users, its roles and their sessions; a role its sessions (IAM user guide, "AWS JSON policy elements:
Principal"). What is excepted (`NotPrincipal`) spares a caller only if it lists its account, its role and the session itself.
"""

from __future__ import annotations

from iamdsl.access.alphabet import ANY, SEGMENT, encode
from iamdsl.access.values import Language, texts

_ID_DIGITS = 12


def account_of(principal: str) -> str:
    """The account that `111122223333` or an ARN of IAM or STS names; "" if none."""
    if len(principal) == _ID_DIGITS and principal.isdecimal():
        return principal
    parts = principal.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[2] in ("iam", "sts") else ""


def _is_account(principal: str) -> bool:
    return principal.isdecimal() or principal.endswith(":root")


def role_sessions(arn: str) -> str:
    """The start of the ARNs of the sessions of a role; "" if `arn` is no role's. A session's ARN lacks the role's path."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "iam" or not parts[5].startswith("role/"):
        return ""
    return f"{parts[0]}:{parts[1]}:sts::{parts[4]}:assumed-role/{parts[5].rpartition('/')[2]}/"


def covered(principals: tuple[tuple[str, str], ...]) -> Language:
    """The callers that the (kind, value) pairs cover."""
    found: list[str] = []
    for kind, value in principals:
        if value == "*":
            found.append(ANY if kind in ("*", "AWS") else f"{kind} {ANY}")
        elif kind != "AWS":
            found.append(f"{kind} {encode(value, False)}")
        elif _is_account(value):
            account = account_of(value)
            found += [f"AWS arn:{SEGMENT}:{service}::{account}:{ANY}" for service in ("iam", "sts")]
        else:
            found.append(f"AWS {encode(value, False)}")
            if sessions := role_sessions(value):
                found.append(f"AWS {encode(sessions, False)}{ANY}")
    return texts(found)


def spared(principals: tuple[tuple[str, str], ...]) -> Language:
    """The callers whom an exception for the (kind, value) pairs spares."""
    found: list[str] = []
    listed = {value for kind, value in principals if kind == "AWS"}
    accounts = {account_of(value) for value in listed if _is_account(value)}
    for kind, value in principals:
        if value == "*":
            found.append(ANY if kind in ("*", "AWS") else f"{kind} {ANY}")
        elif kind != "AWS":
            found.append(f"{kind} {encode(value, False)}")
        elif _is_account(value):
            found.append(f"AWS arn:{SEGMENT}:iam::{account_of(value)}:root")
        elif account_of(value) in accounts and (":sts:" not in value or _role_listed(value, listed)):
            found.append(f"AWS {encode(value, False)}")
    return texts(found)


def _role_listed(session: str, listed: set[str]) -> bool:
    return any([sessions and session.startswith(sessions) for sessions in map(role_sessions, listed)])
