"""The verb library: every line of it says something that AWS has, and the verbs that the design fixes say exactly that."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from iamdsl.catalog import Action, ResourceType, default
from iamdsl.compiler.acts import Context
from iamdsl.compiler.bindings import Account, Bindings
from iamdsl.compiler.meaning import Meaning
from iamdsl.compiler.phrase import Thing
from iamdsl.compiler.verbs import Library
from iamdsl.diagnostics import Report
from iamdsl.source import Source
from iamdsl.syntax import ast
from iamdsl.syntax.parse import parse

FOLDER = Path(__file__).parent.parent / "iamdsl" / "library"
FILES = sorted(FOLDER.glob("*.iam"))
CATALOG = default()

# What every one of these types answers by a definition of the library, not by AWS's access levels.
GENERAL = ("list", "read", "write", "delete", "tag")
MAIN = """
    bucket; access point; key; repository; log group; secret; parameter; table; queue; topic; function; role; user; policy;
    instance profile; database; job; crawler; training job; endpoint; endpoint config; model; notebook; pipeline;
    feature group; workgroup; state machine; event bus; rule; stream; trail; stack
"""

# AWS's tables mark each of these types as required, but a request names one of them.
ONE_OF = {
    "aoss:TagResource",
    "aoss:UntagResource",
    "es:AddTags",
    "es:ListTags",
    "es:RemoveTags",
    "elasticloadbalancing:AddTags",
    "elasticloadbalancing:ModifyLoadBalancerAttributes",
    "elasticloadbalancing:RemoveTags",
    "redshift-data:DescribeTable",
    "redshift-data:ListDatabases",
    "redshift-data:ListSchemas",
    "redshift-data:ListTables",
    "route53:ChangeTagsForResource",
    "athena:TagResource",
    "athena:UntagResource",
    "bedrock:GetInferenceProfile",
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
    "dynamodb:DeleteResourcePolicy",
    "dynamodb:GetResourcePolicy",
    "dynamodb:ListTagsOfResource",
    "dynamodb:PutResourcePolicy",
    "dynamodb:TagResource",
    "dynamodb:UntagResource",
    "kinesis:DeleteResourcePolicy",
    "kinesis:PutResourcePolicy",
    "kinesis:TagResource",
    "kinesis:UntagResource",
    "lambda:DeleteResourcePolicy",
    "lambda:InvokeFunction",
    "lambda:PutResourcePolicy",
    "states:DescribeExecution",
    "states:ListExecutions",
}
# Verbs that are half of a request on purpose: the other resource is named by a sentence of its own.
HALF = {
    ("use", "sagemaker:endpoint-config"),
    ("connect", "elasticache:replicationgroup"),
    ("connect", "elasticache:serverlesscache"),
    ("run", "batch:job-definition"),
    ("send", "ses:identity"),
    ("launch", "ec2:spot-instances-request"),
    ("use", "ec2:launch-template"),
    ("use", "ses:configuration-set"),
    ("use", "ses:template"),
    ("write", "kms:alias"),
    ("delete", "kms:alias"),
    ("attach", "ec2:instance"),
    ("mount", "ec2:volume"),
    *[("boot", f"ec2:{name}") for name in ("image", "instance", "key-pair", "launch-template", "network-interface")],
    *[("boot", f"ec2:{name}") for name in ("security-group", "snapshot", "subnet", "volume")],
    *[("capture", f"ec2:{name}") for name in ("instance", "snapshot", "volume")],
}
# Actions that can be limited to a resource of a kind that most requests do not name.
UNLIMITED = {"cloudwatch:GetMetricData", "cloudwatch:ListMetrics"}


@cache
def program(path: Path) -> tuple[ast.Program, Report]:
    report = Report()
    return parse(Source(str(path), path.read_text(encoding="utf-8")), report), report


def type_of(words: tuple[ast.Word, ...]) -> ResourceType:
    """The type that a verb is defined on."""
    found = CATALOG.noun([word.text for word in words])
    assert found and found[1] == len(words), f"no noun: {words}"
    return found[0]


@cache
def verbs() -> dict[tuple[str, str], ast.Verb]:
    """Every verb of the library by its name and the full name of its type."""
    found: dict[tuple[str, str], ast.Verb] = {}
    for path in FILES:
        for line in program(path)[0].lines:
            verb = line.sentence
            if isinstance(verb, ast.Verb):
                for words in verb.nouns:
                    found[verb.name.text, type_of(words).full] = verb
    return found


def target_of(words: tuple[ast.Word, ...], noun: tuple[ast.Word, ...]) -> ResourceType | None:
    """The type that a line acts on: the noun's own, another of its service, or None for `everything`."""
    texts = [word.text for word in words]
    type = type_of(noun)
    if texts == ["everything"]:
        return None
    if texts[0] == "any":
        texts = texts[1:]
    if texts == [word.text for word in noun]:
        return type
    found = CATALOG.type_named(type.service, " ".join(texts))
    assert found, f"no type of {type.service}: {' '.join(texts)}"
    return found


