"""The same decisions as `@cloud-copilot/iam-simulate`, where npm is at hand to bring it into a folder of its own.

It is AGPL-licensed: it is run here as a program, and no part of this one. Requests and documents keep clear of where
version 0.1.173 departs from AWS's documentation, or leaves something out: the cases in `DEPARTURES`.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from generate import ACCOUNT, OTHER, ROLE, SESSION, USER, Generator
from test_simulate import layered

from iamdsl.policy.simulate import Request, decide

PACKAGE = "@cloud-copilot/iam-simulate@0.1.173"
CASES = 1500
SCRIPT = """
import { runSimulation } from '@cloud-copilot/iam-simulate'
import { readFileSync } from 'node:fs'
const found = []
for (const one of JSON.parse(readFileSync(0, 'utf8'))) {
  const { resultType, overallResult, errors } = await runSimulation(one, {})
  found.push(resultType === 'error' ? JSON.stringify(errors) : overallResult)
}
console.log(JSON.stringify(found))
"""
OUTCOMES = {"Allowed": "allowed", "ExplicitlyDenied": "explicit-deny", "ImplicitlyDenied": "implicit-deny"}

KEYS = {
    "String": (
        ["aws:PrincipalTag/team", "aws:username"],
        ["a", "ab", "A*", "a?b", "*b", "é", ""],
        ["a", "ab", "A", "axb", "é"],
    ),
    "Numeric": (["aws:MultiFactorAuthAge"], ["10", "9.5", "-3", "1000"], ["10", "9.5", "0", "1001"]),
    "Date": (
        ["aws:CurrentTime"],
        ["2026-07-01T00:00:00Z", "2026-07-02"],
        ["2026-07-01T00:00:00Z", "2026-07-03T01:00:00Z"],
    ),
    "Bool": (["aws:SecureTransport"], ["true", "false"], ["true", "false"]),
    "IPAddress": (
        ["aws:SourceIp"],
        ["203.0.113.0/24", "10.0.0.0/8", "2001:db8::/32"],
        ["203.0.113.7", "10.1.1.1", "2001:db8::1"],
    ),
    "ARN": (["aws:PrincipalArn"], [USER, f"arn:aws:iam::{ACCOUNT}:role/*", f"arn:aws:iam::*:user/*"], [USER, ROLE]),
}


class Plain(Generator):
    """What both say they understand."""

    def condition(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.random.choice((0, 0, 1, 1, 2))):
            type = self.random.choice(list(KEYS))
            keys, values, _given = KEYS[type]
            name = self.random.choice(_NAMES[type]) + ("IfExists" if self.chance(0.2) else "")
            if self.chance(0.1):
                name, values = "Null", ["true", "false"]
            given = self.random.choice(values) if name == "Null" or type == "Bool" else self.some(values, 2)
            found.setdefault(name, {})[self.random.choice(keys)] = given
        if self.chance(0.15):
            found["ForAnyValue:StringEquals" if self.chance(0.5) else "ForAllValues:StringLike"] = {
                "aws:TagKeys": ["a*", "b"]
            }
        return found

    def statement(self, principal: bool, resource: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = {"Effect": "Deny" if self.chance(0.15) else "Allow"}
        action = self.some(["*", "s3:*", "s3:Put*", "s3:?utObjectTagging", "s3:PutObjectTagging", "s3:GetObject"])
        found["NotAction" if self.chance(0.1) else "Action"] = action
        paths = [
            "*",
            "arn:aws:s3:::data/*",
            "arn:aws:s3:::data/a/?",
            "arn:aws:s3:::data/${aws:username}/x",
            "arn:aws:s3:::other/*",
        ]
        if self.chance(0.1):
            found["NotResource"] = self.some(["arn:aws:s3:::data/*", "arn:aws:s3:::other/*"])
        else:
            found["Resource"] = self.some([*paths, "arn:aws:s3:::*"])
        if principal:
            named = [
                USER,
                ROLE,
                SESSION,
                ACCOUNT,
                OTHER,
                f"arn:aws:iam::{OTHER}:root",
                f"arn:aws:iam::{OTHER}:user/eve",
            ]
            found["Principal"] = "*" if self.chance(0.3) else {"AWS": self.some(named)}
        condition = self.condition()
        return {**found, "Condition": condition} if condition else found

    def document(self, principal: bool = False, resource: bool = True, most: int = 4) -> dict[str, Any]:
        made = [self.statement(principal) for _ in range(self.random.randint(1, most))]
        return {"Version": "2012-10-17", "Statement": made}


_NAMES = {
    "String": [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
    ],
    "Numeric": [f"Numeric{name}" for name in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan")],
    "Date": [f"Date{name}" for name in ("Equals", "NotEquals", "LessThan", "GreaterThanEquals")],
    "Bool": ["Bool"],
    "IPAddress": ["IpAddress", "NotIpAddress"],
    "ARN": ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"],
}


def case(seed: int) -> tuple[dict[str, Any], str]:
    """One request as theirs reads it, and our decision."""
    make = Plain(seed)
    values = make.layers()
    values["resource"] = values.pop("trust", None) or values.get("resource")
    values = {name: one for name, one in values.items() if one is not None and name != "session"}
    caller = make.random.choice([USER, SESSION, ROLE, f"arn:aws:iam::{OTHER}:user/eve"])
    context: dict[str, Any] = {}
    for keys, _wanted, given in KEYS.values():
        context |= {key: make.random.choice(given) for key in keys if make.chance(0.6)}
    if make.chance(0.5):
        context["aws:TagKeys"] = make.some(["a", "ab", "b", "c"])
    arn = make.random.choice(["arn:aws:s3:::data/a/b", "arn:aws:s3:::data/ab/x", "arn:aws:s3:::other/x"])
    request = Request(caller, "s3:PutObjectTagging", arn, context)
    mine = caller.split(":")[4]
    theirs: dict[str, Any] = {
        "request": {
            "principal": caller,
            "action": request.action,
            "resource": {"resource": arn, "accountId": mine if values["same_account"] else "999988887777"},
            "contextVariables": context,
        },
        "identityPolicies": [{"name": str(at), "policy": one} for at, one in enumerate(values["identity"])],
        "serviceControlPolicies": [
            {"orgIdentifier": f"ou-{at}", "policies": [{"name": str(n), "policy": one} for n, one in enumerate(level)]}
            for at, level in enumerate(values.get("scps", ()))
        ],
        "resourceControlPolicies": [],
    }
    values.pop("rcps", None)
    if "resource" in values:
        theirs["resourcePolicy"] = values["resource"]
    if "boundary" in values:
        theirs["permissionBoundaryPolicies"] = [{"name": "boundary", "policy": values["boundary"]}]
    return theirs, decide(request, layered(values)).outcome


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("needs npm")
    found = tmp_path_factory.mktemp("npm")
    command = [
        npm,
        "install",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
        "--prefix",
        str(found),
        PACKAGE,
    ]
    try:
        installed = subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except subprocess.TimeoutExpired:  # npm tries a registry that does not answer for minutes
        installed = False
    if not installed:
        pytest.skip("npm cannot install the package")
    return found


def theirs(folder: Path, cases: list[dict[str, Any]]) -> list[str]:
    (folder / "run.mjs").write_text(SCRIPT)
    command = ["node", "run.mjs"]
    done = subprocess.run(command, cwd=folder, input=json.dumps(cases), capture_output=True, text=True, check=True)
    return [OUTCOMES.get(one, one) for one in json.loads(done.stdout)]


def test_the_same_decisions(folder: Path) -> None:
    cases = [case(seed) for seed in range(CASES)]
    found = zip([ours for _, ours in cases], theirs(folder, [asked for asked, _ in cases]), strict=True)
    assert [(seed, *pair) for seed, pair in enumerate(found) if pair[0] != pair[1]] == []
    assert {ours for _, ours in cases} == set(OUTCOMES.values())


A, E, I = "allowed", "explicit-deny", "implicit-deny"
OBJECT, ROOT = "arn:aws:s3:::data/a/b", f"arn:aws:iam::{ACCOUNT}:root"
KEY = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
STREAM = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:a:log-stream:b"
IP = {"aws:SourceIp": "203.0.113.7"}

# what, who, action, resource, context, the elements of an allow, our decision and theirs
DEPARTURES: list[tuple[str, str, str, str, dict[str, Any], dict[str, Any], str, str]] = [
    ("root needs no policy", ROOT, "s3:GetObject", OBJECT, {}, {"Action": "iam:*"}, A, I),
    ("the caller says what a key policy would", USER, "kms:Decrypt", KEY, {}, {}, A, I),
    ("`*` crosses colons", USER, "logs:PutLogEvents", STREAM, {}, {"Resource": "arn:aws:logs:*:log-stream:b"}, A, I),
    (
        *("2008 knows no variables", USER, "s3:GetObject", "arn:aws:s3:::data/alice", {"aws:username": "alice"}),
        *({"Resource": "arn:aws:s3:::data/${aws:username}", "Version": "2008-10-17"}, I, A),
    ),
    (
        *("an undefined variable matches nothing", SESSION, "s3:GetObject", OBJECT, {}),
        *({"NotResource": "arn:aws:s3:::data/${aws:username}/*"}, A, I),
    ),
    (
        *("0.0.0.0/0 is every address", USER, "s3:GetObject", OBJECT, IP),
        *({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, A, I),
    ),
]


def test_where_it_departs_from_the_documentation(folder: Path) -> None:
    asked, ours = [], []
    for _, who, action, arn, context, elements, _, _ in DEPARTURES:
        elements = {"Action": "*", "Resource": "*", "Version": "2012-10-17", **elements}
        if "NotResource" in elements:
            elements.pop("Resource")
        document = {"Version": elements.pop("Version"), "Statement": [{"Effect": "Allow", **elements}]}
        asked.append(
            {
                "request": {
                    **{"principal": who, "action": action, "contextVariables": context},
                    "resource": {"resource": arn, "accountId": ACCOUNT},
                },
                "identityPolicies": [{"name": "identity", "policy": document}],
                **{"serviceControlPolicies": [], "resourceControlPolicies": []},
            }
        )
        ours.append(decide(Request(who, action, arn, context), layered({"identity": [document]})).outcome)
    found = list(zip([row[0] for row in DEPARTURES], ours, theirs(folder, asked), strict=True))
    assert found == [(row[0], *row[6:]) for row in DEPARTURES]
