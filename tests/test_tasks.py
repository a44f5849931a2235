"""Fifty examples of AWS's documentation, said in sentences: `cases/tasks/NAME.iam` gives exactly `NAME.json`.

What it gives is held against the document of the same name in AWS's documentation, where that is at hand (it is not ours,
so it lies outside, in `../shared/data/docs_examples`), in two ways that know nothing of each other. An independent
evaluator decides requests that the documents are about, near them and beside them; and where both are of one kind, the
comparison over all requests decides. Both find ours equal, narrower or wider as `tasks.tsv` says, which also says why.
Only requests that AWS can make count: the actions of today's catalog, each on a resource that it takes. Where a document
only denies, what it leaves alone is what it grants.

`tasks.tsv`: `filled`, what stands for the placeholders in AWS's document (`OLD=NEW`, separated by `|`); `relation`: equal,
narrower or wider; `why`: what the difference is. IAMDSL_UPDATE=1 writes the expectations anew.
"""

from __future__ import annotations

import itertools
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from iamdsl.access.compare import compare, identity
from iamdsl.access.reach import Reach
from iamdsl.catalog import Action, default, matches
from iamdsl.compiler import compile_program
from iamdsl.compiler.arns import format_patterns
from iamdsl.compiler.lift import lift
from iamdsl.diagnostics import Report
from iamdsl.emit import tree
from iamdsl.policy import codec
from iamdsl.render import render
from iamdsl.source import Source
from tests.evaluator import Request, decide

CASES = Path(__file__).parent / "cases" / "tasks"
SHARED: Path | None = next(
    (up / "shared" / "data" for up in Path(__file__).resolve().parents if (up / "shared" / "data").is_dir()), None
)
ROWS = [line.split("\t") for line in (CASES / "tasks.tsv").read_text(encoding="utf-8").splitlines()[1:]]
CATALOG = default()
OURS, STRANGER = "111122223333", "999988887777"
USER = f"arn:aws:iam::{OURS}:user/alice"

each = pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])


def compiled(name: str) -> dict[str, Any]:
    """Path → document of the program called `name`."""
    report = Report()
    source = Source(f"{name}.iam", (CASES / f"{name}.iam").read_text(encoding="utf-8"))
    found = compile_program((source,), CATALOG, {}, report)
    assert not report.failed, render(report, "text")
    return tree.documents(found)


@each
def test_case(row: list[str]) -> None:
    text = codec.text(compiled(row[0]))
    golden = CASES / f"{row[0]}.json"
    if os.environ.get("IAMDSL_UPDATE"):
        golden.write_text(text, encoding="utf-8", newline="\n")
    assert text == golden.read_text(encoding="utf-8")


def test_the_table_says_what_there_is() -> None:
    assert [row[0] for row in ROWS] == sorted(path.stem for path in CASES.glob("*.iam"))
    assert {path.stem for path in CASES.glob("*.json")} == {row[0] for row in ROWS}
    assert len(ROWS) == 50
    for _name, _filled, relation, why in ROWS:
        assert relation in ("equal", "narrower", "wider") and (bool(why) or relation == "equal")


def test_the_table_has_every_task() -> None:
    if SHARED is None:
        pytest.skip("needs the folder ../shared/data")
    tasks = (SHARED / "tasks.txt").read_text(encoding="utf-8").split()
    assert {f"{row[0]}.json" for row in ROWS} == set(tasks)


@each
def test_ours_against_theirs(row: list[str]) -> None:
    theirs, ours = both(row)
    gained, lost, tried = [], [], 0
    for request in requests(theirs, ours):
        tried += 1
        here = decide(relevant(ours, request), request)
        there = decide([located(theirs, ours)], request)
        if effect(here, there, theirs, ours):
            (gained if allows(here, theirs) else lost).append(request)
    assert tried >= 5
    found = "wider" if gained and not lost else "narrower" if lost and not gained else "apart" if gained else "equal"
    assert found == row[2], (gained[:2], lost[:2])


