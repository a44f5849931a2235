"""The findings that IAM Access Analyzer's policy validation has, by their own names.

Source: IAM user guide, "Access Analyzer policy check reference". `rule.aws_code` is AWS's issue code, `rule.category` its
kind of finding. IAM801 to IAM953, appended, never reused; `explain/CODE.md` is the page of each.
"""

from __future__ import annotations

from iamdsl.diagnostics import Rule, Rules

RULES = Rules()


def _rule(number: int, slug: str, severity: str, message: str, category: str) -> Rule:
    return RULES.declare(f"IAM{number}", slug, severity, message, slug.upper().replace("-", "_"), category)


def _error(number: int, slug: str, message: str) -> Rule:
    return _rule(number, slug, "error", message, "ERROR")


def _warning(number: int, slug: str, message: str) -> Rule:
    return _rule(number, slug, "warning", message, "WARNING")


def _security(number: int, slug: str, message: str) -> Rule:
    return _rule(number, slug, "warning", message, "SECURITY_WARNING")


def _suggestion(number: int, slug: str, message: str) -> Rule:
    return _rule(number, slug, "suggestion", message, "SUGGESTION")


# errors
ARN_ACCOUNT_NOT_ALLOWED = _error(801, "arn-account-not-allowed", "an ARN of {service} has no account")
ARN_REGION_NOT_ALLOWED = _error(802, "arn-region-not-allowed", "an ARN of {service} has no region")
DATA_TYPE_MISMATCH = _error(803, "data-type-mismatch", "{what} is {given}, not {wanted}")
DUPLICATE_KEYS_WITH_DIFFERENT_CASE = _error(
    804, "duplicate-keys-with-different-case", "condition key `{key}` is here already as `{other}`"
)
INVALID_ACTION = _error(805, "invalid-action", "action `{action}` does not exist")
INVALID_ARN_ACCOUNT = _error(806, "invalid-arn-account", "`{account}` is not an account id")
INVALID_ARN_PREFIX = _error(807, "invalid-arn-prefix", "`{arn}` does not begin with `arn:`")
INVALID_ARN_REGION = _error(808, "invalid-arn-region", "`{region}` is not a region of {service}")
INVALID_ARN_RESOURCE = _error(809, "invalid-arn-resource", "`{resource}` is no resource of {service}")
INVALID_ARN_SERVICE_CASE = _error(810, "invalid-arn-service-case", "`{service}` is written in lower case in an ARN")
INVALID_CONDITION_DATA_TYPE = _error(811, "invalid-condition-data-type", "the values of `{key}` mix {kinds}")
INVALID_CONDITION_KEY_FORMAT = _error(812, "invalid-condition-key-format", "`{key}` is not of the form `service:name`")
INVALID_CONDITION_MULTIPLE_BOOLEAN = _error(
    813, "invalid-condition-multiple-boolean", "`{key}` is compared with {count} values, and has one of two"
)
INVALID_CONDITION_OPERATOR = _error(814, "invalid-condition-operator", "condition operator `{operator}` does not exist")
INVALID_EFFECT = _error(815, "invalid-effect", "effect `{effect}` does not exist")
INVALID_GLOBAL_CONDITION_KEY = _error(
    816, "invalid-global-condition-key", "global condition key `{key}` does not exist"
)
INVALID_PARTITION = _error(817, "invalid-partition", "{what} is not in partition `{partition}`")
INVALID_POLICY_ELEMENT = _error(818, "invalid-policy-element", "{where} has no element `{element}`")
INVALID_PRINCIPAL_FORMAT = _error(819, "invalid-principal-format", "{what} is no principal")
INVALID_PRINCIPAL_KEY = _error(820, "invalid-principal-key", "`{key}` is no kind of principal")
INVALID_REGION = _error(821, "invalid-region", "region `{region}` does not exist")
INVALID_SERVICE = _error(822, "invalid-service", "service `{service}` does not exist")
INVALID_SERVICE_CONDITION_KEY = _error(823, "invalid-service-condition-key", "{service} has no condition key `{key}`")
INVALID_SERVICE_IN_ACTION = _error(824, "invalid-service-in-action", "service `{service}` does not exist")
INVALID_VARIABLE_FOR_OPERATOR = _error(825, "invalid-variable-for-operator", "`{operator}` takes no policy variable")
INVALID_VERSION = _error(826, "invalid-version", "version `{version}` of the policy language does not exist")
JSON_SYNTAX_ERROR = _error(827, "json-syntax-error", "{what}")
MISSING_ACTION = _error(828, "missing-action", "this statement has no `Action`")
MISSING_ARN_FIELD = _error(829, "missing-arn-field", "the ARN `{arn}` has {given} of its 6 parts")
MISSING_ARN_REGION = _error(830, "missing-arn-region", "the ARN of {what} needs a region")
MISSING_EFFECT = _error(831, "missing-effect", "this statement has no `Effect`")
MISSING_PRINCIPAL = _error(832, "missing-principal", "this statement has no `Principal`")
MISSING_QUALIFIER = _error(
    833, "missing-qualifier", "`{key}` has several values in a request: `{operator}` does not say how many must match"
)
MISSING_RESOURCE = _error(834, "missing-resource", "this statement has no `Resource`")
MISSING_STATEMENT = _error(835, "missing-statement", "this policy has no statement")
NULL_WITH_IF_EXISTS = _error(836, "null-with-if-exists", "`Null` takes no `IfExists`")
SCP_SYNTAX_ERROR_ACTION_WILDCARD = _error(
    837, "scp-syntax-error-action-wildcard", "`{action}`: a wildcard stands only at the end of an action in an SCP"
)
SCP_SYNTAX_ERROR_PRINCIPAL = _error(838, "scp-syntax-error-principal", "an SCP has no `{element}`")
UNIQUE_SIDS_REQUIRED = _error(839, "unique-sids-required", "`Sid` `{sid}` is taken")
UNSUPPORTED_ACTION_IN_POLICY = _error(
    840, "unsupported-action-in-policy", "the policy of a {type} cannot say `{action}`"
)
UNSUPPORTED_ELEMENT_COMBINATION = _error(
    841, "unsupported-element-combination", "`{one}` and `{other}` stand in one statement"
)
UNSUPPORTED_GLOBAL_CONDITION_KEY = _error(
    842, "unsupported-global-condition-key", "condition key `{key}` is not supported"
)
UNSUPPORTED_PRINCIPAL = _error(843, "unsupported-principal", "{kind} has no `{element}`")
UNSUPPORTED_RESOURCE_ARN_IN_POLICY = _error(
    844, "unsupported-resource-arn-in-policy", "the policy of a {type} cannot speak of `{arn}`"
)
UNSUPPORTED_SID = _error(845, "unsupported-sid", "`{character}` cannot stand in a `Sid` here")
UNSUPPORTED_WILDCARD_IN_PRINCIPAL = _error(
    846, "unsupported-wildcard-in-principal", "a wildcard in principal `{principal}`"
)
MISSING_BRACE_IN_VARIABLE = _error(847, "missing-brace-in-variable", "the policy variable `{variable}` is not closed")
MISSING_QUOTE_IN_VARIABLE = _error(
    848, "missing-quote-in-variable", "the default of `{variable}` is not in single quotes"
)
UNSUPPORTED_SPACE_IN_VARIABLE = _error(
    849, "unsupported-space-in-variable", "a space in the name of the policy variable `{variable}`"
)
EMPTY_VARIABLE = _error(850, "empty-variable", "a policy variable without a name")
VARIABLE_UNSUPPORTED_IN_ELEMENT = _error(851, "variable-unsupported-in-element", "`{element}` takes no policy variable")
VARIABLE_UNSUPPORTED_IN_VERSION = _error(
    852, "variable-unsupported-in-version", "`{variable}` is plain text in this version of the policy language"
)
PRIVATE_IP_ADDRESS = _error(
    853, "private-ip-address", "`aws:SourceIp` is never in {ranges}: this condition never holds"
)
PRIVATE_NOT_IP_ADDRESS = _error(
    854, "private-not-ip-address", "`aws:SourceIp` is never in {ranges}: this condition always holds"
)
POLICY_SIZE_EXCEEDS_SCP_QUOTA = _error(
    855, "policy-size-exceeds-scp-quota", "this SCP has {size} characters, {over} more than the {limit} that AWS allows"
)
INVALID_SERVICE_PRINCIPAL_FORMAT = _error(
    856, "invalid-service-principal-format", "`{principal}` is not the name of a service"
)
MISSING_TAG_KEY_IN_CONDITION = _error(857, "missing-tag-key-in-condition", "`{key}` does not say which tag")
INVALID_VPC_FORMAT = _error(858, "invalid-vpc-format", "`{value}` is not the id of a VPC")
INVALID_VPCE_FORMAT = _error(859, "invalid-vpce-format", "`{value}` is not the id of a VPC endpoint")
FEDERATED_PRINCIPAL_NOT_SUPPORTED = _error(
    860, "federated-principal-not-supported", "{kind} takes no federated principal"
)
UNSUPPORTED_ACTION_FOR_CONDITION_KEY = _error(
    861, "unsupported-action-for-condition-key", "no request for {actions} carries `{key}`"
)
UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL = _error(
    862, "unsupported-condition-key-for-service-principal", "no request of {service} carries {keys}"
)
ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL = _error(
    863, "role-trust-policy-syntax-error-notprincipal", "a trust policy has no `NotPrincipal`"
)
ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL = _error(
    864, "role-trust-policy-unsupported-wildcard-in-principal", "a trust policy for everyone"
)
ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE = _error(
    865, "role-trust-policy-syntax-error-resource", "a trust policy has no `{element}`"
)
TYPE_MISMATCH_IP_RANGE = _error(866, "type-mismatch-ip-range", "`{value}` is not an IP range")
MISSING_ACTION_FOR_CONDITION_KEY = _error(
    867, "missing-action-for-condition-key", "`{key}` says nothing without {action}"
)
INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY = _error(
    868, "invalid-federated-principal-syntax-in-role-trust-policy", "`{principal}` is no identity provider"
)
MISMATCHED_ACTION_FOR_PRINCIPAL = _error(869, "mismatched-action-for-principal", "{what} cannot call {action}")
MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY = _error(
    870, "missing-action-for-roles-anywhere-trust-policy", "this trust of IAM Roles Anywhere lacks {actions}"
)
POLICY_SIZE_EXCEEDS_RCP_QUOTA = _error(
    871, "policy-size-exceeds-rcp-quota", "this RCP has {size} characters, {over} more than the {limit} that AWS allows"
)
RCP_SYNTAX_ERROR_PRINCIPAL = _error(872, "rcp-syntax-error-principal", "the principal of an RCP is `*`")
RCP_SYNTAX_ERROR_ALLOW = _error(873, "rcp-syntax-error-allow", "an RCP allows nothing")
RCP_SYNTAX_ERROR_NOTACTION = _error(874, "rcp-syntax-error-notaction", "an RCP has no `NotAction`")
RCP_SYNTAX_ERROR_ACTION = _error(875, "rcp-syntax-error-action", "an RCP cannot say `{action}`")
MISSING_ARN_ACCOUNT = _error(876, "missing-arn-account", "the ARN of {what} needs an account")
INVALID_KMS_KEY_VALUE = _error(877, "invalid-kms-key-value", "`{value}` is not the ARN of a KMS key")
VARIABLE_USAGE_TOO_PERMISSIVE = _error(
    878, "variable-usage-too-permissive", "`{variable}` lets its holder choose what `{key}` must be"
)
WILDCARD_USAGE_TOO_PERMISSIVE = _error(
    879, "wildcard-usage-too-permissive", "the wildcard of `{value}` leaves `{key}` too open"
)

