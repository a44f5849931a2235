"""What Terraform itself makes of our files: valid, and the documents that it plans and makes are those of plain JSON.

All programs are modules of one plan, against a local AWS API (ministack), so that account, organization and so on are data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import Credentials, Server
from targets import TERRAFORM, permission, statements, unordered
from terraform import Terraform, missing, planned

from iamdsl.catalog import default
from iamdsl.compiler import Options, compile_program
from iamdsl.diagnostics import Report
from iamdsl.emit import targets, tree
from iamdsl.render import render
from iamdsl.source import Source

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = sorted((ROOT / "examples").glob("*/*.iam"))
PROGRAMS += [ROOT / f"tests/cases/targets/{name}.iam" for name in ("whole", "accounts", "loose", "services-terraform")]
HOME, REGION = "111122223333", "eu-west-1"


def named(path: Path) -> str:
    return path.parent.name if path.parent.parent.name == "examples" else path.stem


pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "Terraform is here")


def compiled(path: Path, target: str, more: str = "") -> tuple[dict[str, Any], dict[str, Any]]:
    """The files for `target` and the documents of plain JSON."""
    report = Report()
    source = Source(path.name, path.read_text(encoding="utf-8") + more)
    made = compile_program((source,), default(), {}, report, Options(target=target))
    assert not report.failed, render(report, "text")
    return targets.files(made, report), tree.documents(made)


def open_places(path: Path) -> str:
    """What a program leaves open, as the plan's provider answers it."""
    text = path.read_text(encoding="utf-8")
    account = "" if re.search(r"^account \S+ = \d{12}(?!.*external)", text, re.M) else f"\naccount home = {HOME}\n"
    return account + ("" if re.search("^region ", text, re.M) else f"\nregion {REGION}\n")


def of_2021(file: dict[str, Any]) -> dict[str, Any]:
    """The file without what provider 3.39 does not know: a document of that is planned as the policy of a topic."""
    known = {kind: dict(named) for kind, named in file.get("resource", {}).items() if kind in TYPES}
    stand_ins = {}
    for kind, named in file.get("resource", {}).items():
        if kind in TYPES:
            continue
        for name, one in named.items():
            if (text := one.get(TERRAFORM.get(kind, "policy"))) is not None and isinstance(text, str):
                stand_ins[f"{kind}__{name}"] = {"arn": f"arn:aws:sns:{REGION}:{HOME}:{kind}", "policy": text}
    for one in known.get("aws_organizations_policy", {}).values():
        one["type"] = "SERVICE_CONTROL_POLICY"  # resource control policies came in 2024
    if stand_ins:
        known.setdefault("aws_sns_topic_policy", {}).update(stand_ins)
    data = {
        kind: named for kind, named in file.get("data", {}).items() if "sso" not in kind and "identitystore" not in kind
    }
    parts = {**{key: file[key] for key in ("locals", "output") if key in file}, "resource": known, "data": data}
    return {key: one for key, one in parts.items() if one}


TYPES = {
    *(
        "aws_iam_policy",
        "aws_iam_role",
        "aws_iam_user",
        "aws_iam_group",
        "aws_iam_group_membership",
        "aws_iam_role_policy",
    ),
    *("aws_iam_user_policy_attachment", "aws_iam_group_policy_attachment", "aws_iam_role_policy_attachment"),
    *("aws_iam_user_policy", "aws_iam_group_policy", "aws_iam_instance_profile", "aws_lambda_permission"),
    *(
        "aws_organizations_policy",
        "aws_organizations_policy_attachment",
        "aws_s3_bucket_policy",
        "aws_sqs_queue_policy",
    ),
    *(
        "aws_sns_topic_policy",
        "aws_secretsmanager_secret_policy",
        "aws_ecr_repository_policy",
        "aws_backup_vault_policy",
    ),
    *("aws_api_gateway_rest_api_policy", "aws_cloudwatch_log_resource_policy", "aws_efs_file_system_policy"),
    *("aws_codeartifact_domain_permissions_policy", "aws_codeartifact_repository_permissions_policy"),
    *("aws_glue_resource_policy", "aws_media_store_container_policy", "aws_s3control_bucket_policy"),
}


