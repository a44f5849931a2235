"""Every finding this compiler can make.

Codes are permanent: appended, never reused. 1xx reading and syntax, 2xx names, 3xx verbs, actions and resources, 4xx
conditions, 5xx principals and trust, 6xx documents, 7xx questions about access. `explain/CODE.md` is the page of each.
"""

from __future__ import annotations

from iamdsl.diagnostics import Rules

RULES = Rules()
_rule = RULES.declare

# reading and syntax
UNREADABLE = _rule("IAM101", "unreadable-file", "error", "cannot read `{path}`: {why}")
NOT_UTF8 = _rule("IAM102", "not-utf-8", "error", "byte 0x{byte:02x} is not UTF-8")
UNEXPECTED_CHARACTER = _rule("IAM103", "unexpected-character", "error", "unexpected character {what}")
UNCLOSED_STRING = _rule("IAM104", "unclosed-string", "error", "this string is not closed")
UNCLOSED_BRACKET = _rule("IAM105", "unclosed-bracket", "error", "`{mark}` is not closed")
NESTING_TOO_DEEP = _rule("IAM106", "nesting-too-deep", "error", "brackets are nested more than {limit} deep")
MIXED_INDENTATION = _rule("IAM107", "mixed-indentation", "error", "tabs and spaces make the indentation ambiguous")
SYNTAX = _rule("IAM108", "syntax", "error", "{what}")
TOO_MANY = _rule("IAM109", "too-many-errors", "error", "more than {limit} broken sentences: giving up on this file")
TOO_LARGE = _rule("IAM110", "file-too-large", "error", "`{path}` has {size} bytes, more than {limit}")
EMPTY_PROGRAM = _rule("IAM111", "empty-program", "error", "the program grants nothing")
NOT_TOML = _rule("IAM113", "not-toml", "error", "this is not TOML: {why}")
UNKNOWN_SETTING = _rule("IAM114", "unknown-setting", "error", "unknown {kind} `{name}`")
BAD_SETTING = _rule("IAM115", "bad-setting", "error", "`{name}` has to be {what}")
FIXED_LEVEL = _rule("IAM116", "fixed-level", "error", "{code} ({slug}) is an error, and cannot be less")
LONG_WORD = _rule("IAM117", "long-word", "error", "this word has {count} characters, more than {limit}")

