"""The catalog as validation asks it: every answer kept, because documents ask the same things again and again."""

from __future__ import annotations

import re
from functools import lru_cache

from iamdsl.access.glob import overlap
from iamdsl.catalog import Action, Catalog, Key, ResourceType
from iamdsl.policy.forms import Form

# services in ARNs whose resource types other services define (also); a test compares this with the catalog. AWS says of
# elastic-inference, which EC2's table has, that it does not exist
HOMES = {
    "acm": ("ec2",),
    "amplify": ("wafv2",),
    "apigateway": ("wafv2",),
    "app-integrations": ("connect",),
    "apprunner": ("wafv2",),
    "appsync": ("wafv2",),
    "bedrock-agentcore": ("wafv2",),
    "billing": ("bcm-data-exports", "ce"),
    "catalog": ("servicecatalog",),
    "cloudfront": ("cloudfront-keyvaluestore",),
    "cloudtrail": ("cloudtrail-data",),
    "codewhisperer": ("q",),
    "cognito-idp": ("wafv2",),
    "compute-optimizer": ("aco-automation",),
    "ds": ("ds-data",),
    "ec2": ("ebs", "ec2-instance-connect", "route53", "ssm", "vpce", "wafv2", "workspaces-instances"),
    "ecs": ("ssm",),
    "eks": ("aps", "eks-auth"),
    "elasticloadbalancing": ("arc-zonal-shift", "waf-regional", "wafv2"),
    "iam": ("ec2", "es", "ssm", "sts"),
    "iot": ("greengrass", "iotjobsdata", "iotwireless"),
    "iq-permission": ("iq",),
    "kafka": ("kafka-cluster",),
    "kms": ("events", "kinesis"),
    "license-manager": ("ec2",),
    "mpa": ("payment-cryptography",),
    "opensearch": ("es",),
    "qbusiness": ("qapps",),
    "qdeveloper": ("q",),
    "rds": ("rds-data",),
    "redshift": ("redshift-data",),
    "redshift-serverless": ("redshift-data",),
    "resource-groups": ("ec2",),
    "route53-recovery-control": ("route53-recovery-cluster", "route53-recovery-control-config"),
    "s3": ("ssm",),
    "s3-object-lambda": ("s3",),
    "sagemaker": ("sagemaker-mlflow",),
    "sns": ("devops-guru",),
    "sso": ("sso-oauth",),
    "vpc-lattice": ("vpc-lattice-svcs",),
    "wafv2": ("apprunner", "cognito-idp"),
    "wisdom": ("connect",),
}
TANGLED = 12  # wildcards of a pattern, those of one character twice
_HOLE = Form(r"\$\{[^}]*\}")


