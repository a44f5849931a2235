"""Documents and requests at random, made to meet: short words, few keys, every element and operator, and what is odd.

Everything comes from one seeded `random.Random`, so that a case is told by its number.
"""

from __future__ import annotations

from random import Random
from typing import Any

from evaluator import Request

ACCOUNT, OTHER = "111122223333", "444455556666"
USER = f"arn:aws:iam::{ACCOUNT}:user/alice"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/etl"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/etl/nightly"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
CALLERS = [
    *(USER, USER, ROLE, SESSION, SESSION, ROOT, f"arn:aws:iam::{OTHER}:user/eve", f"arn:aws:iam::{ACCOUNT}:user/p/bob"),
    *(f"arn:aws:sts::{ACCOUNT}:federated-user/fay", f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/y"),
    *("glue.amazonaws.com", "accounts.google.com", f"arn:aws:iam::{ACCOUNT}:saml-provider/okta", "*"),
]
NAMED = {
    "AWS": [
        *("*", ACCOUNT, OTHER, USER, ROLE, SESSION, ROOT, f"arn:aws:iam::{OTHER}:root", f"{USER[:-5]}*", "AIDAEXAMPLE"),
        *(f"arn:aws:iam::{ACCOUNT}:role/etl", f"{SESSION}2", f"arn:aws:iam::{ACCOUNT}:user/p/bob"),
    ],
    "Service": ["glue.amazonaws.com", "ec2.amazonaws.com", "*"],
    "Federated": ["accounts.google.com", f"arn:aws:iam::{ACCOUNT}:saml-provider/okta"],
}
ACTIONS = ["s3:GetObject", "S3:getobject", "s3:GetObjectAcl", "s3:PutObject", "kms:Decrypt", "sts:AssumeRole"]
ACTION_PATTERNS = [
    *("*", "*", "s3:*"),
    "*",
    "s3:*",
    "s3:Get*",
    "s3:?etObject",
    "S3:GET*acl",
    "kms:*",
    "sts:AssumeRole",
    "s3:GetObject",
    "*:*Object",
]
RESOURCES = [
    *("arn:aws:s3:::data/a/b.csv", "arn:aws:s3:::data", "arn:aws:s3:::data/alice/x", "arn:aws:s3:::Data/*"),
    *(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1", f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:a:log-stream:b", "*"),
]
RESOURCE_PATTERNS = [
    *("*", "*", "*", "arn:aws:s3:::*"),
    *("*", "arn:aws:s3:::data/*", "arn:aws:s3:::d?ta", "arn:aws:s3:::data/${aws:username}/*", "arn:aws:s3:*"),
    *("arn:aws:*:*:*:key/*", "arn:*:log-group:*", "arn:aws:s3:::${aws:PrincipalTag/team, 'data'}/*", "*b*"),
    *(
        "arn:aws:s3:::data/${*}",
        "arn:aws:s3:::Data/${*}",
        "arn:aws:logs:eu-west-1:*:log-group:a:*",
        "arn:aws:s3:::data/a/b.csv",
    ),
]
TEXTS = [
    *("a", "b", "A", "ab", "abba", "a*", "*", "?", "a?b*", "", "*ab*ab", "É", "${aws:username}", "${aws:username}*"),
    *("${AWS:UserName}x", "${aws:PrincipalTag/team,'a'}", "${ aws:PrincipalTag/none , 'a b' }", "${aws:none}", "${*}"),
    *("a${?}${$}", "${aws:TagKeys}", "${s3:prefix}", "${unclosed", "$", "{}", "a:b", "a\nb"),
]
VALUES: dict[str, tuple[list[str], list[str]]] = {  # type → in policies, in requests
    "String": (
        TEXTS,
        ["a", "b", "A", "ab", "abba", "a*", "", "a?$", "é", "alice", "alicex", "axb", "ab:ab", "a b", "abab"],
    ),
    "Numeric": (
        ["10", "10.0", "1e1", "9.5", "-3", "ten", "", "+10", ".5", "5.", "1_0", "10000000000000000000000", "0x10"],
        ["10", "9.5", "-3", "1e1", "ten", "", "0", "10000000000000000000000", "5", "0.5"],
    ),
    "Date": (
        [
            "2026-07-01",
            "2026",
            "2026-07-01T00:00:00Z",
            "0",
            "1782864000",
            "2026-07-01T02:00:00+02:00",
            "soon",
            "2026-13-01",
        ],
        [
            "2026-07-01T00:00:00Z",
            "2026-06-30T23:59:59Z",
            "1782864000",
            "2026-07-01T00:00:00.500Z",
            "soon",
            "2026-02-30",
            "0",
        ],
    ),
    "Bool": (["true", "false", "True", "yes", "", "${aws:SecureTransport}"], ["true", "false", "TRUE", "yes"]),
    "Binary": (["QmFzZTY0", "AA==", ""], ["QmFzZTY0", "AA==", "qmfzzty0"]),
    "IPAddress": (
        *(
            [
                "203.0.113.0/24",
                "203.0.113.7",
                "10.1.2.3/8",
                "0.0.0.0/0",
                "2001:DB8::/32",
                "::1",
                "x",
                "1.2.3.4/33",
                "01.2.3.4",
            ],
        ),
        *(
            [
                "203.0.113.7",
                "203.0.114.7",
                "10.9.9.9",
                "2001:db8::1",
                "2001:db9::",
                "::ffff:10.0.0.1",
                "x",
                "::1",
                "10.0.0.0/9",
            ],
        ),
    ),
    "ARN": (
        [
            *(
                "arn:aws:s3:::b*",
                "arn:aws:s3",
                "*",
                "arn:*:sns:*:1:t?",
                "arn:aws:sns:eu:1:t1",
                "a",
                "${aws:PrincipalArn}",
            ),
            *(
                "arn:aws:iam::*:role/${aws:username}",
                "arn:aws:logs:eu:1:log-group:*",
                "arn:aws:s3:::${*}",
                "arn:aws:s3:::b:?",
            ),
        ],
        [
            "arn:aws:s3:::bucket",
            "arn:aws:sns:eu:1:t1",
            "arn:aws:iam::1:role/alice",
            "a",
            USER,
            "arn:aws:s3:::b:c",
            "arn:aws:s3:::*",
        ],
    ),
}
KEYS = {
    "String": ["aws:PrincipalTag/team", "aws:TagKeys", "s3:prefix", "aws:username"],
    "Numeric": ["s3:max-keys", "aws:MultiFactorAuthAge"],
    "Date": ["aws:CurrentTime", "aws:EpochTime"],
    "Bool": ["aws:SecureTransport", "aws:ViaAWSService"],
    "Binary": ["x:blob"],
    "IPAddress": ["aws:SourceIp"],
    "ARN": ["aws:PrincipalArn", "aws:SourceArn"],
}
OPERATORS = {
    "String": ["Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike"],
    "Numeric": (scale := ["Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]),
    "Date": scale,
    "Bool": [""],
    "Binary": ["Equals"],
    "IPAddress": ["IpAddress", "NotIpAddress"],
    "ARN": ["Equals", "NotEquals", "Like", "NotLike"],
}
STEMS = {"IPAddress": "", "ARN": "Arn"}


class Generator:
    """Cases from one seed. `odd`: also values that are not of their key's type, and several where one belongs."""

    def __init__(self, seed: int, odd: bool = True) -> None:
        self.random = Random(seed)
        self.odd = odd

    def chance(self, part: float) -> bool:
        return self.random.random() < part

    def some(self, items: list[Any], most: int = 3, least: int = 1) -> list[Any]:
        return [self.random.choice(items) for _ in range(self.random.randint(least, most))]

    def listed(self, items: list[Any]) -> Any:
        """One value, or a list, at times empty."""
        return self.random.choice(items) if self.chance(0.5) else self.some(items, 3, 0 if self.chance(0.1) else 1)

    def condition(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2, 3))):
            type = self.random.choice(list(KEYS))
            keys = KEYS[type if not self.odd or self.chance(0.9) else self.random.choice(list(KEYS))]
            name, values = STEMS.get(type, type) + self.random.choice(OPERATORS[type]), VALUES[type][0]
            name += "IfExists" if self.chance(0.2) else ""
            name = self.random.choice(["", "", "", "ForAnyValue:", "ForAllValues:"]) + name
            if self.chance(0.15):
                name, values = "Null", ["true", "false", "TRUE", "x"]
            name = name.lower() if self.chance(0.05) else name
            key = self.random.choice(keys)
            found.setdefault(name, {})[key.upper() if self.chance(0.05) else key] = self.listed(values)
        return found

    def principal(self) -> Any:
        if self.chance(0.25):
            return "*"
        kinds = self.some(["AWS", "AWS", "Service", "Federated"], 2)
        return {kind: self.some(NAMED[kind], 3) for kind in kinds}

    def statement(self, principal: bool, resource: bool = True) -> dict[str, Any]:
        found: dict[str, Any] = {"Effect": "Deny" if self.chance(0.15) else "Allow"}
        found["NotAction" if self.chance(0.1) else "Action"] = self.listed(ACTION_PATTERNS)
        if resource:
            found["NotResource" if self.chance(0.1) else "Resource"] = self.listed(RESOURCE_PATTERNS)
        if principal:
            found["NotPrincipal" if self.chance(0.1) else "Principal"] = self.principal()
        condition = self.condition()
        if condition:
            found["Condition"] = condition
        return found

    def document(self, principal: bool = False, resource: bool = True, most: int = 5) -> dict[str, Any]:
        statements = [self.statement(principal, resource) for _ in range(self.random.randint(1, most))]
        found: dict[str, Any] = {"Statement": statements if len(statements) > 1 or self.chance(0.5) else statements[0]}
        if self.chance(0.9):
            found["Version"] = "2008-10-17" if self.chance(0.1) else "2012-10-17"
        return found

    def context(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for type, keys in KEYS.items():
            values = [
                one for one in VALUES[type][1] if self.odd or one not in ("ten", "", "soon", "2026-02-30", "yes", "x")
            ]
            for key in keys:
                if self.chance(0.5):
                    many = self.chance(0.5) if key == "aws:TagKeys" else self.odd and self.chance(0.1)
                    given = self.some(values, 3, 0) if many else self.random.choice(values)
                    found[key.lower() if self.chance(0.05) else key] = given
        return found

    def request(self) -> Request:
        choose = self.random.choice
        return Request(choose(CALLERS), choose(ACTIONS), choose(RESOURCES), self.context(), self.chance(0.1))

    def layers(self) -> dict[str, Any]:
        """All the documents that one request meets, by the names of `decide_all`."""
        found: dict[str, Any] = {"identity": [self.document() for _ in range(self.random.choice((0, 1, 1, 2)))]}
        side = self.random.choice(("", "resource", "resource", "trust"))
        if side:
            found[side] = self.document(True, side == "resource")
        for name in ("boundary", "session"):
            if self.chance(0.2):
                found[name] = self.document()
        if self.chance(0.2):
            found["scps"] = [[self.document() for _ in range(self.random.choice((1, 2)))] for _ in range(2)]
        if self.chance(0.2):
            found["rcps"] = [self.document(True)]
        found["same_account"] = self.chance(0.7)
        return found