# names
UNKNOWN_PARAM = _rule("IAM201", "unknown-param", "error", "unknown parameter `{name}`")
UNSET_PARAM = _rule("IAM202", "unset-param", "error", "parameter `{name}` has no value")
UNUSED_SETTING = _rule("IAM203", "unused-setting", "error", "`--set {name}` sets a parameter that the program lacks")
DUPLICATE_NAME = _rule("IAM204", "duplicate-name", "error", "{kind} `{name}` is declared twice")
DUPLICATE_SETTING = _rule("IAM205", "duplicate-setting", "error", "{kind} is set twice")
UNKNOWN_ACCOUNT = _rule("IAM206", "unknown-account", "error", "unknown account `{name}`")
BAD_ACCOUNT = _rule("IAM207", "bad-account-id", "error", "`{value}` is not an account id")
UNKNOWN_REGION = _rule("IAM208", "unknown-region", "error", "unknown region `{name}`")
UNKNOWN_PARTITION = _rule("IAM209", "unknown-partition", "error", "unknown partition `{name}`")
BAD_NAME = _rule("IAM210", "bad-name", "error", "`{name}` cannot be the name of a {kind}")
NO_SENTENCE = _rule("IAM211", "not-a-sentence", "error", "this says nothing that can be compiled")
BAD_DECLARATION = _rule("IAM212", "bad-declaration", "error", "this declaration {what}")
UNKNOWN_PRINCIPAL = _rule("IAM213", "unknown-principal", "error", "unknown {kind} `{name}`")
AMBIGUOUS_NAME = _rule("IAM214", "ambiguous-name", "error", "`{name}` is the name of {what}")
UNDECLARED_SUBJECT = _rule(
    "IAM215",
    "undeclared-subject",
    "note",
    "`{name}` is not declared: the grant becomes the managed policy `{name}`, to attach to whom you like",
)
SIMILAR_NAME = _rule(
    "IAM216", "similar-name", "warning", "{kind} `{name}` is not declared and much like `{close}`, which is"
)
NO_PRINCIPALS = _rule("IAM217", "no-principals", "error", "no {kind} is declared")
EMPTY_GROUP = _rule(
    "IAM218", "empty-group", "error", "group `{name}` has no members: nobody could assume role `{role}`"
)
MISSING_IMPORT = _rule("IAM220", "missing-import", "error", "there is no `{path}` to import")
IMPORT_CYCLE = _rule("IAM221", "import-cycle", "error", "files import each other in a circle: {chain}")
MISPLACED = _rule("IAM222", "misplaced-sentence", "error", "this sentence cannot stand in {where}")
SHADOWED_NAME = _rule("IAM223", "shadowed-name", "error", "the name `{name}` is taken")
UNKNOWN_POLICY = _rule("IAM224", "unknown-policy", "error", "unknown policy `{name}`")
WRONG_ARGUMENTS = _rule("IAM225", "wrong-arguments", "error", "policy `{name}` takes {count}, not {given}")
EMPTY_BLOCK = _rule("IAM226", "empty-block", "error", "there is no sentence in {what}")
UNUSED_POLICY = _rule("IAM227", "unused-policy", "warning", "nobody uses policy `{name}`")
SAME_FOR_EACH = _rule("IAM228", "same-for-each", "warning", "this sentence is the same for each `{name}`")
REPEATED_VALUE = _rule("IAM229", "repeated-value", "warning", "`{value}` is in this list twice")
TOO_MANY_SENTENCES = _rule(
    "IAM230",
    "too-many-sentences",
    "error",
    "the loops and policies of this program stand for more than {limit} sentences",
)
UNUSED_PARAMETER = _rule("IAM231", "unused-parameter", "warning", "nothing in this policy depends on `{name}`")
UNFORESEEN_SETTING = _rule("IAM232", "unforeseen-setting", "error", "the value that `--set` gives `{name}` {why}")
PARAM_CYCLE = _rule("IAM233", "param-cycle", "error", "the value of `{name}` needs itself: {chain}")
VALUE_TOO_LONG = _rule("IAM234", "value-too-long", "error", "this stands for more than {limit} characters")
NOT_A_HOLDER = _rule("IAM235", "not-a-holder", "error", "no managed policy can be attached to {what}")
TOO_MANY_ATTACHED = _rule(
    "IAM236",
    "too-many-attached",
    "error",
    "{owner} has {count} managed policies, {over} more than the {limit} that AWS attaches to one",
)
UNKNOWN_AWS_POLICY = _rule("IAM237", "unknown-aws-policy", "error", "AWS has no managed policy `{name}`")
SERVICE_LINKED_POLICY = _rule(
    "IAM238", "service-linked-policy", "error", "`{name}` is for a service-linked role: AWS attaches it to no other"
)
ONLY_IN_MANIFEST = _rule(
    "IAM239",
    "only-in-manifest",
    "note",
    "to whom policies are attached is said in the manifest, which is not written here",
)

