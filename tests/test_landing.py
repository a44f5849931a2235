"""Policies of resources, guardrails and boundaries, decided by the tests' own evaluator as their sentences read.

The laws: `nobody` and `only` deny exactly the complement of what they spare, for callers of every kind, whatever keys their
requests lack. The table: what single sentences allow and deny, in `cases/landing.json`.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from evaluator import Request, decide, decide_all
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from iamdsl.catalog import default
from iamdsl.compiler import compile_program
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.render import render
from iamdsl.source import Source

HOME, PARTNER, MEMBER = "111122223333", "444455556666", "777788889999"
ORGANIZATION = "o-a1b2c3d4e5"
HEAD = f"""
account prod = {HOME}
account partner = {PARTNER} external
organization acme = {ORGANIZATION}
ou workloads = ou-ab12-11112222
region eu-west-1
user alice, bob
group analysts = alice, bob
role training for user alice
role admin for user alice
key ml = arn:aws:kms:eu-west-1:{HOME}:key/1234abcd-12ab-34cd-56ef-1234567890ab
"""


def documents(text: str) -> dict[str, Any]:
    """Path → document of a program that has no error."""
    report = Report()
    found = compile_program((Source("p.iam", HEAD + text),), default(), {}, report)
    assert not report.failed, render(report, "text")
    return tree.documents(found)


def _aws(kind: str, account: str, name: str, organization: str = "") -> tuple[str, dict[str, str]]:
    arn = f"arn:aws:iam::{account}:{kind}/{name}"
    context = {"aws:PrincipalArn": arn, "aws:PrincipalAccount": account}
    if organization:
        context["aws:PrincipalOrgID"] = organization
    return (f"arn:aws:sts::{account}:assumed-role/{name}/s" if kind == "role" else arn), context


# who asks: the words that stand for them, and the request's principal and keys
CALLERS: dict[str, tuple[set[str], str, dict[str, str]]] = {
    "alice": ({"alice", "analysts", "organization acme"}, *_aws("user", HOME, "alice", ORGANIZATION)),
    "bob": ({"bob", "analysts", "organization acme"}, *_aws("user", HOME, "bob", ORGANIZATION)),
    "training": ({"training", "organization acme"}, *_aws("role", HOME, "training", ORGANIZATION)),
    "admin": ({"admin", "organization acme"}, *_aws("role", HOME, "admin", ORGANIZATION)),
    "another role": ({"organization acme"}, *_aws("role", HOME, "another", ORGANIZATION)),
    "of no organization": (set(), *_aws("role", HOME, "another")),
    "a partner's": ({"account partner"}, *_aws("user", PARTNER, "x", "o-zzzzzzzzzz")),
    "a partner's, alone": ({"account partner"}, *_aws("role", PARTNER, "training")),
    "a member account's": ({"organization acme"}, *_aws("role", MEMBER, "training", ORGANIZATION)),
    "cloudtrail": (
        {"service cloudtrail"},
        "cloudtrail.amazonaws.com",
        {"aws:PrincipalServiceName": "cloudtrail.amazonaws.com", "aws:PrincipalIsAWSService": "true"},
    ),
    "glue": (
        set(),
        "glue.amazonaws.com",
        {"aws:PrincipalServiceName": "glue.amazonaws.com", "aws:PrincipalIsAWSService": "true"},
    ),
    "nobody known": (set(), "*", {}),
}
SUBJECTS = [
    "alice",
    "bob",
    "analysts",
    "training",
    "role admin",
    "account partner",
    "organization acme",
    "service cloudtrail",
]
# a clause, how `unless` says it, and the keys of requests with whether each meets it
CLAUSES = {
    "with mfa": ("mfa", "aws:MultiFactorAuthPresent", {"true": True, "false": False, "": False}),
    "over tls": ("over tls", "aws:SecureTransport", {"true": True, "false": False, "": False}),
    "from vpc vpc-0a1b2c3d": (
        "from vpc vpc-0a1b2c3d",
        "aws:SourceVpc",
        {"vpc-0a1b2c3d": True, "vpc-0e1f2a3b": False, "": False},
    ),
    "without mfa": ("without mfa", "aws:MultiFactorAuthPresent", {"true": False, "false": True, "": True}),
    "from ip 203.0.113.0/24": (
        "from ip 203.0.113.0/24",
        "aws:SourceIp",
        {"203.0.113.9": True, "198.51.100.9": False, "": False},
    ),
}
ACTIONS = [
    ("s3:PutObject", "arn:aws:s3:::results/a", True),
    ("s3:PutObject", "arn:aws:s3:::results2/a", False),
    ("s3:GetObject", "arn:aws:s3:::results/a", False),
]


def denied(policy: dict[str, Any], principal: str, action: str, resource: str, context: dict[str, str]) -> bool:
    return decide([policy], Request(principal, action, resource, context)) == "explicit-deny"


def spared(subjects: set[str], name: str) -> bool:
    words = {subject.removeprefix("role ") for subject in subjects}
    return bool(CALLERS[name][0] & words)


@settings(max_examples=40, deadline=None)
@given(
    subjects=st.sets(st.sampled_from(SUBJECTS), min_size=1, max_size=4),
    clause=st.sampled_from([*CLAUSES, ""]),
    unless=st.sampled_from([*CLAUSES, ""]),
)
def test_only_denies_the_complement(subjects: set[str], clause: str, unless: str) -> None:
    # no request of a service carries MFA, and a grant that asks for it is an error
    assume(not ("service cloudtrail" in subjects and "mfa" in clause))
    source = "for any source" if "service cloudtrail" in subjects else ""
    ending = f"{clause} {source} " + (f"unless {CLAUSES[unless][0]}" if unless else "")
    policy = documents(f"only {', '.join(sorted(subjects))} can write bucket results {ending}")[
        "resources/bucket/results/policy.json"
    ]
    keys = {CLAUSES[one][1]: list(CLAUSES[one][2]) for one in (clause, unless) if one}
    for name, (_, principal, own) in CALLERS.items():
        for values in product(*keys.values()):
            extra = {key: value for key, value in zip(keys, values, strict=True) if value}
            holds = {one: CLAUSES[one][2][extra.get(CLAUSES[one][1], "")] for one in (clause, unless) if one}
            admitted = (spared(subjects, name) and holds.get(clause, True)) or (bool(unless) and holds[unless])
            for action, resource, spoken in ACTIONS:
                wanted = spoken and not admitted
                assert denied(policy, principal, action, resource, {**own, **extra}) == wanted, (name, extra, action)


@settings(max_examples=40, deadline=None)
@given(
    roles=st.sets(st.sampled_from(["training", "admin"]), max_size=2),
    clause=st.sampled_from([*CLAUSES, ""]),
    unless=st.sampled_from([*CLAUSES, ""]),
)
def test_nobody_denies_all_but_what_it_spares(roles: set[str], clause: str, unless: str) -> None:
    assume(not (clause and unless and CLAUSES[clause][1] == CLAUSES[unless][1]))  # one would exclude the other
    spares = [f"role {', '.join(sorted(roles))}"] * bool(roles) + [CLAUSES[one][0] for one in [unless] if one]
    ending = clause + (f" unless {' or '.join(spares)}" if spares else "")
    policy = documents(f"nobody can write bucket results {ending}\nalice can list any bucket")[
        "resources/bucket/results/policy.json"
    ]
    keys = {CLAUSES[one][1]: list(CLAUSES[one][2]) for one in (clause, unless) if one}
    for name, (words, principal, own) in CALLERS.items():
        for values in product(*keys.values()):
            extra = {key: value for key, value in zip(keys, values, strict=True) if value}
            holds = {one: CLAUSES[one][2][extra.get(CLAUSES[one][1], "")] for one in (clause, unless) if one}
            free = bool(words & roles) or (bool(unless) and holds[unless])
            for action, resource, spoken in ACTIONS:
                wanted = spoken and holds.get(clause, True) and not free
                assert denied(policy, principal, action, resource, {**own, **extra}) == wanted, (name, extra, action)


ROWS = json.loads((Path(__file__).parent / "cases" / "landing.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=[row["program"].splitlines()[0][:60] for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    """`requests`: who, action, resource, keys besides, and the decision of all documents of the program that apply."""
    found = documents(row["program"])
    for who, action, resource, extra, expected in row["requests"]:
        _, principal, own = CALLERS[who]
        name = principal.partition("assumed-role/")[2].partition("/")[0] or principal.rpartition("/")[2]
        ours = own.get("aws:PrincipalAccount") == HOME
        groups = [path for path in found if path.startswith("groups/analysts/") and name in ("alice", "bob")]
        own_policies = [f"users/{name}/policy.json", f"roles/{name}/policy.json", *groups]
        everything = {
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
        }  # what others' administrators allow
        identity = [found[path] for path in own_policies if path in found] if ours else [everything]
        policy = found.get(row.get("policy", ""))
        decision = decide_all(
            request=Request(principal, action, resource, {**own, **extra}),
            identity=identity + [everything] * bool(row.get("others")),
            resource=policy,
            same_account=ours,
            scps=[[everything, found[row["scp"]]]] if "scp" in row else [],
            rcps=[found[row["rcp"]]] if "rcp" in row else [],
            boundary=found[row["boundary"]] if "boundary" in row else None,
        )
        assert decision == expected, (who, action, resource, extra)