# general warnings
CREATE_SLR_WITH_NOT_RESOURCE = _warning(
    880, "create-slr-with-not-resource", "`iam:CreateServiceLinkedRole` on all but a few resources"
)
CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE = _warning(
    881,
    "create-slr-with-star-in-action-and-not-resource",
    "`{action}` with `NotResource` includes `iam:CreateServiceLinkedRole`",
)
CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE = _warning(
    882,
    "create-slr-with-not-action-and-not-resource",
    "`NotAction` with `NotResource` includes `iam:CreateServiceLinkedRole`",
)
CREATE_SLR_WITH_STAR_IN_RESOURCE = _warning(
    883, "create-slr-with-star-in-resource", "`iam:CreateServiceLinkedRole` on `{resource}`"
)
CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE = _warning(
    884,
    "create-slr-with-star-in-action-and-resource",
    "`{action}` on `{resource}` includes `iam:CreateServiceLinkedRole`",
)
CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION = _warning(
    885,
    "create-slr-with-star-in-resource-and-not-action",
    "`NotAction` on `{resource}` includes `iam:CreateServiceLinkedRole`",
)
DEPRECATED_GLOBAL_CONDITION_KEY = _warning(
    886, "deprecated-global-condition-key", "condition key `{key}` is an old one"
)
INVALID_DATE_VALUE = _warning(887, "invalid-date-value", "`{value}` is not a date as AWS writes it")
INVALID_ROLE_REFERENCE = _warning(888, "invalid-role-reference", "`{id}` is the id of a role")
INVALID_USER_REFERENCE = _warning(889, "invalid-user-reference", "`{id}` is the id of a user")
MISSING_VERSION = _warning(890, "missing-version", "this policy has no `Version`")
UNIQUE_SIDS_RECOMMENDED = _warning(891, "unique-sids-recommended", "`Sid` `{sid}` is taken")
WILDCARD_WITHOUT_LIKE_OPERATOR = _warning(
    892, "wildcard-without-like-operator", "`{operator}` takes the wildcard in `{value}` literally"
)
POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA = _warning(
    893,
    "policy-size-exceeds-identity-policy-quota",
    "this policy has {size} characters, {over} more than the {limit} of {what}",
)
POLICY_SIZE_EXCEEDS_RESOURCE_POLICY_QUOTA = _warning(
    894,
    "policy-size-exceeds-resource-policy-quota",
    "this policy has {size} {unit}, {over} more than the {limit} of {what}",
)
TYPE_MISMATCH = _warning(895, "type-mismatch", "`{key}` is {type}: `{operator}` does not fit")
TYPE_MISMATCH_BOOLEAN = _warning(896, "type-mismatch-boolean", "`{value}` is neither `true` nor `false`")
TYPE_MISMATCH_DATE = _warning(897, "type-mismatch-date", "`{value}` is not a date")
TYPE_MISMATCH_NUMBER = _warning(898, "type-mismatch-number", "`{value}` is not a number")
TYPE_MISMATCH_STRING = _warning(899, "type-mismatch-string", "`{value}` is not base64")
SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED = _warning(
    900, "specific-github-repo-and-branch-recommended", "`{value}` lets in more than one repository and branch"
)
POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA = _warning(
    901,
    "policy-size-exceeds-role-trust-policy-quota",
    "this trust policy has {size} characters, {over} more than the {limit} that an account begins with",
)
RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEY = _warning(
    902, "rcp-missing-related-principal-condition-key", "`{key}` also denies the services of AWS"
)
RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEY = _warning(
    903, "rcp-missing-related-service-principal-condition-key", "`{key}` also denies callers that are no service"
)
RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK = _warning(
    904, "rcp-missing-service-condition-key-null-check", "`{key}` also denies services that act without a source"
)
USE_CONDITION_KEY_ONLY_WITH_SUPPORTED_SERVICES = _warning(
    905, "use-condition-key-only-with-supported-services", "only some services send `{key}`"
)

