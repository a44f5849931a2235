"""The policies of the examples, loaded into a server that enforces IAM: allowed and denied as the sentences say.

The server's sessions never carry MFA: what MFA denies is seen there, what it allows is decided by the tests' own
evaluator on the same documents, like everything else that the server does not know (see `server.py`).

`cases/enforced/EXAMPLE.json` has a row for each request: who asks (a user, a role or a policy of the example, or one of
`OTHERS`), for what (several resources where AWS checks several), what comes of it and why. The evaluator decides every
row, and the server too, unless the row says in `server` why it cannot. So each row that both decide also compares them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from evaluator import Context, Decision, Request, decide, decide_all, statement_matches
from server import Caller, Document, Server, attempt

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
CASES = Path(__file__).resolve().parent / "cases" / "enforced"
EXPECTED = EXAMPLES / "ml-platform" / "expected"
DATASETS, RESULTS, SCRIPTS = "acme-ml-datasets-prod", "acme-ml-results-prod", "acme-ml-scripts-prod"
KEYS = ("raw/a", "curated/a", "restricted/a", "models/a", "released/a", "shared/globex/a", "other/a", "tmp/a")
KEYS += ("a", "job.py", "shared/other/a", "analysis/a", "shop/a")
BUCKETS = (DATASETS, RESULTS, SCRIPTS, "ml-datasets", "other", "acme-shop-site", "acme-tofu-state", "shop-invoices")


def tree(example: str) -> dict[str, Any]:
    folder = EXAMPLES / example / "expected"
    paths = sorted(folder.rglob("*.json"))
    return {path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8")) for path in paths}


TREE = tree("ml-platform")
TREES = {folder.name: tree(folder.name) for folder in sorted(EXAMPLES.iterdir()) if folder.is_dir()}
GROUPS: dict[str, list[str]] = TREE["manifest.json"]["groups"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as running:
        s3, secrets = running.client("s3"), running.client("secretsmanager")
        for bucket in BUCKETS:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
            for key in KEYS:
                s3.put_object(Bucket=bucket, Key=key, Body=b"x")
        for name in ("ml/tracking-token", "ml/label-vendor", "shop/payments"):
            secrets.create_secret(Name=name, SecretString="s")
        for name in ("experiments-prod", "payroll", "acme-tofu-locks", "shop-carts"):
            running.client("dynamodb").create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                BillingMode="PAY_PER_REQUEST",
            )
        make_the_rest(running)
        running.load(TREE, groups=GROUPS, tags={"users/ben": {"project": "labelling"}})
        running.load(TREES["ci-github"])
        running.load(TREES["kubernetes"])
        held = {"policies/datascientist.json": ["users/datascientist"]}
        running.load(TREES["hello"], users=["datascientist"], attach=held)
        yield running


def make_the_rest(server: Server) -> None:
    sqs, ecr, glue = server.client("sqs"), server.client("ecr"), server.client("glue")
    for name, tags in (
        ("ml-jobs", {"platform": "ml"}),
        ("web-jobs", {"platform": "web"}),
        ("plain", {}),
        ("shop-orders", {}),
    ):
        sqs.create_queue(QueueName=name, tags=tags)
    for name in ("/shop/settings", "/shop/other"):
        server.client("ssm").put_parameter(Name=name, Value="v", Type="String")
    for name in ("ml/training", "web/shop", "shop/app", "shop/images"):
        ecr.create_repository(repositoryName=name)
    tables = (("raw", "events"), ("partners", "orders"), ("partners", "contracts"), ("hr", "people"))
    for database, table in (*tables, ("curated", "daily")):
        if database not in {each["Name"] for each in glue.get_databases()["DatabaseList"]}:
            glue.create_database(DatabaseInput={"Name": database})
        glue.create_table(DatabaseName=database, TableInput={"Name": table})


GITHUB = "https://token.actions.githubusercontent.com"
EKS = "https://oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
TOKENS = (
    ("website", GITHUB, "repo:acme@2201/website@77012:ref:refs/heads/main"),
    ("planner", GITHUB, "repo:acme@2201/infra@77013:pull_request"),
    ("releaser", GITHUB, "repo:acme/importer:ref:refs/tags/v1"),
    ("storefront", EKS, "system:serviceaccount:shop:storefront"),
    ("cashier", EKS, "system:serviceaccount:shop:cashier"),
)


def by_token(server: Server, role: str, issuer: str, subject: str) -> Caller:
    return server.as_token_holder(f"{HOME}role/{role}", iss=issuer, aud="sts.amazonaws.com", sub=subject)


@pytest.fixture(scope="module")
def callers(server: Server) -> dict[str, Caller]:
    """Each principal that acts. A service's role, and one that asks for MFA, cannot be assumed here: a user stands in for
    it, with its policy."""
    globex = server.as_root("444455556666")
    users = {name: server.as_user(name) for name in ("ana", "ben", "chloe", "release-bot", "datascientist")}
    roles = ("training", "etl", "analyst")
    stand_ins = (("ci-github", "deployer"), ("kubernetes", "worker"), ("kubernetes", "node"))
    return users | {
        **{name: by_token(server, name, *claims) for name, *claims in TOKENS},
        **{name: server.user(f"as-{name}", TREES[of][f"roles/{name}/policy.json"]) for of, name in stand_ins},
        **{name: server.user(f"as-{name}", TREE[f"roles/{name}/policy.json"]) for name in roles},
        "publisher": server.as_role("publisher", by="release-bot"),
        "globex-reader": server.as_role("globex-reader", by=globex, ExternalId="acme-42"),
        "globex": globex,
        "stranger": server.as_root("999988887777"),
        "root": server.as_root(),
        "outsider": server.user("outsider"),
    }


def get(bucket: str, key: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("s3").get_object(Bucket=bucket, Key=key)


def put(bucket: str, key: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("s3").put_object(Bucket=bucket, Key=key, Body=b"y")


def delete(bucket: str, key: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("s3").delete_object(Bucket=bucket, Key=key)


def listed(bucket: str, prefix: str | None = None) -> Callable[[Caller], Any]:
    chosen = {} if prefix is None else {"Prefix": prefix}
    return lambda who: who.client("s3").list_objects_v2(Bucket=bucket, **chosen)


def secret(name: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("secretsmanager").get_secret_value(SecretId=name)


def query(table: str) -> Callable[[Caller], Any]:
    return lambda who: who.client("dynamodb").get_item(TableName=table, Key={"id": {"S": "1"}})


ROWS = [
    # group members without MFA are refused what the sentence ties to it, and get what it does not
    ("ana", "get raw without MFA", get(DATASETS, "raw/a"), False),
    ("ana", "list results without MFA", listed(RESULTS), False),
    ("ana", "restricted is denied", get(DATASETS, "restricted/a"), False),
    ("ana", "experiments", query("experiments-prod"), True),
    ("ana", "labels need a project tag", secret("ml/label-vendor"), False),
    ("ana", "no secret of training", secret("ml/tracking-token"), False),
    ("chloe", "engineers use results", get(RESULTS, "models/a"), True),
    ("chloe", "engineers put results", put(RESULTS, "models/a"), True),
    ("chloe", "engineers administer scripts", put(SCRIPTS, "other/a"), True),
    ("chloe", "nobody deletes scripts without MFA", delete(SCRIPTS, "other/a"), False),
    ("chloe", "nobody deletes results without MFA", delete(RESULTS, "other/a"), False),
    ("chloe", "tmp needs a fresh MFA", delete(DATASETS, "tmp/a"), False),
    ("chloe", "engineers do not read datasets", get(DATASETS, "raw/a"), False),
    # the training role
    ("training", "reads datasets", get(DATASETS, "raw/a"), True),
    ("training", "but not restricted", get(DATASETS, "restricted/a"), False),
    ("training", "writes models", put(RESULTS, "models/b"), True),
    ("training", "only models", put(RESULTS, "other/b"), False),
    ("training", "does not write datasets", put(DATASETS, "raw/b"), False),
    ("training", "tracking token", secret("ml/tracking-token"), True),
    ("training", "no other secret", secret("ml/label-vendor"), False),
    ("training", "experiments", query("experiments-prod"), True),
    # the pipeline
    ("etl", "reads raw", get(DATASETS, "raw/a"), True),
    ("etl", "reads restricted", get(DATASETS, "restricted/a"), True),
    ("etl", "refreshes curated", put(DATASETS, "curated/b"), True),
    ("etl", "deletes what is outdated", delete(DATASETS, "curated/b"), True),
    ("etl", "does not write raw", put(DATASETS, "raw/b"), False),
    ("etl", "lists curated", listed(DATASETS, "curated/"), True),
    ("etl", "does not list everything", listed(DATASETS), False),
    ("etl", "reads scripts", get(SCRIPTS, "other/a"), True),
    # releases
    ("publisher", "puts what is released", put(RESULTS, "released/b"), True),
    ("publisher", "nothing else", put(RESULTS, "models/b"), False),
    ("release-bot", "itself may only become the role", put(RESULTS, "released/b"), False),
    ("outsider", "gets nothing", get(DATASETS, "raw/a"), False),
    ("outsider", "lists nothing", listed(RESULTS), False),
]


@pytest.mark.parametrize(("who", "what", "call", "expected"), ROWS, ids=[f"{row[0]}: {row[1]}" for row in ROWS])
def test_enforced(
    callers: dict[str, Caller], who: str, what: str, call: Callable[[Caller], Any], expected: bool
) -> None:
    assert attempt(lambda: call(callers[who])) is expected


def test_external_id(server: Server) -> None:
    partner = server.as_root("444455556666")
    assert attempt(lambda: server.as_role("globex-reader", by=partner, ExternalId="acme-42"))
    assert not attempt(lambda: server.as_role("globex-reader", by=partner, ExternalId="wrong"))
    assert not attempt(lambda: server.as_role("globex-reader", by=partner))
    reader = server.as_role("globex-reader", by=partner, ExternalId="acme-42")
    assert attempt(lambda: get(RESULTS, "shared/globex/a")(reader))
    assert not attempt(lambda: get(RESULTS, "other/a")(reader))


def test_roles_are_for_those_they_trust(server: Server) -> None:
    assert not attempt(lambda: server.as_role("analyst", by="ana")), "needs MFA"
    assert not attempt(lambda: server.as_role("analyst", by="chloe"))
    assert not attempt(lambda: server.as_role("publisher", by="chloe"))


ANA = "arn:aws:iam::111122223333:user/ana"
MFA = {"aws:MultiFactorAuthPresent": "true"}
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
VIA_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
QUEUE = "arn:aws:sqs:eu-west-1:111122223333:jobs"
DECIDED = [
    ("groups/data-scientists", "s3:GetObject", f"arn:aws:s3:::{DATASETS}/raw/a", MFA, "allowed"),
    ("groups/data-scientists", "s3:GetObject", f"arn:aws:s3:::{DATASETS}/raw/a", {}, "implicit-deny"),
    ("groups/data-scientists", "s3:GetObject", f"arn:aws:s3:::{DATASETS}/restricted/a", MFA, "explicit-deny"),
    ("groups/data-scientists", "s3:ListBucket", f"arn:aws:s3:::{DATASETS}", MFA, "explicit-deny"),
    ("groups/data-scientists", "s3:ListBucket", f"arn:aws:s3:::{DATASETS}", {**MFA, "s3:prefix": "raw/"}, "allowed"),
    ("groups/data-scientists", "kms:Decrypt", KEY, {**MFA, **VIA_S3}, "allowed"),
    ("groups/data-scientists", "kms:Decrypt", KEY, MFA, "implicit-deny"),
    ("groups/data-scientists", "kms:Encrypt", KEY, {**MFA, **VIA_S3}, "implicit-deny"),
    (
        "roles/analyst",
        "sqs:ReceiveMessage",
        QUEUE,
        {"aws:ResourceTag/team": "a", "aws:PrincipalTag/team": "a"},
        "allowed",
    ),
    (
        "roles/analyst",
        "sqs:ReceiveMessage",
        QUEUE,
        {"aws:ResourceTag/team": "a", "aws:PrincipalTag/team": "b"},
        "implicit-deny",
    ),
    ("roles/analyst", "sqs:ReceiveMessage", QUEUE, {}, "implicit-deny"),
    ("users/chloe", "s3:DeleteObject", f"arn:aws:s3:::{RESULTS}/a", {}, "explicit-deny"),
    ("users/chloe", "s3:DeleteObject", f"arn:aws:s3:::{RESULTS}/a", MFA, "implicit-deny"),
    ("groups/ml-engineers", "s3:DeleteObject", f"arn:aws:s3:::{SCRIPTS}/a", MFA, "allowed"),
]


@pytest.mark.parametrize(("document", "action", "resource", "context", "expected"), DECIDED)
def test_decided(document: str, action: str, resource: str, context: dict[str, str], expected: str) -> None:
    found = decide([TREE[f"{document}/policy.json"]], Request(ANA, action, resource, context))
    assert found == expected


# ---- the rows of cases/enforced

HOME = "arn:aws:iam::111122223333:"
OTHERS = {
    "globex": "arn:aws:iam::444455556666:root",
    "stranger": "arn:aws:iam::999988887777:root",
    "root": f"{HOME}root",
    "outsider": f"{HOME}user/outsider",
    "sagemaker.amazonaws.com": "sagemaker.amazonaws.com",
    **{f"{service}.amazonaws.com": f"{service}.amazonaws.com" for service in ("glue", "pods.eks", "ec2")},
}
CASE_ROWS = [(path.stem, row) for path in sorted(CASES.glob("*.json")) for row in json.loads(path.read_text())]


def identity(documents: dict[str, Any], who: str) -> list[Document]:
    """The policies that a user (its groups' too), a role or the holder of a policy has."""
    groups = documents["manifest.json"].get("groups", {})
    holders = [f"users/{who}", f"roles/{who}", *(f"groups/{group}" for group in groups if who in groups[group])]
    paths = [*(f"{holder}/policy.json" for holder in holders), f"policies/{who}.json"]
    return [documents[path] for path in paths if path in documents]


def principal(documents: dict[str, Any], who: str) -> str:
    if who in OTHERS or who.startswith("arn:"):  # the ARN of an identity provider stands for holders of its tokens
        return OTHERS.get(who, who)
    return f"{HOME}{'role' if f'roles/{who}/policy.json' in documents else 'user'}/{who}"


def evaluated(documents: dict[str, Any], row: dict[str, Any]) -> Decision:
    """What the evaluator decides; several resources must all be allowed."""
    arn, policies = principal(documents, row["who"]), identity(documents, row["who"])
    assert policies or row["who"] in OTHERS or arn == row["who"], f"{row['who']} is not in the example"
    found: set[Decision] = set()
    for resource in row["resource"] if isinstance(row["resource"], list) else [row["resource"]]:
        request = Request(arn, row["action"], resource, row.get("context", {}))
        if row["action"].startswith("sts:"):
            trust, same = documents[f"roles/{resource.rpartition('/')[2]}/trust.json"], arn.startswith(HOME)
            found.add(decide_all(request=request, identity=policies, trust=trust, same_account=same))
        else:
            found.add(decide(policies, request))
    return next(each for each in ("explicit-deny", "implicit-deny", "allowed") if each in found)


def named(resource: str, after: str = "/") -> str:
    return resource.split(after, 1)[1]


def s3(method: str, **more: Any) -> Callable[[Caller, str, Context], Any]:
    def call(who: Caller, resource: str, context: Context) -> Any:
        bucket, _, key = resource.removeprefix("arn:aws:s3:::").partition("/")
        prefix = {"Prefix": context["s3:prefix"]} if "s3:prefix" in context else {}
        return getattr(who.client("s3"), method)(Bucket=bucket, **({"Key": key} if key else {}), **prefix, **more)

    return call


def ssm(method: str, **more: Any) -> Callable[[Caller, str, Context], Any]:
    return lambda who, resource, _: getattr(who.client("ssm"), method)(Name="/" + named(resource), **more)


def dynamodb(method: str, **more: Any) -> Callable[[Caller, str, Context], Any]:
    return lambda who, resource, _: getattr(who.client("dynamodb"), method)(TableName=named(resource), **more)


def sqs(method: str, **more: Any) -> Callable[[Caller, str, Context], Any]:
    def call(who: Caller, resource: str, context: Context) -> Any:
        url = who.server.client("sqs").get_queue_url(QueueName=resource.split(":")[5])["QueueUrl"]
        return getattr(who.client("sqs"), method)(QueueUrl=url, **more)

    return call


def secretsmanager(method: str, **more: Any) -> Callable[[Caller, str, Context], Any]:
    def call(who: Caller, resource: str, context: Context) -> Any:
        return getattr(who.client("secretsmanager"), method)(SecretId=resource.split(":")[6][:-7], **more)

    return call


def ecr(method: str, **more: Any) -> Callable[[Caller, str, Context], Any]:
    return lambda who, resource, _: getattr(who.client("ecr"), method)(repositoryName=named(resource), **more)


def glue(who: Caller, resource: str, method: str) -> Any:
    _, database, table = resource.split("/")
    given = {"TableInput": {"Name": table}} if method in ("create_table", "update_table") else {"Name": table}
    return getattr(who.client("glue"), method)(DatabaseName=database, **given)


def assume(who: Caller, resource: str, context: Context) -> Any:
    given = {"ExternalId": context["sts:ExternalId"]} if "sts:ExternalId" in context else {}
    return who.client("sts").assume_role(RoleArn=resource, RoleSessionName="tests", **given)


def web_identity(who: Caller, resource: str, context: Context) -> Any:
    issuer = next(iter(context)).rpartition(":")[0]
    claims = {key.rpartition(":")[2]: str(value) for key, value in context.items()}
    return who.server.as_token_holder(resource, iss=f"https://{issuer}", **claims)


CALLS: dict[str, Callable[[Caller, str, Context], Any]] = {
    "s3:ListBucket": s3("list_objects_v2"),
    "s3:GetObject": s3("get_object"),
    "s3:PutObject": s3("put_object", Body=b"y"),
    "s3:PutObjectTagging": s3("put_object_tagging", Tagging={"TagSet": [{"Key": "run", "Value": "1"}]}),
    "s3:DeleteObject": s3("delete_object"),
    "s3:DeleteBucket": s3("delete_bucket"),
    "s3:GetBucketVersioning": s3("get_bucket_versioning"),
    "dynamodb:GetItem": dynamodb("get_item", Key={"id": {"S": "1"}}),
    "dynamodb:PutItem": dynamodb("put_item", Item={"id": {"S": "1"}}),
    "dynamodb:DeleteItem": dynamodb("delete_item", Key={"id": {"S": "1"}}),
    "dynamodb:Query": dynamodb(
        "query", KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": {"S": "1"}}
    ),
    "ssm:GetParameter": ssm("get_parameter"),
    "ssm:PutParameter": ssm("put_parameter", Value="w", Overwrite=True),
    "sqs:SendMessage": sqs("send_message", MessageBody="x"),
    "sqs:ReceiveMessage": sqs("receive_message"),
    "secretsmanager:GetSecretValue": secretsmanager("get_secret_value"),
    "secretsmanager:PutSecretValue": secretsmanager("put_secret_value", SecretString="y"),
    "ecr:BatchCheckLayerAvailability": ecr("batch_check_layer_availability", layerDigests=["sha256:" + "0" * 64]),
    "ecr:InitiateLayerUpload": ecr("initiate_layer_upload"),
    "ecr:GetAuthorizationToken": lambda who, _, __: who.client("ecr").get_authorization_token(),
    "glue:GetTable": lambda who, resource, _: glue(who, resource, "get_table"),
    "glue:CreateTable": lambda who, resource, _: glue(who, resource, "create_table"),
    "glue:UpdateTable": lambda who, resource, _: glue(who, resource, "update_table"),
    "glue:DeleteTable": lambda who, resource, _: glue(who, resource, "delete_table"),
    "sts:AssumeRole": assume,
    "sts:AssumeRoleWithWebIdentity": web_identity,
}


def titled(example: str, row: dict[str, Any]) -> str:
    return f"{example}: {row['who']} {row['action']}: {row['why']}"


@pytest.mark.parametrize(("example", "row"), CASE_ROWS, ids=[titled(*each) for each in CASE_ROWS])
def test_row(example: str, row: dict[str, Any], callers: dict[str, Caller]) -> None:
    assert evaluated(TREES[example], row) == row["expected"]
    if "server" in row:
        return
    resource = row["resource"][-1] if isinstance(row["resource"], list) else row["resource"]
    call = CALLS[row["action"]]
    who = "root" if row["who"].startswith("arn:") else row["who"]
    assert attempt(lambda: call(callers[who], resource, row.get("context", {}))) is (row["expected"] == "allowed")


def hit(documents: dict[str, Any], rows: list[dict[str, Any]], path: str, statement: Document) -> bool:
    """Whether a row shows the statement at work: its allow allows, its deny denies."""
    decision = "allowed" if statement["Effect"] == "Allow" else "explicit-deny"
    for row in rows:
        if row["expected"] != decision or documents[path] not in identity(documents, row["who"]):
            continue
        arn = principal(documents, row["who"])
        for resource in row["resource"] if isinstance(row["resource"], list) else [row["resource"]]:
            if statement_matches(statement, Request(arn, row["action"], resource, row.get("context", {}))):
                return True
    return False


@pytest.mark.parametrize("example", sorted({of for of, _ in CASE_ROWS}))
def test_rows_reach_every_statement(example: str) -> None:
    """`cases/examples.json` has the rows of the examples whose resources have policies too."""
    documents, rows = TREES[example], [row for of, row in CASE_ROWS if of == example]
    missing: list[str] = []
    for path, entry in documents["manifest.json"]["documents"].items():
        for number, statement in enumerate(documents[path]["Statement"]):
            if "trust" in path:
                role = f"{HOME}role/{path.split('/')[1]}"
                reached = any(row["resource"] == role and row["expected"] == "allowed" for row in rows)
            else:
                reached = hit(documents, rows, path, statement)
            if not reached:
                missing.append(
                    f"{path}: {', '.join(entry['statements'][number]['sentences'])}: {json.dumps(statement)}"
                )
    assert missing == []
