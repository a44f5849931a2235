"""The examples whose resources, guardrails and boundaries have policies of their own, decided as their sentences read.

`cases/examples.json` has a row for each request: who (an ARN, a service, `*` for anyone), what, the policy of the resource
asked for, what comes of it and why. The principal's own policies, and his boundary, are those of the example; in accounts
that the example writes nothing for, administrators allow everything.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from evaluator import Request, decide_all

ROOT = Path(__file__).resolve().parent.parent
ROWS = json.loads((ROOT / "tests" / "cases" / "examples.json").read_text(encoding="utf-8"))
EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def tree(example: str) -> dict[str, Any]:
    folder = ROOT / "examples" / example / "expected"
    return {str(path.relative_to(folder)): json.loads(path.read_text()) for path in sorted(folder.rglob("*.json"))}


def own(documents: dict[str, Any], who: str) -> tuple[list[Any], Any, dict[str, str]]:
    """The policies and the boundary of the caller, and the keys that AWS sets for him."""
    parsed = re.fullmatch(r"arn:aws:(?:iam|sts)::(\d{12}):(user|assumed-role|root)/?([^/]*)(?:/.*)?", who)
    if parsed is None:
        service = {"aws:PrincipalServiceName": who, "aws:PrincipalIsAWSService": "true"}
        return [], None, service if who != "*" else {}
    account, kind, name = parsed.groups()
    arn = f"arn:aws:iam::{account}:" + ("root" if kind == "root" else f"{kind.replace('assumed-role', 'role')}/{name}")
    keys = {"aws:PrincipalArn": arn, "aws:PrincipalAccount": account}
    manifest = documents["manifest.json"]
    groups = [group for group, members in manifest.get("groups", {}).items() if kind == "user" and name in members]
    holders = [f"{kind.replace('assumed-', '')}s/{name}", *(f"groups/{group}" for group in groups)]
    found = [value for path, value in documents.items() if any(f"{one}/policy.json" in path for one in holders)]
    if account != "111122223333" or kind == "root":
        found = [EVERYTHING]
    boundary = next((value for path, value in documents.items() if path.endswith(f"boundaries/{name}.json")), None)
    return found, boundary, keys


def account_of(path: str, documents: dict[str, Any]) -> str:
    """Whose the resource is that a policy belongs to."""
    found = documents["manifest.json"]["documents"][path].get("account", "")
    return str(found) or "111122223333"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['example']}: {row['why']}" for row in ROWS])
def test_row(row: dict[str, Any]) -> None:
    documents = tree(row["example"])
    policies, boundary, keys = own(documents, row["who"])
    path = row["policy"]
    found = decide_all(
        request=Request(row["who"], row["action"], row["resource"], {**keys, **row["context"]}),
        identity=policies,
        boundary=boundary,
        resource=documents[path] if path else None,
        same_account=not path or keys.get("aws:PrincipalAccount") == account_of(path, documents),
    )
    assert found == row["expected"]


def test_every_policy_of_a_resource_has_a_row() -> None:
    spoken = {(row["example"], row["policy"]) for row in ROWS}
    for example in {row["example"] for row in ROWS}:
        paths = {
            path for path in tree(example) if "resources/" in path and not path.endswith("function/report/policy.json")
        }
        assert {path for path in paths if (example, path) not in spoken} <= {
            "resources/queue/fulfilment-failed/policy.json",
            "resources/topic/order-placed/policy.json",
        }
