"""Inventories: each kind of file gives names their ARNs, counts as a source, and breaks nothing whatever it holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamdsl.cli import main
from iamdsl.compiler.existing import NoInventory, existing

Capture = pytest.CaptureFixture[str]

BUCKET = "arn:aws:s3:::acme-ml-datasets"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:acme-jobs"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:acme/api-AbCdEf"
LOGS = "arn:aws:logs:eu-west-1:111122223333:log-group:/acme/runs"

PROGRAM = """account prod = 111122223333
region eu-west-1
inventory "FILE"
user alice
key ml
bucket datasets encrypted with key ml
queue jobs
secret api
log group runs
alice can read bucket datasets and send queue jobs and read secret api and query log group runs
"""
PLAIN = (
    PROGRAM.replace('inventory "FILE"\n', "")
    .replace("key ml\n", f"key ml = {KEY}\n", 1)
    .replace("bucket datasets enc", f"bucket datasets = {BUCKET} enc")
    .replace("queue jobs\n", f"queue jobs = {QUEUE}\n", 1)
    .replace("secret api\n", f"secret api = {SECRET}\n", 1)
    .replace("log group runs\n", "log group runs = /acme/runs\n", 1)
)


def resource(type: str, name: str, /, **values: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": type, "name": name, "values": values}


RESOURCES = [
    resource("aws_kms_key", "main", arn=KEY, tags=None),
    resource("aws_kms_alias", "main", arn=f"{KEY.rpartition(':')[0]}:alias/ml", name="alias/ml", target_key_arn=KEY),
    resource("aws_s3_bucket", "datasets", arn=BUCKET, bucket="acme-ml-datasets"),
    resource("aws_sqs_queue", "this", arn=QUEUE, tags={"Name": "jobs"}),
    resource("aws_secretsmanager_secret", "api", arn=SECRET, name="acme/api"),
    resource("aws_cloudwatch_log_group", "runs", arn=f"{LOGS}:*", name="/acme/runs"),
    resource("random_pet", "name", id="x"),
]
STATE = {
    "version": 4,
    "terraform_version": "1.11.4",
    "outputs": {"api_arn": {"value": SECRET, "type": "string"}, "names": {"value": ["a", 1], "type": ["tuple", []]}},
    "resources": [
        {**{key: one[key] for key in ("mode", "type", "name")}, "instances": [{"attributes": one["values"]}]}
        for one in RESOURCES
    ],
}
SHOWN = {
    "format_version": "1.0",
    "values": {
        "root_module": {
            "resources": [{**one, "address": f"{one['type']}.{one['name']}"} for one in RESOURCES[:4]],
            "child_modules": [
                {"address": "module.a", "resources": [{**one, "address": "module.a.x.y"} for one in RESOURCES[4:]]}
            ],
        }
    },
}
STACKS = {
    "Stacks": [
        {
            "StackName": "shared",
            "Outputs": [
                {"OutputKey": "MlKeyArn", "OutputValue": KEY},
                {"OutputKey": "Datasets", "OutputValue": BUCKET, "ExportName": "shared:DatasetsArn"},
                {"OutputKey": "BucketName", "OutputValue": "acme-ml-datasets"},
                {"OutputKey": "JobsQueueArn", "OutputValue": QUEUE},
                {"OutputKey": "ApiSecretArn", "OutputValue": SECRET},
                {"OutputKey": "RunsLogGroupArn", "OutputValue": f"{LOGS}:*"},
            ],
        },
        {"StackName": "empty"},
    ]
}
NAMED = {"ml": KEY, "datasets": BUCKET, "jobs": QUEUE, "api": SECRET, "runs": LOGS}
TAGGED = [{"ResourceARN": arn, "Tags": [{"Key": "Name", "Value": name}]} for name, arn in NAMED.items()]
FILES = {
    "terraform.tfstate": json.dumps(STATE),
    "show.json": json.dumps(SHOWN),
    "plan.json": json.dumps({"format_version": "1.2", "planned_values": {}, "prior_state": SHOWN}),
    "stacks.json": json.dumps(STACKS),
    "exports.json": json.dumps(
        {"Exports": [{"Name": f"shared:{name}Arn", "Value": arn} for name, arn in NAMED.items()]}
    ),
    "tagged.json": json.dumps({"ResourceTagMappingList": TAGGED}),
    "names.json": json.dumps(NAMED),
    "list.json": json.dumps([{"name": name, "arn": arn} for name, arn in NAMED.items()]),
    "head.csv": "Name,ARN,Team\r\n" + "".join(f"{name},{arn},x\r\n" for name, arn in NAMED.items()),
    "bare.csv": "".join(f"{arn},{name}\n" for name, arn in NAMED.items()),
}


@pytest.mark.parametrize("file", FILES)
def test_every_kind_of_file(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path(file).write_text(FILES[file])
    Path("a.iam").write_text(PROGRAM.replace("FILE", file))
    Path("plain.iam").write_text(PLAIN)
    status, found = main(["compile", "a.iam"]), capsys.readouterr()
    assert status == 0 and found.err == "", found.err
    assert main(["compile", "plain.iam"]) == 0
    assert found.out == capsys.readouterr().out


def test_arns_alone_are_found_by_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    Path("arns.json").write_text(json.dumps([BUCKET, SECRET, QUEUE]))
    Path("a.iam").write_text(
        'inventory "arns.json"\nuser alice\nbucket acme-ml-datasets\nsecret acme/api\nqueue acme-jobs\n'
        "alice can read bucket acme-ml-datasets, secret acme/api and send queue acme-jobs\n"
    )
    assert main(["compile", "a.iam"]) == 0
    out = capsys.readouterr().out
    assert all(f'"{arn}"' in out for arn in (BUCKET, SECRET, QUEUE))


def test_what_others_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """With an inventory, plain JSON knows addresses and exports too; Terraform goes on referring to them."""
    monkeypatch.chdir(tmp_path)
    Path("terraform.tfstate").write_text(FILES["terraform.tfstate"])
    Path("stacks.json").write_text(FILES["stacks.json"])
    Path("a.iam").write_text(
        'inventory "terraform.tfstate"\ninventory "stacks.json"\nuser alice\n'
        "bucket a from terraform aws_s3_bucket.datasets\nbucket b from export shared:DatasetsArn\n"
        "alice can read bucket a\nalice can write bucket b/x/*\n"
    )
    assert main(["compile", "a.iam"]) == 0
    out = capsys.readouterr().out
    assert f'"{BUCKET}/*"' in out and f'"{BUCKET}/x/*"' in out
    assert main(["compile", "a.iam", "--target", "terraform"]) == 0
    out = capsys.readouterr().out
    assert "aws_s3_bucket.datasets.arn" in out and f'"{BUCKET}/x/*"' in out


def test_an_inventory_is_a_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """In the depfile and the manifest, as seen from the program; a change of it is a change of the output."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "iam").mkdir()
    Path("names.json").write_text(FILES["names.json"])
    Path("iam/a.iam").write_text(PROGRAM.replace("FILE", "../names.json"))
    arguments = ["compile", "iam/a.iam", "-o", "out"]
    assert main([*arguments, "-MF", "deps"]) == 0 and main([*arguments, "--check"]) == 0
    assert "names.json" in Path("deps").read_text().split()
    assert set(json.loads(Path("out/manifest.json").read_text())["sources"]) == {"../iam/a.iam", "../names.json"}
    Path("names.json").write_text(FILES["names.json"].replace("acme-jobs", "acme-jobs-2"))
    capsys.readouterr()
    assert main([*arguments, "--check"]) == 1
    assert "users/alice/policy.json" in capsys.readouterr().err