def takes(action: Action, type: ResourceType) -> bool:
    """Whether the action takes the type: by its name, or as another service's name for the same ARN."""
    if action.service == type.service:
        return type.name in action.takes
    service = CATALOG.service(action.service)
    assert service
    return any(service.types[name.lower()].arns == type.arns for name in action.takes)


def acting(verb: ast.Verb) -> list[tuple[str, ast.VerbLine, tuple[ast.Word, ...]]]:
    """The actions of each acting line, with the line and the noun, for each noun of the verb."""
    found = []
    for noun in verb.nouns:
        for line in verb.lines:
            if line.kind == "acts":
                for group in line.groups:
                    assert len(group.words) == 1, f"more than an action: {group}"
                    found.append((group.words[0].text, line, noun))
    return found


ALL = [pytest.param(name, full, id=f"{name} on {full}") for name, full in sorted(verbs())]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_parses_and_holds_verbs_of_its_service(path: Path) -> None:
    tree, report = program(path)
    assert [found.message for found in report] == []
    assert tree.lines
    seen: set[tuple[str, str]] = set()
    for line in tree.lines:
        verb = line.sentence
        assert isinstance(verb, ast.Verb), line
        assert not verb.override, "`override` is the users'"
        assert verb.lines, f"{verb.name.text} is empty"
        doc = [text for text in line.before if text.startswith("##")]
        assert len(doc) == 1, f"{verb.name.text}: one line of `##` comment"
        assert doc[0].startswith("## ") and doc[0].endswith("."), doc[0]
        for words in verb.nouns:
            type = type_of(words)
            assert type.service == path.stem, f"{verb.name.text} on {type.full} is looked up in {type.service}.iam"
            key = (verb.name.text, type.full)
            assert key not in seen, f"{key} twice"
            seen.add(key)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_lines_fit(path: Path) -> None:
    assert [line for line in path.read_text(encoding="utf-8").splitlines() if len(line) > 120] == []


@pytest.mark.parametrize("name, full", ALL)
def test_actions_exist_and_take_the_target(name: str, full: str) -> None:
    seen = set()
    for text, line, noun in acting(verbs()[name, full]):
        target = target_of(line.target, noun)
        assert (text, target, noun) not in seen, f"{text} twice on {target}"
        seen.add((text, target, noun))
        if "*" in text:
            assert target, f"{text} on everything"
            assert [
                one for one in CATALOG.matching(text) if takes(one, target)
            ], f"nothing of {text} takes {target.full}"
            continue
        action = CATALOG.action(text)
        assert action, f"no action {text}"
        assert action.full == text, f"{text} is spelled {action.full}"
        if target is None:
            assert not action.types or text in UNLIMITED, f"{text} can be limited to {action.takes}"
        else:
            assert takes(action, target), f"{text} takes {action.takes}, not {target.full}"


@pytest.mark.parametrize("name, full", ALL)
def test_a_grant_names_all_that_the_request_names(name: str, full: str) -> None:
    """An action that needs two resources is useless with one of them."""
    if (name, full) in HALF:
        return
    targets: dict[str, set[str]] = {}
    for text, line, noun in acting(verbs()[name, full]):
        target = target_of(line.target, noun)
        if target and "*" not in text and text not in ONE_OF and text.partition(":")[0] == target.service:
            targets.setdefault(text, set()).add(target.name)
    for text, named in targets.items():
        action = CATALOG.action(text)
        assert action
        assert {pair.name for pair in action.types if pair.required} <= named, f"{text} also needs another resource"


@pytest.mark.parametrize("name, full", ALL)
def test_conditions_are_on_keys_that_the_actions_carry(name: str, full: str) -> None:
    for text, line, noun in acting(verbs()[name, full]):
        target = target_of(line.target, noun)
        for qualifier in line.qualifiers:
            assert isinstance(qualifier, ast.If), f"a clause that this test does not know: {qualifier}"
            test = qualifier.expression
            assert isinstance(test, ast.Compare) and isinstance(test.key, ast.Word)
            action = CATALOG.action(text)
            key = CATALOG.key(test.key.text, action.service if action else None)
            assert key and key.name == test.key.text
            assert action and CATALOG.carries(action, target, key.name)