class Facts:
    """Look-ups in `catalog`; names in any case."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._expanded: dict[str, tuple[Action, ...]] = {}
        self._keys: dict[str, Key | None] = {}
        self._carried: dict[tuple[str, str], bool] = {}
        self._formats: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._action_formats: dict[str, tuple[tuple[str, ...], ...]] = {}

    # actions

    def known_service(self, prefix: str) -> bool:
        return prefix.lower() in self.catalog.services()

    def expand(self, pattern: str) -> tuple[Action, ...]:
        """The actions that `pattern` matches; none for one that spans services (`*`, `*:Get*`)."""
        folded = pattern.lower()
        if folded not in self._expanded:
            self._expanded[folded] = self._expand(folded)
        return self._expanded[folded]

    def _expand(self, folded: str) -> tuple[Action, ...]:
        prefix, _, name = folded.partition(":")
        service = self.catalog.service(prefix) if "*" not in prefix and "?" not in prefix else None
        if service is None:
            return ()
        if "*" not in name and "?" not in name:
            one = service.actions.get(name)
            return (one,) if one else ()
        if not name.strip("*"):
            return tuple(service.actions.values())
        wanted = glob(name)
        return tuple([service.actions[one] for one in service.actions if wanted.match(one)])

    def exists(self, pattern: str) -> bool:
        """Whether `pattern`, of one service, matches an action; cheaper than `expand`."""
        folded = pattern.lower()
        if folded in self._expanded:
            return bool(self._expanded[folded])
        prefix, _, name = folded.partition(":")
        service = self.catalog.service(prefix)
        if service is None:
            return False
        if "*" not in name and "?" not in name:
            return name in service.actions
        wanted = glob(name)
        return any(wanted.match(one) for one in service.actions)

    # condition keys

    def key(self, name: str) -> Key | None:
        """The condition key, instances of templates included."""
        folded = name.lower()
        if folded not in self._keys:
            self._keys[folded] = self.catalog.key(name)
        return self._keys[folded]

    def carries(self, action: Action, key: str) -> bool:
        """Whether a request for `action` may carry the condition key."""
        pair = (action.full, key.lower())
        if pair not in self._carried:
            self._carried[pair] = self.catalog.carries(action, None, key)
        return self._carried[pair]

    # ARNs

    def arn_service(self, name: str) -> bool:
        """Whether ARNs may have `name` for their service."""
        return name in self.catalog.services() or name in HOMES

    def formats(self, service: str) -> tuple[tuple[str, ...], ...]:
        """The ARN formats with this service, in their six parts, `*` for every variable of the last."""
        if service not in self._formats:
            found: dict[tuple[str, ...], None] = {}
            for prefix in (service, *HOMES.get(service, ())):
                one = self.catalog.service(prefix)
                for type in one.types.values() if one else ():
                    for arn in type.arns:
                        parts = arn.split(":", 5)
                        if parts[2] == service or parts[2] == "${Vendor}":  # AWS Backup names what it has backed up
                            found[(*parts[:5], _HOLE.sub("*", parts[5]))] = None
            self._formats[service] = tuple(found)
        return self._formats[service]

    def resource_formats(self, pattern: str) -> tuple[tuple[str, ...], ...]:
        """What resources of the actions that match look like: the six parts of their ARNs, `*` for every variable.

        None if they take only `*`.
        """
        folded = pattern.lower()
        if folded not in self._action_formats:
            found: dict[tuple[str, ...], None] = {}
            for action in self.expand(folded):
                service = self.catalog.service(action.service)
                for pair in action.types if service else ():
                    type = service.types.get(pair.name.lower()) if service else None
                    for arn in type.arns if type else ():
                        found[tuple(_HOLE.sub("*", arn).split(":", 5))] = None
            self._action_formats[folded] = tuple(found)
        return self._action_formats[folded]

    def policy_type(self, name: str) -> ResourceType | None:
        """The resource type `s3:bucket`, `AWS::S3::Bucket` or a short noun, if it takes a policy."""
        folded = name.lower()
        if folded.startswith("aws::"):
            folded = ":".join(folded.split("::")[1:])
        folded = self.catalog.nouns().get(folded, folded)
        type = self.catalog.type(folded)
        return type if type and self.catalog.resource_policy(type) else None


class Glob:
    """A glob of IAM for whole strings in the case that they have. Matching takes time linear in the string."""

    __slots__ = ("first", "last", "middle", "least", "exact", "longest")

    def __init__(self, pattern: str) -> None:
        self.first, *rest = pattern.split("*")
        self.exact = not rest
        self.last = rest.pop() if rest else ""
        self.middle = tuple([one for one in rest if one])
        self.least = len(pattern.replace("*", ""))
        self.longest = max(pattern.replace("?", "*").split("*"), key=len)

    def match(self, text: str) -> bool:
        if len(text) < self.least or self.longest not in text or not _at(self.first, text, 0):
            return False
        if self.exact:
            return len(text) == self.least
        end = len(text) - len(self.last)
        if not _at(self.last, text, end):
            return False
        at = len(self.first)
        for part in self.middle:  # the first place that fits leaves most to the rest
            at = _find(part, text, at, end)
            if at < 0:
                return False
            at += len(part)
        return at <= end


def _at(part: str, text: str, at: int) -> bool:
    """Whether `part`, which may have `?`, stands at `at`."""
    return text.startswith(part, at) if "?" not in part else _open(part).match(text, at) is not None


def _find(part: str, text: str, start: int, end: int) -> int:
    """Where `part` first stands from `start` on and before `end`, or -1."""
    if "?" not in part:
        return text.find(part, start, end)
    found = _open(part).search(text, start, end)
    return found.start() if found else -1


@lru_cache(maxsize=1 << 12)
def _open(part: str) -> re.Pattern[str]:
    return re.compile(re.escape(part).replace(r"\?", "."), re.DOTALL)


def meets(pattern: str, format: str) -> bool:
    """Whether some string matches both; taken for granted of patterns with so many wildcards that deciding takes long."""
    return pattern.count("*") + 2 * pattern.count("?") > TANGLED or overlap(pattern, format)


@lru_cache(maxsize=1 << 14)
def glob(pattern: str) -> Glob:
    """A glob, taken apart once."""
    return Glob(pattern)
