"""The forms of clauses and declarations, as help while they are written. `grammar/language.md` is the reference."""

from __future__ import annotations

import re

from iamdsl.record import record
from iamdsl.syntax import lex


@record
class Form:
    """How something is written: keywords, and what is to be filled in in capitals. `begins` are the words that it begins with."""

    begins: str
    form: str
    meaning: str

    @property
    def parameters(self) -> tuple[tuple[int, int], ...]:
        """Where in `form` something is filled in."""
        return tuple(
            match.span() for match in re.finditer(r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*\b(?:, \.\.\.)?", self.form)
        )

    @property
    def snippet(self) -> str:
        """The form as LSP and TextMate write snippets."""
        number = iter(range(1, 20))
        plain = self.form.replace(", ...", "")
        return re.sub(r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)*\b", lambda m: f"${{{next(number)}:{m[0].lower()}}}", plain)


def _form(form: str, meaning: str) -> Form:
    begins = re.match(r"[a-z][a-z\-]*(?: [a-z][a-z\-]*)*", form)
    assert begins is not None, "a form begins with a keyword"
    return Form(begins[0], form, meaning)


CLAUSES = (
    _form("with mfa within TIME", "the caller signed in with a second factor within that time (`1h`, `30m`)"),
    _form("with mfa", "the caller signed in with a second factor"),
    _form("without mfa", "the caller did not sign in with a second factor"),
    _form("with external id ID", "the role is assumed with that external id"),
    _form("from private ip RANGE, ... in vpc VPC", "the caller's address inside that VPC lies in a range"),
    _form("from ip RANGE, ...", "the caller's public address lies in a range, such as `203.0.113.0/24`"),
    _form("from vpc VPC, ...", "the request came through that VPC"),
    _form("from endpoint ENDPOINT, ...", "the request came through that VPC endpoint"),
    _form("from account ACCOUNT, ...", "the caller belongs to the account"),
    _form("from organization ORGANIZATION, ...", "the caller belongs to the organization"),
    _form("from ou OU, ...", "the caller belongs to the organizational unit"),
    _form(
        "from service SERVICE, ... for organization ORGANIZATION", "an AWS service itself calls, for that organization"
    ),
    _form("from service SERVICE, ...", "an AWS service itself calls"),
    _form("from service", "an AWS service itself calls"),
    _form("to account ACCOUNT, ...", "the resource belongs to the account"),
    _form("to organization ORGANIZATION, ...", "the resource belongs to the organization"),
    _form("to service SERVICE, ...", "the role is passed to that service"),
    _form("via any service", "an AWS service calls on the caller's behalf"),
    _form("via SERVICE, ...", "that AWS service calls on the caller's behalf"),
    _form("in region REGION, ...", "the request goes to one of these regions"),
    _form("outside region REGION, ...", "the request goes to none of these regions"),
    _form("in account ACCOUNT, ...", "the resource belongs to the account"),
    _form("in any account", "the resource may belong to any account"),
    _form("in any region", "the resource may be in any region"),
    _form("over tls VERSION", "the request is encrypted with at least that version (S3)"),
    _form("over tls", "the request is encrypted"),
    _form("after DATE", "the time is at or after the date, such as `2026-01-31`; a bare date is its midnight in UTC"),
    _form("until DATE", "the time is before the date"),
    _form("between DATE and DATE", "the time is at or after the first date, and before the second"),
    _form("tagged TAG = VALUE, ...", "the resource has the tag"),
    _form("tagging TAG = VALUE, ...", "the request sets the tag"),
    _form("as principal tagged TAG = VALUE, ...", "the caller has the tag"),
    _form("as role ROLE", "what is started gets the role, which the caller passes"),
    _form("if EXPRESSION", "the expression holds: clauses, `mfa`, or `KEY = VALUE`, with `and`, `or`, `not`"),
    _form("unless EXPRESSION", "the expression does not hold"),
    _form("except in SERVICE, ...", "without the actions of these services"),
    _form("except ACTION, ...", "without these actions, verbs or, of everything, resources"),
    _form('because "REASON"', "no condition: it is kept in the manifest"),
    _form("for any source", "the service may act for any resource and account: the guard is given up"),
    _form("for NOUN NAME", "the service acts for that resource"),
)
FACTS = (
    _form("encrypted with key KEY", "what is in it is encrypted with a declared key"),
    _form("lasting TIME", "how long a session may last, from `1h` to `12h`"),
    _form("within boundary BOUNDARY", "what it can have at most"),
    _form("accepting session tags TAG, ...", "the caller may pass session tags"),
    _form("accepting source identity", "the caller may pass a source identity"),
    _form("for group-name GROUP, ...", "the groups of Identity Center's directory that get it"),
    _form("for user-name USER, ...", "the users of Identity Center's directory that get it"),
)
DECLARATIONS = (
    _form("account NAME = ID", "an account; the first is home. `external` behind it: not ours"),
    _form("organization NAME = ID", "an organization of accounts"),
    _form("ou NAME = ID", "an organizational unit"),
    _form("region REGION", "where resources are that say nothing else"),
    _form("partition PARTITION", "the partition: aws, aws-cn or aws-us-gov"),
    _form("param NAME = VALUE", "a parameter, filled in where `{NAME}` stands; `--set NAME=...` overrides it"),
    _form('import "PATH"', "the sentences of another file or folder"),
    _form("user NAME, ...", "users"),
    _form("group NAME = USER, ...", "a group and its members"),
    _form("role NAME for service SERVICE", "a role and who may assume it"),
    _form("permission set NAME for group-name GROUP", "a permission set of IAM Identity Center"),
    _form("policy NAME { can VERB NOUN RESOURCE }", "sentences that several principals use"),
    _form("boundary NAME { can VERB NOUN RESOURCE }", "what its holders can have at most"),
    _form("guardrail NAME for principals in ou OU { nobody can VERB any NOUN }", "a service control policy"),
    _form("guardrail NAME for resources in organization ORG { nobody can VERB any NOUN }", "a resource control policy"),
    _form("session policy NAME { can VERB NOUN RESOURCE }", "a policy passed along when a role is assumed"),
    _form("endpoint policy NAME { can VERB any NOUN }", "what goes through a VPC endpoint"),
    _form("verb NAME on NOUN { ACTION on NOUN }", "a verb of the program's own"),
    _form("for NAME in [VALUE, ...] { SENTENCE }", "sentences said for each value, which stands where `{NAME}` does"),
    _form("assert SUBJECT can VERB NOUN RESOURCE", "a claim, proved of everything that the program emits"),
    _form("use unknown action ACTION", "an action that AWS released since the catalog was made"),
)


@record
class Placed:
    """A form in use, from the offset `start` to `end` of its piece."""

    form: Form
    start: int
    end: int


_ORDERED = sorted((*CLAUSES, *FACTS), key=lambda one: -len(one.begins.split()))


def at(tokens: list[lex.Token], token: lex.Token) -> Placed | None:
    """The clause one of whose keywords `token` is."""
    place = next((n for n, one in enumerate(tokens) if one is token), -1)
    for begin in range(max(place - 2, 0), place + 1):
        form = _begun(tokens, begin)
        if form is not None and place < begin + len(form.begins.split()):
            last = tokens[begin + len(form.begins.split()) - 1]
            return Placed(form, tokens[begin].start, last.end)
    return None


def around(tokens: list[lex.Token]) -> tuple[list[Form], int] | None:
    """The forms that the end of `tokens` may be part of, and which of their blanks is filled in next (from 0)."""
    for begin in range(len(tokens) - 1, -1, -1):
        form = _begun(tokens, begin)
        if form is None or (begin and _begun(tokens, begin - 1) is not None):
            continue
        texts = [one.text for one in tokens[begin:]]
        words = form.begins.split()
        forms = [one for one in _ORDERED if one.begins == form.begins or one.begins.startswith(f"{' '.join(texts)} ")]
        forms = forms if len(texts) >= len(words) else [one for one in forms if one.begins.startswith(" ".join(texts))]
        behind = texts[len(words) :]
        return forms, sum(word in ("in", "and", "for", "=") for word in behind)
    return None


def _begun(tokens: list[lex.Token], place: int) -> Form | None:
    """The form, the longest there is, whose first words stand from `place` on; at the end, the first of them."""
    if tokens[place].kind != lex.WORD:
        return None
    texts = [one.text for one in tokens[place : place + 4]]
    for form in _ORDERED:
        if texts[: len(form.begins.split())] == form.begins.split():
            return form
    rest = [one.text for one in tokens[place:]]
    return next((form for form in _ORDERED if form.begins.split()[: len(rest)] == rest), None)