@pytest.mark.parametrize("name, full", ALL)
def test_what_a_verb_includes_exists_on_its_type(name: str, full: str) -> None:
    def included(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"{name} includes itself"
        assert (name, full) in verbs(), f"no verb {name} on {full}"
        for line in verbs()[name, full].lines:
            if line.kind == "includes":
                for group in line.groups:
                    assert len(group.words) == 1
                    included(group.words[0].text, (*path, name))

    included(name, ())


@pytest.mark.parametrize("name, full", ALL)
def test_companions(name: str, full: str) -> None:
    key = CATALOG.type("kms:key")
    assert key
    for line in verbs()[name, full].lines:
        if line.kind in ("acts", "includes"):
            continue
        (service,) = [word.text for word in line.target]
        assert CATALOG.principal(service), f"no service {service}"
        assert line.kind in ("through key", "passes role"), line
        for group in line.groups:
            assert len(group.words) == 1
            text = group.words[0].text
            if line.kind == "passes role":
                assert text == "pass" and (text, "iam:role") in verbs()
            elif ":" in text:
                action = CATALOG.action(text)
                assert action and action.full == text and takes(action, key)
            else:
                assert (f"{text}-through", "kms:key") in verbs()


@pytest.mark.parametrize("name, full", ALL)
def test_no_line_is_lost(name: str, full: str) -> None:
    """Each line has an act on a plain target of its noun."""
    verb = verbs()[name, full]
    report = Report()
    bindings = Bindings(CATALOG, {})
    bindings.accounts["prod"] = Account("prod", "111122223333", False, verb.span)
    bindings.region = "eu-west-1"
    context = Context(bindings, Library(bindings, report), report)
    type = CATALOG.type(full)
    assert type
    parts = "/".join(
        f"n{n}" for n in range(len([v for v in type.variables() if v not in CATALOG.arn_quirk(type).random]))
    )
    target = context.arns.target(Thing(type, parts or "*", "", verb.span), False, False)
    assert target, [found.message for found in report]
    for line in verb.lines:
        if line.kind != "acts":
            continue
        acts = Meaning(context, True, None).line(line, target)
        assert acts, f"nothing of {[group.words[0].text for group in line.groups]} on {target.type.full}"
        assert all(act.resources for act in acts)
    assert [found.message for found in report] == []


@pytest.mark.parametrize("noun", [noun.strip() for noun in MAIN.split(";")])
def test_main_types_have_the_general_verbs(noun: str) -> None:
    found = CATALOG.noun(noun.split())
    assert found
    assert [verb for verb in GENERAL if (verb, found[0].full) not in verbs()] == []


def lines(name: str, full: str) -> list[str]:
    """The lines of a verb, as they read."""
    path = FOLDER / f"{full.partition(':')[0]}.iam"
    span = verbs()[name, full].span
    text = path.read_text(encoding="utf-8")[span.start : span.end]
    return [line.strip() for line in text.splitlines()[1:-1]]


@pytest.mark.parametrize(
    "name, full, expected",
    [
        ("read", "s3:bucket", ["s3:ListBucket on bucket", "s3:GetObject on objects", "decrypt its key through s3"]),
        ("write", "s3:bucket", ["s3:PutObject on objects", "encrypt its key through s3"]),
        ("administer", "s3:bucket", ["s3:* on bucket", "s3:* on objects"]),
        (
            "pull",
            "ecr:repository",
            [
                "ecr:BatchGetImage, ecr:GetDownloadUrlForLayer, ecr:BatchCheckLayerAvailability on repository",
                "ecr:GetAuthorizationToken on everything",
            ],
        ),
        ("decrypt-through", "kms:key", ["kms:Decrypt on key"]),
        ("encrypt-through", "kms:key", ["kms:GenerateDataKey, kms:Decrypt on key"]),
        ("assume", "iam:role", ["sts:AssumeRole on role"]),
        ("pass", "iam:role", ["iam:PassRole on role"]),
    ],
)
def test_what_the_design_fixes(name: str, full: str, expected: list[str]) -> None:
    assert lines(name, full) == expected


def test_no_noun_reads_as_a_verb_and_a_noun() -> None:
    """`transform job x` must not be had for the verb `transform` and the noun `job`.

    `log` and `schedule` are the design's: what tells `log group x` is that the longest noun wins, and `schedule x` from
    `schedule rule x` that a verb is followed by a noun.
    """
    names = {name for name, _ in verbs()}
    nouns = CATALOG.nouns()
    torn = {noun for noun in nouns if (words := noun.partition(" "))[0] in names and words[2] in nouns}
    assert torn == {"log group", "log stream", "schedule group"}
    both = names & {noun for noun in nouns if " " not in noun}
    assert both == {"schedule"}, "a word cannot be both a noun and a verb"


def test_settings_of_a_key_never_lead_to_its_use() -> None:
    """`manage` is for whoever looks after a key and must not read what it protects."""
    found = {text for text, _, _ in acting(verbs()["manage", "kms:key"])}
    for line in verbs()["manage", "kms:key"].lines:
        if line.kind == "includes":
            for group in line.groups:
                found |= {text for text, _, _ in acting(verbs()[group.words[0].text, "kms:key"])}
    using = {text for text, _, _ in acting(verbs()["use", "kms:key"])} - {"kms:DescribeKey"}
    sharing = {text for text, _, _ in acting(verbs()["share", "kms:key"])}
    assert not found & (using | sharing | {"kms:ReplicateKey"})
