"""A real AWS API that enforces IAM, on loopback: the PyPI package `ministack`, filled with our compiler's output.

What ministack 1.5.33 enforces, as tried (`test_server.py` asserts what our tests rely on):

| feature | enforced |
|---|---|
| s3 get, put, delete, list, copy, multipart, versions, `s3:prefix`, `s3:max-keys`, SSE header, object tags | yes |
| s3 HEAD | yes; a refusal is a bare `403` |
| s3 ListBuckets; `delete_objects` | yes; the refusals of the latter are in the answer's `Errors` |
| s3 tagging or ACL in a put; KMS behind SSE-KMS | no (PutObjectTagging, kms:Decrypt, GenerateDataKey are not asked for) |
| sqs, sns, dynamodb with indexes and batches, kinesis, ecr, lambda, ec2, iam by resource | yes |
| secretsmanager by name and ARN (`secret:NAME-??????`) | yes |
| ssm GetParameter(s), PutParameter | yes; GetParametersByPath on `parameter/a/*` is refused |
| kms by key ARN or id, key policies | yes; through an alias refused, even to the key's ARN |
| glue GetTable | yes for table and database together; the catalog is not asked for |
| logs | only `log-group:NAME`; AWS's own `log-group:NAME:*` never matches: not usable |
| states, events, athena, cloudtrail, cloudformation, eks, ecs, rds, bedrock lists | yes; sagemaker, redshift-data: absent |
| identity policies of users, groups, roles; managed and inline; deny; NotAction; NotResource | yes |
| bucket, queue, topic, secret, key policies | yes, denies never for root; `NotPrincipal` matches nobody; public ones need unblocking |
| own account as a resource policy's principal grants nothing by itself | yes |
| permissions boundary, session policy | yes |
| SCP, RCP; IAM Identity Center | no |
| other accounts: bucket, queue and topic policies and trust, both sides needed | yes |
| other accounts: keys and secrets | never found: each account has its own |
| sts:AssumeRole: trust (user, account, role, service), ExternalId, SourceIp, PrincipalTag, TagSession | yes; the caller's own \
policy must always allow too (AWS: not if trust names a user of the account); root passes a service's trust |
| AssumeRoleWithWebIdentity with `iss`, `aud`, `sub` | yes, the token's signature unchecked |
| iam:PassRole | no |
| all operators, set operators, IfExists, Null | yes; Arn operators are plain globs, not segment by segment |
| `aws:SourceIp` (127.0.0.1), `aws:SecureTransport` (false), `aws:CurrentTime`, `aws:RequestedRegion` | yes |
| `aws:PrincipalTag`, `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:username`, `aws:TokenIssueTime` | yes |
| `aws:PrincipalArn` | users yes; of a role's session it is the session's ARN, where AWS has the role's |
| `aws:ResourceTag` | sqs, dynamodb, secretsmanager yes; s3 buckets, ec2: never present |
| `aws:RequestTag`, `aws:TagKeys` | yes |
| MFA | never: users lack the key, sessions say `false`, token codes are ignored |
| policy variables | no: `${aws:username}` is literal text |
| `aws:UserAgent`, `aws:SourceVpce`, `kms:ViaService`, `dynamodb:LeadingKeys` | absent |
| quotas (6,144 characters, 10 attachments), unknown operators | no, accepted; malformed documents are refused |
"""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote
from uuid import uuid4

try:
    import boto3  # type: ignore
    from botocore.config import Config  # type: ignore
    from botocore.exceptions import ClientError  # type: ignore
except ImportError as error:
    raise RuntimeError("tests/server.py needs boto3: pip install -e '.[dev]'") from error

Document = Mapping[str, Any]

_START_SECONDS = 20.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback, whatever the environment's proxy
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",  # SNS
    "UnauthorizedOperation",  # EC2
    "403",  # S3 HEAD, which has no body
}


@dataclass(frozen=True)
class Credentials:
    key: str
    secret: str
    token: str | None = None


def attempt(call: Callable[[], Any]) -> bool:
    """Whether AWS allows the call: False if it refuses access, and any other error is raised."""
    try:
        answer = call()
    except ClientError as error:
        if error.response["Error"]["Code"] in _DENIED:
            return False
        raise
    errors = answer.get("Errors", []) if isinstance(answer, dict) else []  # s3 delete_objects
    if any(each["Code"] not in _DENIED for each in errors):
        raise RuntimeError(f"unexpected errors: {errors}")
    return not errors


class Caller:
    """Somebody with credentials: `caller.client("s3")` is a boto3 client that signs as them."""

    def __init__(self, server: "Server", credentials: Credentials) -> None:
        self.server = server
        self.credentials = credentials

    def client(self, service: str) -> Any:
        return self.server.client(service, self.credentials)

    @property
    def arn(self) -> str:
        return str(self.client("sts").get_caller_identity()["Arn"])