# security warnings
UNTRUSTWORTHY_CONDITION_KEY = _security(906, "untrustworthy-condition-key", "the caller chooses the value of `{key}`")
ALLOW_WITH_NOT_PRINCIPAL = _security(
    907, "allow-with-not-principal", "`NotPrincipal` allows everyone but those it names"
)
FORALLVALUES_WITH_SINGLE_VALUED_KEY = _security(
    908,
    "forallvalues-with-single-valued-key",
    "`ForAllValues` on `{key}`, which has one value, holds where the key is absent",
)
PASS_ROLE_WITH_NOT_RESOURCE = _security(909, "pass-role-with-not-resource", "`iam:PassRole` for all but a few roles")
PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE = _security(
    910, "pass-role-with-star-in-action-and-not-resource", "`{action}` with `NotResource` includes `iam:PassRole`"
)
PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE = _security(
    911, "pass-role-with-not-action-and-not-resource", "`NotAction` with `NotResource` includes `iam:PassRole`"
)
PASS_ROLE_WITH_STAR_IN_RESOURCE = _security(
    912, "pass-role-with-star-in-resource", "`iam:PassRole` for `{resource}` and any service"
)
PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE = _security(
    913, "pass-role-with-star-in-action-and-resource", "`{action}` on `{resource}` includes `iam:PassRole`"
)
PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION = _security(
    914, "pass-role-with-star-in-resource-and-not-action", "`NotAction` on `{resource}` includes `iam:PassRole`"
)
MISSING_PAIRED_CONDITION_KEYS = _security(915, "missing-paired-condition-keys", "`{key}` is safe only beside {others}")
DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE = _security(
    916,
    "deny-with-unsupported-tag-condition-key-for-service",
    "{actions} {escape} this `Deny`: no request for {them} carries `{key}`",
)
DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE = _security(
    917,
    "deny-notaction-with-unsupported-tag-condition-key-for-service",
    "actions that do not carry `{key}` escape this `Deny`",
)
RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL = _security(
    918, "restrict-access-to-service-principal", "{service} may act here for anybody"
)
MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL = _security(
    919, "missing-condition-key-for-oidc-principal", "anybody with an account at `{provider}` may assume this role"
)
MISSING_GITHUB_REPO_CONDITION_KEY = _security(
    920, "missing-github-repo-condition-key", "a workflow of any GitHub repository may assume this role"
)
STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS = _security(
    921,
    "string-like-operator-with-arn-condition-keys",
    "`{operator}` compares the ARN `{value}` as plain text",
)
DYNAMODB_ATTRIBUTES_WITHOUT_SELECT = _security(
    922,
    "dynamodb-attributes-without-select",
    "`dynamodb:Attributes` without `dynamodb:Select`: a request for all attributes names none",
)
S3_PREFIX_IN_NEGATIVE_CONTEXT = _security(
    923, "s3-prefix-in-negative-context", "a shorter prefix, or none, evades this test of `s3:prefix`"
)
FORANYVALUE_WITH_AUDIENCE_CLAIM_TYPE = _security(
    924, "foranyvalue-with-audience-claim-type", "`ForAnyValue` on the audience `{key}`"
)