def test_the_file_may_hang_on_a_parameter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.chdir(tmp_path)
    for env in ("dev", "prod"):
        Path(f"{env}.json").write_text(json.dumps({"data": f"arn:aws:s3:::acme-{env}"}))
    text = 'param env = dev\ninventory "{env}.json"\nuser alice\nbucket data\nalice can read bucket data\n'
    Path("a.iam").write_text(text)
    assert main(["compile", "a.iam", "--set", "env=prod"]) == 0
    assert '"arn:aws:s3:::acme-prod"' in capsys.readouterr().out


@pytest.mark.parametrize(
    "arn", ["arn:aws:s3:::acme-*", "arn:aws:s3:::${aws:username}", "arn:aws:s3:::acme-?", "arn:aws:s3:::a b"]
)
def test_an_arn_that_is_a_pattern_is_none(arn: str) -> None:
    """What comes from outside reaches no further than one thing."""
    with pytest.raises(NoInventory):
        existing(json.dumps({"data": arn}))


def test_nothing_of_a_state_is_told_but_names_and_arns() -> None:
    state = {**STATE, "resources": [*STATE["resources"]]}  # type: ignore[misc]
    state["resources"].append(
        {
            "type": "aws_db_instance",
            "name": "db",
            "instances": [{"attributes": {"password": "hunter2", "arn": "arn:aws:rds:eu-west-1:111122223333:db:x"}}],
        }
    )
    assert "hunter2" not in repr(existing(json.dumps(state)))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from([BUCKET, QUEUE, KEY]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            "terraform_version resources outputs format_version values prior_state root_module child_modules type name mode "
            "instances attributes arn Stacks Outputs OutputKey OutputValue StackName Exports Name Value Tags Key "
            "ResourceTagMappingList ResourceARN modules version index_key address".split()
        ),
        inner,
        max_size=5,
    ),
    max_leaves=12,
)


@given(_json.map(json.dumps) | st.text(max_size=60))
def test_any_text_is_entries_or_a_reason(text: str) -> None:
    try:
        assert all(one.arn.startswith("arn:") for one in existing(text))
    except NoInventory as fault:
        assert str(fault)