class Server:
    """One ministack process, used as a context manager; state is its own and dies with it.

    `account` is the account of root, and so of everything `load` makes; other 12-digit keys are other accounts' roots.
    """

    def __init__(self, account: str = "111122223333", region: str = "eu-west-1") -> None:
        self.account = account
        self.region = region
        self.root = Credentials(account, "test")
        self.url = ""
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._users: dict[str, Credentials] = {}
        self._boto = boto3.Session()  # one for all clients: it keeps the service models

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    # The process

    def start(self) -> None:
        program = Path(sys.executable).parent / "ministack"
        if not program.exists():
            raise RuntimeError(f"tests/server.py needs ministack, and {program} is missing: pip install -e '.[dev]'")
        self._folder = Path(tempfile.mkdtemp(prefix="ministack-"))
        try:
            for _ in range(3):  # again if another process took the port meanwhile
                if self._launch(program, self._folder):
                    return
            raise RuntimeError(f"ministack did not start:\n{(self._folder / 'log').read_text()[-2000:]}")
        except BaseException:
            self.stop()
            raise

    def _launch(self, program: Path, folder: Path) -> bool:
        """Start it on a free port and wait until it answers; False if it ended or stays silent."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        name = uuid4().hex  # comes back from its health page: so it is ours and not a neighbour's
        own = {"AUTH": "true", "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LOG_LEVEL": "ERROR"}
        own |= {"MINISTACK_EDITION": name, "TMPDIR": str(folder), "HOME": str(folder)}
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "MINISTACK_"))}
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [program], env=clean | own, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._edition() == name:
                return True
            time.sleep(0.02)
        self._end()
        return False

    def _edition(self) -> str | None:
        try:
            with _DIRECT.open(f"{self.url}/_ministack/health", timeout=2) as answer:
                return str(json.load(answer)["edition"])
        except (OSError, ValueError, KeyError):
            return None

    def _end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)
        self._process = None

    def stop(self) -> None:
        self._end()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def reset(self) -> None:
        """Forget everything: users, policies, buckets."""
        request = urllib.request.Request(f"{self.url}/_ministack/reset", method="POST")
        with _DIRECT.open(request, timeout=10):
            self._users.clear()

    # Callers

    def client(self, service: str, credentials: Credentials | None = None, *, region: str | None = None) -> Any:
        """A boto3 client, of root unless told otherwise; it never retries."""
        who = credentials or self.root
        return self._boto.client(
            service,
            endpoint_url=self.url,
            region_name=region or self.region,
            aws_access_key_id=who.key,
            aws_secret_access_key=who.secret,
            aws_session_token=who.token,
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20, proxies={}),
        )

    def as_root(self, account: str | None = None) -> Caller:
        return Caller(self, Credentials(account or self.account, "test"))

    def as_user(self, name: str) -> Caller:
        """A user that `user` or `load` made."""
        return Caller(self, self._users[name])

    def as_role(self, name: str, by: str | Caller | None = None, **parameters: Any) -> Caller:
        """A new session of the role, assumed by a user, another caller or root.

        `parameters` are sts:AssumeRole's (ExternalId, Policy, Tags, ...). Root may assume what trusts the account or a
        service. Raises ClientError when that is refused.
        """
        caller = self.as_user(by) if isinstance(by, str) else by or self.as_root()
        arn = self.client("iam").get_role(RoleName=name)["Role"]["Arn"]
        return self._session(
            caller.client("sts").assume_role(**{"RoleArn": arn, "RoleSessionName": "tests"} | parameters)
        )

    def as_token_holder(self, role: str, **claims: str) -> Caller:
        """A new session of the role with the ARN `role`, for a token with these claims (`iss`, `aud`, `sub`); the server
        does not look at its signature. Raises ClientError when that is refused."""
        parts = ({"alg": "none"}, claims)
        token = ".".join(urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + ".x"
        sts = self.client("sts")
        return self._session(
            sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="tests", WebIdentityToken=token)
        )

    def _session(self, answer: Mapping[str, Any]) -> Caller:
        given = answer["Credentials"]
        return Caller(self, Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]))

    # What exists

    def user(self, name: str, *documents: Document, tags: Mapping[str, str] | None = None) -> Caller:
        """Make a user with an access key and these policies (inline)."""
        iam = self.client("iam")
        iam.create_user(UserName=name, Tags=_tags(tags))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        self._users[name] = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
        for number, document in enumerate(documents):
            iam.put_user_policy(UserName=name, PolicyName=f"inline-{number}", PolicyDocument=json.dumps(document))
        return self.as_user(name)

    def bucket_policy(self, bucket: str, document: Document) -> None:
        """Put it on the bucket, made if need be, public or not."""
        s3 = self.client("s3")
        if bucket not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
            s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": self.region})
        s3.delete_public_access_block(Bucket=bucket)
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))

    def load(
        self,
        tree: Mapping[str, Document],
        *,
        groups: Mapping[str, Sequence[str]] | None = None,
        users: Iterable[str] = (),
        attach: Mapping[str, Sequence[str]] | None = None,
        boundaries: Mapping[str, str] | None = None,
        tags: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """Make what a compiled tree describes: users with keys, groups, roles, each document a managed policy attached to them.

        `groups` has each group's members and `users` further users. Holders are written like folders, `roles/etl`:
        `attach` tells to which holders `policies/NAME.json` goes, `boundaries` gives a holder's `boundaries/NAME.json`,
        `tags` a holder's tags. A role without `trust.json` trusts the account. `manifest.json` is skipped; a path that
        cannot be loaded (a resource of another kind than `_RESOURCES`, a guardrail) is a ValueError. A key is there already
        and called by its id.
        """
        _Loading(self, tree, tags or {}, boundaries or {}).run(groups or {}, users, attach or {})


def _tags(tags: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (tags or {}).items()]


def _queue(server: "Server", name: str, policy: str) -> None:
    server.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})


def _topic(server: "Server", name: str, policy: str) -> None:
    server.client("sns").create_topic(Name=name, Attributes={"Policy": policy})


def _secret(server: "Server", name: str, policy: str) -> None:
    secrets = server.client("secretsmanager")
    secrets.create_secret(Name=name, SecretString="s")
    secrets.put_resource_policy(SecretId=name, ResourcePolicy=policy)


def _key(server: "Server", name: str, policy: str) -> None:
    server.client("kms").put_key_policy(KeyId=name, PolicyName="default", Policy=policy)


_RESOURCES = {"queue": _queue, "topic": _topic, "secret": _secret, "key": _key}


class _Loading:
    """One `Server.load`."""

    def __init__(
        self,
        server: Server,
        tree: Mapping[str, Document],
        tags: Mapping[str, Mapping[str, str]],
        boundaries: Mapping[str, str],
    ) -> None:
        self.server, self.iam, self.tags = server, server.client("iam"), tags
        self.trust: dict[str, Document] = {}
        self.held: dict[str, list[str]] = {}  # holder → the ARNs of its policies
        self.policies: dict[str, str] = {}  # path → ARN
        for path, document in tree.items():
            self._read(path, document)
        self.boundaries = {holder: self.policies[path] for holder, path in boundaries.items()}

    def _read(self, path: str, document: Document) -> None:
        match [unquote(part) for part in path.split("/")]:
            case ["manifest.json"]:
                pass
            case ["roles", name, "trust.json"]:
                self.trust[name] = document
                self.held.setdefault(f"roles/{name}", [])
            case ["roles" | "groups" | "users" as kind, name, file] if file.startswith("policy"):
                self.held.setdefault(f"{kind}/{name}", []).append(self._policy(path, document))
            case ["policies" | "boundaries", _]:
                self._policy(path, document)
            case ["resources", "bucket" | "s3:bucket", name, "policy.json"]:
                self.server.bucket_policy(name, document)
            case ["resources", kind, name, "policy.json"] if kind in _RESOURCES:
                _RESOURCES[kind](self.server, name, json.dumps(document))
            case _:
                raise ValueError(f"cannot load {path}")

    def _policy(self, path: str, document: Document) -> str:
        name = path.removesuffix(".json").replace("/", "-").replace("%", "=")
        made = self.iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))
        self.policies[path] = str(made["Policy"]["Arn"])
        return self.policies[path]

    def run(
        self, groups: Mapping[str, Sequence[str]], users: Iterable[str], attach: Mapping[str, Sequence[str]]
    ) -> None:
        members = [member for group in groups.values() for member in group]
        for holder in [f"users/{name}" for name in (*members, *users)] + [f"groups/{name}" for name in groups]:
            self.held.setdefault(holder, [])
        for path, holders in attach.items():
            for holder in holders:
                self.held.setdefault(holder, []).append(self.policies[path])
        for holder, policies in sorted(self.held.items(), reverse=True):  # users before roles before groups
            kind, name = holder.split("/", 1)
            self._make(kind, name)
            for arn in policies:
                put = {"users": self.iam.attach_user_policy, "roles": self.iam.attach_role_policy}
                put.get(kind, self.iam.attach_group_policy)(**{f"{kind[:-1].capitalize()}Name": name, "PolicyArn": arn})
        for group, names in groups.items():
            for name in names:
                self.iam.add_user_to_group(GroupName=group, UserName=name)

    def _make(self, kind: str, name: str) -> None:
        holder = f"{kind}/{name}"
        boundary = self.boundaries.get(holder)
        if kind == "groups":
            self.iam.create_group(GroupName=name)
        elif kind == "users":
            self.server.user(name, tags=self.tags.get(holder))
            if boundary:
                self.iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=boundary)
        else:
            anyone = {"Effect": "Allow", "Principal": {"AWS": self.server.account}, "Action": "sts:AssumeRole"}
            trust = self.trust.get(name, {"Version": "2012-10-17", "Statement": [anyone]})
            self.iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=_tags(self.tags.get(holder))
            )
            if boundary:
                self.iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