# suggestions
EMPTY_ARRAY_ACTION = _suggestion(925, "empty-array-action", "an empty `{element}`")
EMPTY_ARRAY_CONDITION = _suggestion(926, "empty-array-condition", "no value for condition key `{key}`")
EMPTY_ARRAY_CONDITION_FORALLVALUES = _suggestion(
    927,
    "empty-array-condition-forallvalues",
    "no value for `{key}` under `ForAllValues`: holds where the key is absent",
)
EMPTY_ARRAY_CONDITION_FORANYVALUE = _suggestion(
    928, "empty-array-condition-foranyvalue", "no value for `{key}` under `ForAnyValue`: never holds"
)
EMPTY_ARRAY_CONDITION_IFEXISTS = _suggestion(
    929, "empty-array-condition-ifexists", "no value for `{key}` under `IfExists`: holds where the key is absent"
)
EMPTY_ARRAY_PRINCIPAL = _suggestion(930, "empty-array-principal", "no value for principal `{key}`")
EMPTY_ARRAY_RESOURCE = _suggestion(931, "empty-array-resource", "an empty `{element}`")
EMPTY_OBJECT_CONDITION = _suggestion(932, "empty-object-condition", "an empty `{element}`")
EMPTY_OBJECT_PRINCIPAL = _suggestion(933, "empty-object-principal", "an empty `{element}`")
EMPTY_SID_VALUE = _suggestion(934, "empty-sid-value", "an empty `Sid`")
EQUIVALENT_TO_NULL_FALSE = _suggestion(935, "equivalent-to-null-false", "this only tests whether a request has `{key}`")
EQUIVALENT_TO_NULL_TRUE = _suggestion(936, "equivalent-to-null-true", "this only tests whether a request lacks `{key}`")
IMPROVE_IP_RANGE = _suggestion(937, "improve-ip-range", "`{value}` has bits beyond its mask, which AWS ignores")
NULL_WITH_QUALIFIER = _suggestion(938, "null-with-qualifier", "`{operator}` always {does}")
PRIVATE_IP_ADDRESS_SUBSET = _suggestion(939, "private-ip-address-subset", "`aws:SourceIp` is never in {ranges}")
PRIVATE_NOT_IP_ADDRESS_SUBSET = _suggestion(940, "private-not-ip-address-subset", "`aws:SourceIp` is never in {ranges}")
REDUNDANT_ACTION = _suggestion(941, "redundant-action", "`{action}` is within `{other}`")
REDUNDANT_CONDITION_VALUE_NUM = _suggestion(
    942, "redundant-condition-value-num", "`{value}` says nothing beside `{other}`"
)
REDUNDANT_RESOURCE = _suggestion(943, "redundant-resource", "`{resource}` is within `{other}`")
REDUNDANT_STATEMENT = _suggestion(944, "redundant-statement", "this statement says what another says")
WILDCARD_IN_SERVICE_NAME = _suggestion(945, "wildcard-in-service-name", "a wildcard in the service of `{arn}`")
ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE = _suggestion(
    946,
    "allow-with-unsupported-tag-condition-key-for-service",
    "{actions} {stay} out: no request for {them} carries `{key}`",
)
ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE = _suggestion(
    947, "allow-notaction-with-unsupported-tag-condition-key-for-service", "actions that do not carry `{key}` stay out"
)
RECOMMENDED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL = _suggestion(
    948, "recommended-condition-key-for-service-principal", "`{key}` does not say for whom {service} acts"
)
IRRELEVANT_CONDITION_KEY_IN_POLICY = _suggestion(
    949, "irrelevant-condition-key-in-policy", "`{key}` says nothing in the policy of a {type}"
)
REDUNDANT_KEY_DUE_TO_WILDCARD_IN_CONDITION = _suggestion(
    950, "redundant-key-due-to-wildcard-in-condition", "`{key}` is always like `{value}`"
)
REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY = _suggestion(
    951, "redundant-principal-in-role-trust-policy", "the role of `{principal}` is named too"
)
REDUNDANT_STATEMENT_DUE_TO_WILDCARD_IN_CONDITION = _suggestion(
    952,
    "redundant-statement-due-to-wildcard-in-condition",
    "`{key}` is never unlike `{value}`: this statement never applies",
)
CONFIRM_AUDIENCE_CLAIM_TYPE = _suggestion(953, "confirm-audience-claim-type", "a set operator on the audience `{key}`")