# verbs, actions and resources
UNKNOWN_ACTION = _rule("IAM301", "unknown-action", "error", "unknown action `{name}`")
UNKNOWN_SERVICE = _rule("IAM302", "unknown-service", "error", "unknown service `{name}`")
UNKNOWN_NOUN = _rule("IAM303", "unknown-noun", "error", "unknown resource type `{name}`")
UNKNOWN_VERB = _rule("IAM304", "unknown-verb", "error", "unknown verb `{name}`")
VERB_MISFIT = _rule("IAM305", "verb-does-not-fit", "error", "cannot `{verb}` a {noun}")
ACTION_MISFIT = _rule("IAM306", "action-does-not-fit", "error", "{action} does not act on a {noun}")
NO_RESOURCE = _rule("IAM307", "no-resource", "error", "`{verb}` needs a resource")
NO_VERB = _rule("IAM308", "no-verb", "error", "no verb says what can be done with `{thing}`")
AMBIGUOUS_WORD = _rule("IAM309", "ambiguous-word", "error", "`{word}` is a verb and could be a name here")
EXTRA_WORDS = _rule("IAM310", "extra-words", "error", "unexpected `{word}` after `{before}`")
NO_NAME = _rule("IAM311", "no-name", "error", "this {noun} has no name")
MISSING_REGION = _rule("IAM312", "missing-region", "error", "the ARN of {noun} `{name}` needs a region")
MISSING_ACCOUNT = _rule("IAM313", "missing-account", "error", "the ARN of {noun} `{name}` needs an account")
BAD_ARN = _rule("IAM314", "bad-arn", "error", "`{arn}` is not the ARN of {what}")
NO_PATH = _rule("IAM315", "no-path", "error", "a {noun} has no paths: `{name}`")
BAD_PARTS = _rule(
    "IAM316", "bad-resource-name", "error", "the name of a {noun} has {count} parts, `{name}` has {given}"
)
DROPPED_BY_PATH = _rule(
    "IAM317",
    "dropped-by-path",
    "note",
    "{actions} on the bucket itself cannot be limited to `{path}` and {are} left out",
)
LEVEL_VERB = _rule(
    "IAM318",
    "verb-by-level",
    "note",
    "`{verb}` of a {noun} is not in the library: {count} by AWS's access level ({level})",
)
LEVEL_DENY = _rule(
    "IAM319",
    "deny-by-level",
    "warning",
    "`cannot {verb}` goes by AWS's access levels: actions that AWS adds later escape it",
)
SERVICES_NEEDED = _rule("IAM320", "services-needed", "error", "`{verb} everything` spans all services")
EXCEPT_MISFIT = _rule("IAM321", "except-does-not-fit", "error", "`except` takes nothing away here: {what}")
BAD_EXCEPT = _rule("IAM322", "inexpressible-except", "error", "AWS cannot express this exception: {what}")
DUPLICATE_VERB = _rule("IAM323", "duplicate-verb", "error", "verb `{verb}` on {noun} is defined already")
BAD_VERB = _rule("IAM324", "bad-verb", "error", "this line of a verb {what}")
NOTHING_LEFT = _rule("IAM325", "nothing-left", "error", "this sentence grants nothing: {why}")
NEEDS_ROLE = _rule("IAM326", "needs-role", "note", "`{verb}` hands a role over: without `as role NAME` it passes none")
NO_ROLE_TAKEN = _rule("IAM327", "takes-no-role", "error", "`{verb}` takes no role")
UNKNOWN_KEY_RESOURCE = _rule("IAM328", "unknown-encryption-key", "error", "unknown key `{name}`")
REDUNDANT_UNKNOWN = _rule(
    "IAM329", "known-action", "warning", "action `{name}` is in the catalog: no need to declare it"
)

# conditions
UNKNOWN_KEY = _rule("IAM401", "unknown-condition-key", "error", "unknown condition key `{name}`")
BAD_VALUE = _rule("IAM402", "bad-value", "error", "`{value}` is not {what}")
WILDCARD_EQUALS = _rule(
    "IAM403", "wildcard-under-equals", "error", "`{value}` has a wildcard, which `{relation}` takes literally"
)
KEY_NOT_CARRIED = _rule("IAM404", "key-not-carried", "error", "no request for {actions} carries `{key}`")
KEY_DROPS = _rule(
    "IAM405", "key-drops-actions", "warning", "no request for {actions} carries `{key}`: left out of this grant"
)
INEXPRESSIBLE = _rule("IAM406", "inexpressible-condition", "error", "AWS cannot express this condition: {why}")
TOO_MANY_STATEMENTS = _rule(
    "IAM407", "too-many-statements", "error", "this condition needs more than {limit} statements"
)
NEVER_TRUE = _rule("IAM408", "never-true", "error", "this condition is never true")
PRIVATE_RANGE = _rule("IAM409", "private-range", "error", "`{value}` is a private range: aws:SourceIp never lies in it")
NEEDS_QUANTIFIER = _rule("IAM410", "needs-quantifier", "error", "`{name}` can have several values")
NEEDLESS_QUANTIFIER = _rule(
    "IAM411", "needless-quantifier", "error", "`{name}` has one value: `{quantifier}` does not apply"
)
BAD_RELATION = _rule(
    "IAM412", "relation-does-not-fit", "error", "`{relation}` does not apply to `{name}`, a key of type {type}"
)
PAST_DATE = _rule("IAM413", "past-date", "warning", "`{date}` is past: this sentence has no effect any more")
BUCKET_TAGS = _rule(
    "IAM414",
    "bucket-tags",
    "note",
    "tags of a bucket count only after attribute-based access control is enabled for it",
)
BAD_CLAUSE = _rule("IAM415", "clause-does-not-fit", "error", "`{clause}` does not belong here: {why}")
ALWAYS_TRUE = _rule("IAM416", "always-true", "warning", "this condition is always true")