def documents(file: dict[str, Any], module: str, values: dict[str, dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Key and document of each resource of `file` as planned; of permissions, the statement under its type."""
    for kind, named in file["resource"].items():
        argument = TERRAFORM.get(kind, "policy")
        for name, one in named.items():
            found = values[f"module.{module}.{kind}.{name}"]
            if argument in one:
                key = re.search(r'local\.iamdsl\["(.+?)"\]', one[argument])
                assert key, one[argument]
                yield key[1].replace("$${", "${"), json.loads(found[argument])
            elif kind == "aws_lambda_permission":
                yield kind, permission({key: value for key, value in found.items() if value})
            elif kind == "aws_lambda_layer_version_permission":
                yield kind, permission(one)


@pytest.fixture(scope="module")
def plan(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]]:
    """Program and module → the file, and address → planned values."""
    modules: dict[str, tuple[str, Any]] = {}
    files: dict[str, dict[str, Any]] = {}
    for path in PROGRAMS:
        for place, file in compiled(path, "terraform")[0].items():
            name = re.sub(r"\W", "-", f"{named(path)}-{place.removesuffix('iam.tf.json')}").rstrip("-")
            files.setdefault(named(path), {})[name] = of_2021(file)
            modules[name] = (HOME, {"iam.tf.json": files[named(path)][name]})
    with Server(HOME, REGION) as server:
        for secret in ("prod/api", "api", "api-key", "x0"):
            server.client("secretsmanager", server.root).create_secret(Name=secret, SecretString="x")
        tool = Terraform(tmp_path_factory.mktemp("terraform"), server.url)
        tool.write(modules, [HOME])
        tool.run("init")
        tool.run("validate")
        tool.run("plan", "-out=plan")
        yield files, planned(json.loads(tool.run("show", "-json", "plan")))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: named(path))
def test_planned_documents(path: Path, plan: tuple[dict[str, Any], dict[str, Any]]) -> None:
    files, values = plan
    _, wanted = compiled(path, "json", open_places(path))
    found: dict[str, Any] = {}
    loose: list[Any] = []
    for module, file in files[named(path)].items():
        for key, document in documents(file, module, values):
            if "Statement" in document:
                found[f"{key}.json"] = document
            else:
                loose.append(document)
    rest = {key: one for key, one in wanted.items() if key not in found}
    assert found == {key: wanted[key] for key in found}
    known = {key: one for key, one in rest.items() if "layer" not in key}  # permissions of layers came later
    said = [one for each in known.values() for one in statements(each)]
    outputs = [key for key in rest if key.startswith(("session-policies/", "endpoint-policies/"))]
    assert path.stem == "loose" and len(outputs) == 2 or sorted(map(str, loose)) == sorted(map(str, said))


# ---- made for real: by Terraform, in the local AWS API

OWNER = {  # what `owned.iam` says that the user's own Terraform makes, beside it in the same module
    "resource": {
        "aws_s3_bucket": {"data": {"bucket": "acme-data-4711"}},
        "aws_kms_key": {"data": {"for_each": '${toset(["eu"])}'}},
        "aws_cloudwatch_log_group": {"runs": {"name": "/acme/runs"}},
    },
    "data": {"aws_dynamodb_table": {"runs": {"name": "acme-runs"}}},
    "variable": {"secret_arn": {"default": f"arn:aws:secretsmanager:{REGION}:{HOME}:secret:acme/api-AbCdEf"}},
    "module": {"jobs": {"source": "./jobs"}},
}
JOBS = {
    "resource": {"aws_sqs_queue": {"jobs": {"name": "acme-jobs"}}},
    "output": {"queue_arn": {"value": "${aws_sqs_queue.jobs.arn}"}},
}
OTHER = "222233334444"  # where `ml-platform` is made, so that its roles are not those of the other program


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Terraform]]:
    """A server in which Terraform made `owned.iam`, with its owner, and `ml-platform`."""
    owned = of_2021(compiled(ROOT / "tests/cases/targets/owned.iam", "terraform")[0]["iam.tf.json"])
    del owned["resource"]["aws_secretsmanager_secret_policy"]  # of a secret that is not there
    platform = of_2021(compiled(ROOT / "examples/ml-platform/platform.iam", "terraform")[0]["iam.tf.json"])
    with Server(HOME, REGION) as server:
        for one in owned["resource"]["aws_sns_topic_policy"].values():  # what stands in for other policies
            server.client("sns", server.root).create_topic(Name=one["arn"].rpartition(":")[2])
        key = {"AttributeName": "k", "KeyType": "HASH"}, {"AttributeName": "k", "AttributeType": "S"}
        server.client("dynamodb", server.root).create_table(
            TableName="acme-runs", KeySchema=[key[0]], AttributeDefinitions=[key[1]], BillingMode="PAY_PER_REQUEST"
        )
        tool = Terraform(tmp_path_factory.mktemp("terraform"), server.url)
        files = {"iam.tf.json": owned, "owner.tf.json": OWNER}
        tool.write({"owned": (HOME, files), "platform": (OTHER, {"iam.tf.json": platform})}, [HOME, OTHER])
        (tool.folder / "root" / "owned" / "jobs").mkdir()
        (tool.folder / "root" / "owned" / "jobs" / "main.tf.json").write_text(json.dumps(JOBS))
        tool.run("init")
        tool.run("apply", "-auto-approve")
        tool.run("plan", "-out=again")
        again = json.loads(tool.run("show", "-json", "again"))["resource_changes"]
        changed = [one["address"] for one in again if one["change"]["actions"] not in (["no-op"], ["read"])]
        assert set(changed) <= {"module.owned.aws_s3_bucket.data"}  # the owner's: 2021's defaults of a bucket
        yield server, tool


def policies(iam: Any) -> dict[str, Any]:
    """Name → document of each managed policy."""
    found = {}
    for one in iam.list_policies(Scope="Local")["Policies"]:
        version = iam.get_policy_version(PolicyArn=one["Arn"], VersionId=one["DefaultVersionId"])
        found[one["PolicyName"]] = version["PolicyVersion"]["Document"]
    return found


def test_what_others_own_is_filled_in(applied: tuple[Server, Terraform]) -> None:
    """Each reference became the ARN of what Terraform made; the documents are those of a program that says these ARNs."""
    server, tool = applied
    (key,) = server.client("kms", server.root).list_keys()["Keys"]
    text = (ROOT / "tests/cases/targets/owned.iam").read_text(encoding="utf-8")
    names = {
        "data from terraform aws_s3_bucket.data": 'data = "acme-data-4711"',
        'data from terraform "aws_kms_key.data[\\"eu\\"]"': f"data = {key['KeyArn']}",
        "jobs from terraform module.jobs.queue_arn": "jobs = acme-jobs",
        "api from terraform var.secret_arn": f"api = {OWNER['variable']['secret_arn']['default']}",  # type: ignore[index]
        "runs from terraform aws_cloudwatch_log_group.runs": "runs = /acme/runs",
        "runs from terraform data.aws_dynamodb_table.runs": "runs = acme-runs",
    }
    for written, plain in names.items():
        assert written in text
        text = text.replace(written, plain)
    report = Report()
    wanted = tree.documents(compile_program((Source("owned.iam", text),), default(), {}, report))
    assert not report.failed, render(report, "text")
    made = policies(server.client("iam", server.root))
    assert unordered(made["role-etl"]) == unordered(wanted["roles/etl/policy.json"])
    assert made["audit"] == wanted["policies/audit.json"]
    bucket = server.client("s3", server.root).get_bucket_policy(Bucket="acme-data-4711")["Policy"]
    assert json.loads(bucket) == wanted["resources/bucket/data/policy.json"]
    sqs = server.client("sqs", server.root)
    url = sqs.get_queue_url(QueueName="acme-jobs")["QueueUrl"]
    queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    assert json.loads(queue) == wanted["resources/queue/jobs/policy.json"]


def test_what_terraform_made(applied: tuple[Server, Terraform]) -> None:
    """Roles, users, groups, members, attachments and profiles, as the program and the manifest of plain JSON say."""
    server, tool = applied
    iam = server.client("iam", Credentials(OTHER, "test"))
    _, wanted = compiled(ROOT / "examples/ml-platform/platform.iam", "json")
    made = policies(iam)
    for path, document in wanted.items():
        kind, name, file = path.split("/")
        if file == "trust.json":
            assert iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"] == document
            continue
        assert made.pop(f"{kind[:-1]}-{name}") == document
        ask = getattr(iam, f"list_attached_{kind[:-1]}_policies")
        attached = ask(**{f"{kind[:-1].title()}Name": name})["AttachedPolicies"]
        assert [one["PolicyName"] for one in attached] == [f"{kind[:-1]}-{name}"]
    assert made == {}
    members = iam.get_group(GroupName="data-scientists")["Users"]
    assert sorted(one["UserName"] for one in members) == ["ana", "ben"]


def test_a_real_state_is_an_inventory(
    applied: tuple[Server, Terraform], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state that Terraform wrote, and a plan as `show -json` shows it, give the names their ARNs."""
    server, tool = applied
    (key,) = server.client("kms", server.root).list_keys()["Keys"]
    root = tool.folder / "root"
    (tmp_path / "show.json").write_text(tool.run("show", "-json", "again"))
    monkeypatch.chdir(tmp_path)
    for file in (str(root / "terraform.tfstate"), "show.json"):
        text = (
            f'account prod = {HOME}\nregion {REGION}\ninventory "{file}"\nrole etl for service glue\nkey eu\n'
            "bucket data encrypted with key eu\nlog group runs\nqueue acme-jobs\ntable acme-runs\n"
            "etl can read bucket data and send queue acme-jobs and query log group runs and query table acme-runs\n"
        )
        report = Report()
        made = compile_program((Source("a.iam", text),), default(), {}, report)
        assert not report.failed, render(report, "text")
        said = json.dumps(tree.documents(made)["roles/etl/policy.json"])
        for arn in (key["KeyArn"], "arn:aws:s3:::acme-data-4711", f"arn:aws:sqs:{REGION}:{HOME}:acme-jobs"):
            assert f'"{arn}"' in said
        assert f"log-group:/acme/runs:*" in said and f'"arn:aws:dynamodb:{REGION}:{HOME}:table/acme-runs"' in said