def both(row: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Their document, and ours by path: trust policies where theirs is one, else all but those."""
    name, filled, _relation, _why = row
    if SHARED is None:
        pytest.skip("needs the folder ../shared/data")
    text = (SHARED / "docs_examples" / f"{name}.json").read_text(encoding="utf-8")
    for pair in filled.split("|") if filled else []:
        old, _, new = pair.partition("=")
        assert old in text, f"{name} has no {old!r} to fill"
        text = text.replace(old, new)
    theirs = json.loads(text)
    return theirs, {path: document for path, document in compiled(name).items() if is_trust(path) == trusts(theirs)}


@each
def test_ours_against_theirs_over_all_requests(row: list[str]) -> None:
    theirs, ours = both(row)
    if len(ours) != 1 or principled(theirs) != principled(*ours.values()):
        return  # theirs is on the resource, ours on who uses it: what `requests` can tell
    theirs, (document,) = located(theirs, ours), [located(one, ours) for one in ours.values()]
    if denies_only(theirs):
        theirs, document = opened(theirs), opened(document)
    kind = "resource" if principled(theirs) else "identity"
    old, new = (identity(lift(codec.load(asked(one), kind))) for one in (theirs, document))
    verdict = compare(old, new, formats, closed_world=True, names=names)
    assert verdict.relation == row[2], (verdict.new, verdict.lost, verdict.why)


def names(pattern: str) -> tuple[str, ...]:
    return tuple(name for name, _level in CATALOG.names_matching(pattern))


def formats(name: str) -> tuple[str, ...] | None:
    """The ARN formats that the action takes; for one that takes none, a format that no policy has."""
    action = CATALOG.action(name)
    return action and (format_patterns(action, CATALOG) or ("arn:none:none:none:none:none",))


def asked(document: dict[str, Any]) -> dict[str, Any]:
    """The document, `*` on actions that need a resource being any ARN: the comparison has all requests name `*` too."""
    found = []
    for one in statements(document):
        actions = [action for name in listed(one.get("Action")) if (action := CATALOG.action(name))]
        if listed(one.get("Resource")) != ["*"] or len(actions) < len(listed(one.get("Action"))) or "NotAction" in one:
            found.append(one)
            continue
        bound = [action.full for action in actions if any(pair.required for pair in action.types)]
        free = [action.full for action in actions if action.full not in bound]
        found += [{**one, "Action": bound, "Resource": "arn:aws:*"}] if bound else []
        found += [{**one, "Action": free}] if free else []
    return {**document, "Statement": found}


def principled(*documents: dict[str, Any]) -> bool:
    return any("Principal" in one for document in documents for one in statements(document))


def opened(document: dict[str, Any]) -> dict[str, Any]:
    """A document that only denies, beside one that allows all."""
    everyone = {"Principal": "*"} if principled(document) else {}
    allow = {"Effect": "Allow", **everyone, "Action": "*", "Resource": "*"}
    return {**document, "Statement": [*statements(document), allow]}


def statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    found = document["Statement"]
    return found if isinstance(found, list) else [found]


def listed(value: Any) -> list[str]:
    return [str(value)] if isinstance(value, (str, int)) else list(value or ())


def denies_only(document: dict[str, Any]) -> bool:
    return all(one["Effect"] == "Deny" for one in statements(document))


def allows(decision: str, theirs: dict[str, Any]) -> bool:
    """Whether the decision is the generous one: a document that only denies is judged by what it leaves alone."""
    return decision != "explicit-deny" if denies_only(theirs) else decision == "allowed"


def effect(here: str, there: str, theirs: dict[str, Any], ours: dict[str, Any]) -> bool:
    return allows(here, theirs) != allows(there, theirs)


def relevant(ours: dict[str, Any], request: Request) -> list[dict[str, Any]]:
    """Our documents that speak of the request: those of its caller, and those of its resource."""
    _kind, _, caller = request.principal.rpartition(":")[2].partition("/")
    owners = {path: path.split("/") for path in ours}
    return [
        located(document, ours) if path.startswith("resources/") else document
        for path, document in ours.items()
        if owners[path][0] not in ("users", "roles") or is_trust(path) or owners[path][1] == caller
    ]


def is_trust(path: str) -> bool:
    return path.endswith("/trust.json")


def trusts(document: dict[str, Any]) -> bool:
    """Whether it is a trust policy. Where theirs is not, what makes our role one that can be assumed is beside the point."""
    return all("Resource" not in one for one in statements(document))


def located(theirs: dict[str, Any], ours: dict[str, Any]) -> dict[str, Any]:
    """Their document; in a policy of a resource `*` is that resource, which ours names."""
    if not any("Principal" in one and one.get("Resource") == "*" for one in statements(theirs)):
        return theirs
    named = sorted(
        {arn for document in ours.values() for one in statements(document) for arn in listed(one.get("Resource"))}
    )
    named = [arn for arn in named if arn != "*"]
    return {**theirs, "Statement": [{**one, "Resource": named} for one in statements(theirs)]}


# ---- the requests


def requests(theirs: dict[str, Any], ours: dict[str, Any]) -> list[Request]:
    documents = [located(theirs, ours), *ours.values()]
    every = [one for document in documents for one in statements(document)]
    contexts = list(situations(every))
    found = []
    for action in actions(every):
        for resource in resources(action, every):
            for principal in principals(theirs, ours):
                found += [Request(principal, action.full, resource, context) for context in contexts]
    return found


def actions(every: list[dict[str, Any]]) -> list[Action]:
    """What the statements name, and some that they do not: of those that look alike in all respects, a few."""
    patterns = [name.strip() for one in every for name in (*listed(one.get("Action")), *listed(one.get("NotAction")))]
    alike: dict[tuple[object, ...], list[Action]] = {}
    for pattern in (*patterns, "s3:GetObject", "ec2:TerminateInstances", "iam:GetPolicy", "kms:Sign"):
        for action in CATALOG.matching(pattern):
            seen = tuple(other for other in patterns if "*" in other and matches(other.lower(), action.full.lower()))
            kept = alike.setdefault((seen, action.full if action.full in patterns else "", action.takes), [])
            if action not in kept and len(kept) < 3:
                kept.append(action)
    return [action for kept in alike.values() for action in kept]


def resources(action: Action, every: list[dict[str, Any]]) -> list[str]:
    """ARNs that the action takes: of the statements' patterns, and some of each of its types; `*` where it takes none."""
    if not action.types:
        return ["*"]
    reach = Reach(formats)
    patterns = {arn for one in every for arn in listed(one.get("Resource")) if arn != "*"}
    found = {instance(arn) for arn in patterns} | {instance(arn) + "0" for arn in patterns}
    for pair in action.types:
        type = CATALOG.type(f"{action.service}:{pair.name}")
        assert type
        for account, region in ((OURS, "us-east-1"), (STRANGER, "eu-north-1"), ("123456789012", "us-west-2")):
            places = {"Partition": "aws", "Region": region, "Account": account}
            for format in type.arns:
                found.add(re.sub(r"\$\{(\w+)\}", lambda hole: places.get(hole.group(1), "other"), format))
    return sorted(arn for arn in found if reach.possible(action.full, arn))


def instance(pattern: str) -> str:
    """A string that the pattern matches."""
    return re.sub(r"\$\{[^}]*\}", "alice", pattern).replace("*", "x1").replace("?", "q")


def principals(theirs: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """Those that the documents name, and a stranger."""
    found = {f"arn:aws:iam::{STRANGER}:user/mallory"}
    by_resource = any("Principal" in one for one in statements(theirs))
    for path in ours:
        owner = path.split("/")
        if owner[0] in ("users", "roles") and not path.endswith("/trust.json"):
            account = OURS
            for one in statements(theirs):
                for arn in listed((one.get("Principal") or {}).get("AWS") if one.get("Principal") != "*" else None):
                    account = arn.split(":")[4] if arn.startswith("arn:") and arn.endswith(f"/{owner[1]}") else account
            found.add(f"arn:aws:iam::{account}:{owner[0][:-1]}/{owner[1]}")
    for document in (theirs, *ours.values()):
        for one in statements(document):
            named = one.get("Principal", {})
            for kind, values in ({} if named == "*" else named).items():
                for value in listed(values):
                    account = value.split(":")[4] if value.startswith("arn:") else value
                    found.add(value if kind != "AWS" or "/" in value else f"arn:aws:iam::{account}:user/bob")
    if not by_resource:  # a document of an identity is about whomever it is attached to
        own = sorted(path.split("/")[1] for path in ours if path.startswith(("users/", "roles/")))
        return [f"arn:aws:iam::{OURS}:user/{own[0] if own else 'alice'}"]
    return sorted(found)


def situations(every: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Contexts: each key of the conditions absent, with a value of the documents, and with another."""
    options: dict[str, dict[str, None]] = {}
    for one in every:
        for operator, tests in one.get("Condition", {}).items():
            for key, values in tests.items():
                if operator == "Null":
                    continue
                kept = options.setdefault(key.lower(), {"": None})
                for value in listed(values):
                    kept[instance(value)] = None
                    kept[beside(operator, value)] = None
    base = {"aws:username": "alice", "aws:PrincipalTag/SerialConsole": "alice"}
    chosen = [[(key, value) for value in list(values)[:6]] for key, values in sorted(options.items())]
    return [{**base, **{key: value for key, value in one if value}} for one in itertools.product(*chosen)]


def beside(operator: str, value: str) -> str:
    """A value of the same kind for which a test decides the other way."""
    if operator.startswith("Numeric"):
        return str(int(value) + 1)
    if operator.startswith("Bool"):
        return "true" if value == "false" else "false"
    if operator.startswith("Arn"):
        return "arn:aws:sqs:us-east-1:999988887777:other"
    return instance(value) + "-other"