# principals and trust
NO_TRUST = _rule("IAM501", "no-trust", "error", "nobody may assume role `{name}`")
MFA_ON_ROLE = _rule(
    "IAM502",
    "mfa-on-role",
    "warning",
    "credentials of {kind} `{name}` carry no MFA information: this test never passes",
)
MFA_ON_SERVICE_ROLE = _rule(
    "IAM503", "mfa-on-service-role", "error", "role `{name}` is assumed without MFA only: this test never passes"
)
UNKNOWN_PRINCIPAL_SERVICE = _rule(
    "IAM504", "unknown-service-principal", "error", "no service principal is known for `{name}`"
)
CONFUSED_DEPUTY = _rule(
    "IAM505", "confused-deputy", "error", "service {name} could be made to use {what} for another account"
)
NO_HOME = _rule("IAM506", "no-home-account", "error", "{what} needs an account")
CANCELLED = _rule("IAM507", "cancelled-grant", "error", "this grant never takes effect: a `cannot` denies all of it")
COVERED = _rule("IAM508", "covered-grant", "note", "another sentence says all of this already")
UNATTACHED_DENY = _rule(
    "IAM509", "unattached-deny", "error", "`{name}` is not declared: this `cannot` would attach to nobody"
)
SELF_TRUST = _rule("IAM510", "self-trust", "error", "role `{name}` can be assumed by itself only")
NO_EXTERNAL_ID = _rule(
    "IAM520", "no-external-id", "warning", "account `{name}`, which is not ours, is trusted without an external id"
)
SESSION_LENGTH = _rule("IAM521", "session-length", "error", "a session cannot last `{value}`")
CHAINED_SESSION = _rule(
    "IAM522", "chained-session", "error", "only roles assume role `{name}`, and AWS ends such a session after 1 hour"
)
UNKNOWN_BOUNDARY = _rule("IAM523", "unknown-boundary", "error", "unknown boundary `{name}`")
BAD_IDENTITY = _rule("IAM524", "bad-identity", "error", "`{value}` is not {what}")
WIDE_TRUST = _rule("IAM525", "wide-trust", "warning", "{who} may assume role `{role}`")
GITHUB_IDS = _rule(
    "IAM526",
    "github-ids",
    "note",
    "tokens of a repository that was created, renamed or transferred since 2026-07-15 do not match `{name}`",
)
CLUSTER_ID = _rule("IAM527", "cluster-id", "warning", "`{id}` does not look like the id of a cluster's OIDC issuer")
UNASSIGNED = _rule("IAM528", "unassigned", "note", "permission set `{name}` is assigned to nobody")
UNREACHABLE_ROLE = _rule(
    "IAM530", "unreachable-role", "error", "only roles may assume role `{name}`, and nobody can assume those"
)
NOT_ASSIGNED = _rule(
    "IAM531",
    "not-assigned",
    "warning",
    "sessions of permission set `{name}` in account {accounts} cannot use {arn}: no policy of its own could let them",
)
UNTYPED_TRUSTEE = _rule("IAM529", "untyped-trustee", "error", "`{name}` does not say of what kind it is")

