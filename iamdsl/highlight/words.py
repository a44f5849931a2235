"""The words of the language by the part that they play, for highlighters.

Keywords are words only where the grammar expects them (a user may be called `read`), which no table of words can know:
what is coloured here is what such a word nearly always is. The language server's semantic tokens are exact.
"""

from __future__ import annotations

# Each begins a declaration or a block.
DECLARING = (
    "account",
    "boundary",
    "endpoint policy",
    "group",
    "guardrail",
    "import",
    "id",
    "inline policy",
    "inventory",
    "organization",
    "ou",
    "param",
    "partition",
    "permission set",
    "policy",
    "region",
    "resource policy",
    "role",
    "session policy",
    "trust policy",
    "use unknown action",
    "user",
    "verb",
    "version",
)
MODIFYING = ("assert", "external", "override")
EFFECT = ("can", "cannot", "use", "uses")
WHO = ("anyone", "every", "everyone", "internet", "nobody", "only", "principal", "principals", "resources", "root")
WHAT = ("any", "anything", "anywhere", "do", "everything", "exactly")
LOGIC = ("and", "exists", "if", "ignoring case", "in", "like", "not", "or", "unless")
# Words of clauses and facts.
CLAUSE = (
    "accepting",
    "action",
    "after",
    "as",
    "audience",
    "aws",
    "because",
    "between",
    "branch",
    "canonical",
    "case",
    "encrypted",
    "environment",
    "export",
    "except",
    "federated",
    "for",
    "from",
    "github",
    "group-name",
    "identity",
    "ip",
    "its",
    "kubernetes",
    "lasting",
    "mfa",
    "no",
    "oidc",
    "on",
    "outside",
    "over",
    "path",
    "private",
    "pull",
    "request",
    "requests",
    "resource",
    "saml",
    "service",
    "session",
    "set",
    "source",
    "subject",
    "tag",
    "tagged",
    "tagging",
    "tags",
    "terraform",
    "the",
    "through",
    "tls",
    "to",
    "unknown",
    "until",
    "user-name",
    "via",
    "with",
    "within",
    "without",
)
KEYWORDS = (*DECLARING, *MODIFYING, *EFFECT, *WHO, *WHAT, *LOGIC, *CLAUSE)
RELATION = ("!=", "<", "<=", "=", ">", ">=")
