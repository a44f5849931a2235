"""The catalog as validation asks it: every answer kept, because documents ask the same things again and again."""

from __future__ import annotations

import re
from functools import lru_cache

from iamdsl.catalog import Action, Catalog, Key, ResourceType

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
_HOLE = re.compile(r"\$\{[^}]*\}")


class Facts:
    """Look-ups in `catalog`; names in any case."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._expanded: dict[str, tuple[Action, ...]] = {}
        self._names: dict[str, str] = {}
        self._keys: dict[str, Key | None] = {}
        self._carried: dict[tuple[str, str], bool] = {}
        self._formats: dict[str, tuple[tuple[str, ...], ...]] = {}
        self._action_formats: dict[str, tuple[str, ...]] = {}

    # actions

    def known_service(self, prefix: str) -> bool:
        return prefix.lower() in self.catalog.services()

    def names(self, service: str) -> str:
        """The lower-case names of the actions of `service`, one a line."""
        if service not in self._names:
            found = self.catalog.service(service)
            self._names[service] = "\n".join(found.actions) if found else ""
        return self._names[service]

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
        found = re.findall(rf"^{glob_source(name, '.')}$", self.names(prefix), re.M)
        return tuple([service.actions[one] for one in found])

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
        return re.search(rf"^{glob_source(name, '.')}$", self.names(prefix), re.M) is not None

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

    def resource_formats(self, action: Action) -> tuple[str, ...]:
        """What a resource of `action` looks like: ARN formats with `*` for every variable; none if it takes only `*`."""
        if action.full not in self._action_formats:
            found: dict[str, None] = {}
            service = self.catalog.service(action.service)
            for pair in action.types if service else ():
                type = service.types.get(pair.name.lower()) if service else None
                for arn in type.arns if type else ():
                    found[_HOLE.sub("*", arn)] = None
            self._action_formats[action.full] = tuple(found)
        return self._action_formats[action.full]

    def policy_type(self, name: str) -> ResourceType | None:
        """The resource type `s3:bucket`, `AWS::S3::Bucket` or a short noun, if it takes a policy."""
        folded = name.lower()
        if folded.startswith("aws::"):
            folded = ":".join(folded.split("::")[1:])
        folded = self.catalog.nouns().get(folded, folded)
        type = self.catalog.type(folded)
        return type if type and self.catalog.resource_policy(type) else None


@lru_cache(maxsize=1 << 14)
def glob_source(pattern: str, any: str = r"[\s\S]") -> str:
    """A regular expression for a glob of IAM."""
    return re.escape(pattern).replace(r"\*", f"{any}*").replace(r"\?", any)


@lru_cache(maxsize=1 << 14)
def glob(pattern: str) -> re.Pattern[str]:
    """A glob of IAM, compiled, for whole strings in the case that they have."""
    return re.compile(glob_source(pattern) + r"\Z")