# resource policies
DOUBLE_NEGATION = _rule("IAM535", "double-negation", "error", "`{what}` and `cannot` deny twice")
SUBJECT_MISFIT = _rule("IAM536", "subject-does-not-fit", "error", "`{subject}` cannot be the subject here: {why}")
NOT_NAMEABLE = _rule("IAM537", "not-nameable", "error", "no policy of a resource can name {what}: {why}")
NO_RESOURCE_POLICY = _rule("IAM538", "no-resource-policy", "error", "a {noun} has no policy of its own to say this in")
UNNAMED_RESOURCE = _rule(
    "IAM539", "unnamed-resource", "error", "the policy of a resource is of one that is named: {thing} is not"
)
KEY_ADMINISTRATION = _rule(
    "IAM540",
    "key-administration",
    "note",
    "the policy of key `{name}` also lets account {account} administer it: without that nobody could any more",
)
KEY_LOCK_OUT = _rule("IAM541", "key-lock-out", "error", "nobody could change the policy of key `{name}` any more")
STARRED_LEFT_OUT = _rule(
    "IAM542",
    "not-of-a-resource",
    "note",
    "{actions} {are} of no resource in particular and left out of the resource's policy",
)
REJECTED_FORM = _rule("IAM543", "rejected-form", "error", "the policy of a {noun} takes no {form}")
HOME_ACCOUNT = _rule(
    "IAM544", "home-account", "warning", "this account is home: its own policies decide, and this sentence adds nothing"
)
FOREIGN_RESOURCE = _rule(
    "IAM545", "foreign-resource", "error", "{noun} `{name}` is in account {account}, which is not ours"
)
PUBLIC_EXCEPT = _rule(
    "IAM547", "public-by-exception", "error", "this would open the resource to the whole internet but for one"
)

TOO_MANY_PARTS = _rule(
    "IAM548", "too-many-parts", "error", "{document} would have {count} {what}, and AWS takes {limit}"
)

# guardrails and other bodies
EMPTY_BODY = _rule("IAM549", "empty-body", "error", "`{name}` says nothing")
DENIES_EVERYTHING = _rule(
    "IAM550", "denies-everything", "error", "guardrail `{name}` would deny everything to everybody"
)
RCP_FORM = _rule("IAM551", "not-in-resource-guardrail", "error", "a guardrail for resources cannot {what}")
GUARDRAIL_REACH = _rule("IAM552", "guardrail-reach", "note", "guardrail `{name}` reaches {what}")
STOPS_GLOBAL = _rule(
    "IAM553",
    "stops-global-services",
    "warning",
    "this stops services that have one region for the whole world: {services}",
)

# claims
FALSE_CLAIM = _rule("IAM720", "false-claim", "error", "this claim is false: {who} {verb} {what}")
UNDECIDED_CLAIM = _rule("IAM721", "undecided-claim", "error", "this claim could not be decided: {why}")

# documents
OVER_QUOTA = _rule(
    "IAM601", "over-quota", "error", "{document} has {size} characters, {over} more than the {limit} that AWS allows"
)
TOO_MANY_DOCUMENTS = _rule(
    "IAM730",
    "too-many-documents",
    "error",
    "{document} has {size} characters, which take {count} documents of {limit}: AWS attaches {most} to one, so that "
    "{over} characters are left over",
)
WILDCARD_DRIFT = _rule(
    "IAM731", "wildcard-drift", "warning", "`{path}`: `{text}` now also matches, of level {level}: {actions}"
)
ACTION_REMOVED = _rule(
    "IAM732", "action-removed", "warning", "`{path}`: AWS has no more what `{text}` stood for: {actions}"
)
DENY_DRIFT = _rule(
    "IAM733",
    "deny-drift",
    "warning",
    "`{path}`: the `cannot {text}` of {sentence} does not reach what AWS added, of level {level}: {actions}",
)
OLDER_CATALOG = _rule(
    "IAM734",
    "older-catalog",
    "warning",
    "`{path}` was written with AWS's actions of {written}: those of {here}, which are here, are older",
)
TOO_MANY_GUARDRAILS = _rule(
    "IAM735",
    "too-many-guardrails",
    "error",
    "`{target}` has {count} {kind}s, {over} more than the {most}",
)
BAD_DOCUMENT_CHARACTER = _rule(
    "IAM602",
    "bad-character",
    "error",
    "{document} holds the character {character}, which AWS does not allow in a policy",
)
EMPTY_DOCUMENT = _rule("IAM603", "empty-document", "error", "{document} would have no statement")
CANNOT_WRITE = _rule("IAM604", "cannot-write", "error", "cannot write `{path}`: {why}")
STALE = _rule("IAM605", "out-of-date", "error", "`{path}` {what}")
FOREIGN_MANIFEST = _rule("IAM606", "foreign-output", "error", "`{path}` belongs to another program: {other}")
FOREIGN_FILE = _rule("IAM607", "foreign-file", "error", "`{path}` is there and was not written by iamdsl")
NO_MANIFEST = _rule("IAM608", "no-manifest", "error", "no manifest beside or above `{path}` names it")
CHANGED = _rule("IAM609", "changed-since", "error", "`{path}` has changed since the manifest was written")

# questions about access
MALFORMED_POLICY = _rule("IAM701", "malformed-policy", "error", "`{path}` is no policy: {why}")
RESOURCE_MISFIT = _rule("IAM702", "resource-does-not-fit", "error", "{action} never acts on `{resource}`")
CANNOT_ASK = _rule("IAM703", "cannot-ask", "error", "`{name}` makes no requests: {why}")
KEY_MISFIT = _rule("IAM704", "key-not-in-request", "warning", "no request for {action} carries `{key}`")
FIXED_KEY = _rule("IAM705", "key-tells-who", "error", "`{key}` of this request is {value}")
KEY_TWICE = _rule("IAM706", "key-given-twice", "error", "`{name}` has one value and is given several")
BAD_MANIFEST = _rule("IAM707", "bad-manifest", "error", "`{path}` is no manifest of iamdsl")

# projects of many programs
NO_PROGRAM = _rule("IAM790", "no-program", "error", "`{name}` {what}")
PROGRAMS_MEET = _rule("IAM791", "programs-meet", "error", "programs `{one}` and `{other}` {how}")
SETTINGS_INSIDE = _rule(
    "IAM792", "settings-inside", "error", "`{path}` is inside the project in `{root}`, which has its own"
)
WORKER_LOST = _rule("IAM793", "worker-lost", "error", "a process that compiled was killed")

# adopting what people have
UNREADABLE_TEXT = _rule("IAM750", "unreadable-text", "error", "this is no {what}: {why}")
UNEXPECTED_SHAPE = _rule("IAM751", "unexpected-shape", "error", "{what}: {why}")
CUT_OFF = _rule("IAM752", "cut-off-listing", "error", "this listing goes on in another page, which is not here")
NOTHING_FOUND = _rule("IAM753", "no-policy-found", "error", "no policy document is in `{path}`")
UNRESOLVED = _rule("IAM754", "unresolved-reference", "warning", "{what} is not known here: {why}")
KEPT_AS_IT_IS = _rule("IAM755", "kept-as-it-is", "warning", "{what} is kept as JSON: {why}")
LEFT_OUT = _rule("IAM756", "left-out", "note", "{what} is left out: {why}")
NOT_IN_LISTING = _rule("IAM757", "not-in-listing", "error", "{who} has {what}, which is not in this listing")
FOUND_TWICE = _rule("IAM758", "found-twice", "error", "{what} is here twice")
NEEDS_PACKAGE = _rule("IAM759", "needs-package", "error", "reading {what} needs the package {package}")

# suppressions in the source
UNKNOWN_SUPPRESSION = _rule("IAM982", "unknown-suppression", "warning", "no rule is called `{name}`")
UNUSED_SUPPRESSION = _rule("IAM983", "unused-suppression", "warning", "nothing to allow here: there is no `{name}`")
BAD_SUPPRESSION = _rule("IAM984", "bad-suppression", "warning", "this comment {what}")

# AWS's own terms, and from documents back to sentences
UNKNOWN_OPERATOR = _rule(
    "IAM740", "unknown-operator", "error", "`{name}` is neither a relation nor an operator of AWS's"
)
NOT_SAID = _rule("IAM741", "not-said", "error", "{document} cannot be said: {why}")
