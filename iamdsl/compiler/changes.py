"""Two estates compared, subject by subject: what each may do by all that is here of it."""

from __future__ import annotations

from iamdsl.access.compare import Request
from iamdsl.access.model import Grant
from iamdsl.compiler.diff import EVERYTHING, Difference, Facts, Policies, diff
from iamdsl.compiler.estate import Estate, Held
from iamdsl.compiler.lift import lift
from iamdsl.compiler.meet import SSO
from iamdsl.policy.model import Document
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    Subject = tuple[str, str]  # kind and name: ("role", "etl"), ("trust of role", "etl"), ("resource", ARN), ...

_ACCOUNT = "111122223333"  # stands for ours where nothing says which that is
POLICY = ("policy", "")  # what one document says that is nobody's


@record
class Delta:
    """What became of one subject. `denies`: the same of what its documents deny; it `counts` where what they deny may be
    allowed by others, as with a resource's own policy.

    `old` and `new`: the documents it is about. `why`: what is not here and differs, which leaves the verdict open.
    """

    subject: Subject
    difference: Difference
    denies: Difference | None
    old: tuple[Held, ...]
    new: tuple[Held, ...]
    counts: bool
    why: str = ""

    @property
    def gained(self) -> bool:
        """Whether there is new access."""
        undenied = self.denies.verdict.lost if self.denies and self.counts else None
        return self.difference.verdict.new is not None or undenied is not None

    @property
    def lost(self) -> bool:
        """Whether access is gone."""
        denied = self.denies.verdict.new if self.denies and self.counts else None
        return self.difference.verdict.lost is not None or denied is not None

    @property
    def prover(self) -> str:
        """The second prover that was asked of it; "" if none had to be."""
        of_denies = self.denies.verdict.prover if self.denies else ""
        return self.difference.verdict.prover or of_denies

    @property
    def open(self) -> str:
        """Why something is not known; "" if all is."""
        of_denies = self.denies.verdict.why if self.denies and self.counts else ""
        return self.why or self.difference.verdict.why or of_denies


def changes(old: Estate, new: Estate, facts: Facts, complete: bool = True) -> tuple[Delta, ...]:
    """The subjects that differ, A to Z. What both sides have alike, document by document, is not looked at again."""
    one, other = subjects(old), subjects(new)
    if len(one) == len(other) == 1 and POLICY in one.keys() | other.keys():
        # one document against one, whoever it belongs to
        one, other = {POLICY: next(iter(one.values()))}, {POLICY: next(iter(other.values()))}
    found: list[Delta] = []
    for subject in sorted(one.keys() | other.keys()):
        before, after = one.get(subject, _NOTHING), other.get(subject, _NOTHING)
        if before.inherited and before.inherited == after.inherited:
            continue  # the group says it
        if before.told != after.told:
            found.append(_delta(subject, before, after, facts, complete))
    return tuple(found)


@record
class Known:
    """What is here of a subject, and the names of what is not."""

    layer: str
    held: tuple[Held, ...]
    boundary: tuple[Held, ...] = ()
    elsewhere: tuple[str, ...] = ()
    account: str = ""
    inherited: str = ""  # the group that all of it comes from
    principal: str = ""  # the ARN of one to whom it applies, "" where nobody is known

    @property
    def told(self) -> object:
        documents = [one.document.statements for one in self.held], [one.document.version for one in self.held]
        return repr((documents, [one.document.statements for one in self.boundary], self.elsewhere))


_NOTHING = Known("", ())


def subjects(estate: Estate) -> dict[Subject, Known]:
    """What is here of each subject."""
    home = next(iter(estate.homes)) if len(estate.homes) == 1 else ""
    held: dict[Subject, list[Held]] = {}
    boundaries: dict[str, Held] = {}
    for one in estate.held:
        if one.layer == "boundary":
            boundaries.update({name: one for kind, name in one.owners if kind == "boundary"})
        for subject in _of(one):
            held.setdefault(subject, []).append(one)
    inherited: dict[Subject, list[str]] = {}
    own = set(held)
    for name, members in estate.groups:
        for member in members:
            held.setdefault(("user", member), []).extend(held.get(("group", name), ()))
            inherited.setdefault(("user", member), []).append(name)
    found: dict[Subject, Known] = {}
    limits = {one.owner: one for one in estate.beside}
    for subject, documents in held.items():
        beside = limits.get(subject)
        limit = boundaries.get(beside.boundary) if beside else None
        absent = [*(beside.aws if beside else ())] + (
            [beside.boundary] if beside and beside.boundary and not limit else []
        )
        layer = documents[0].layer if documents else "identity"
        account = next((one.account for one in documents if one.account), home)
        groups = inherited.get(subject, []) if subject not in own and not absent and not limit else []
        of_group = groups[0] if len(groups) == 1 else ""
        limited = (limit,) if limit else ()
        found[subject] = Known(
            layer,
            tuple(documents),
            limited,
            tuple(sorted(absent)),
            account,
            of_group,
            _principal(subject, account or _ACCOUNT, documents, estate),
        )
    for owner, beside in limits.items():
        if owner not in found and beside.aws:
            found[owner] = Known("identity", (), (), tuple(sorted(beside.aws)))
    return {subject: known for subject, known in found.items() if known.held or known.elsewhere}


def _of(one: Held) -> list[Subject]:
    """Whom a document is about."""
    if one.layer == "trust":
        return [(f"trust of {kind}", name) for kind, name in one.owners] or [POLICY]
    if one.layer in ("resource", "endpoint") and one.targets:
        return [(one.layer, ",".join(one.targets))]
    if one.layer in ("scp", "rcp"):
        return [("guardrail", one.path)]
    return list(one.owners) or [POLICY]


def _delta(subject: Subject, before: Known, after: Known, facts: Facts, complete: bool) -> Delta:
    layer = before.layer or after.layer
    sides = []
    for known in (before, after):
        documents = tuple([one.document for one in known.held])
        if layer in ("scp", "rcp") and not _allow(documents):
            documents = (*documents, EVERYTHING)  # AWS's own guardrail, which is there beside those that only deny
        sides.append((documents, tuple([one.document for one in known.boundary])))
    principal = after.principal or before.principal
    one, other = [Policies(documents, boundary, False, principal) for documents, boundary in sides]
    found = diff(one, other, facts, complete)
    denies = None
    if subject != POLICY:
        one, other = [Policies(documents, (), True) for documents, _ in sides]
        denies = diff(one, other, facts, complete)
    differs = sorted(set(before.elsewhere) ^ set(after.elsewhere))
    why = (
        f"{', '.join(differs)} {'is' if len(differs) == 1 else 'are'} on one side only, and not here" if differs else ""
    )
    return Delta(subject, found, denies, before.held, after.held, layer == "resource", why)


def _allow(documents: tuple[Document, ...]) -> bool:
    return any([one.effect == "Allow" for each in documents for one in each.statements])


def _principal(subject: Subject, account: str, held: list[Held], estate: Estate) -> str:
    """The ARN of the subject, of its first member or of the first who has it."""
    kind, name = subject
    if kind == "group":
        members = sorted(dict(estate.groups).get(name, ()))
        return estate.arn("user", members[0], account) if members else ""
    if kind == "policy":
        users = sorted({owner for one in held for owner in one.owners if owner[0] != "policy"})
        if users:
            return _principal(users[0], account, held, estate)
        return estate.arn("user", name, account) if name and name not in estate.bindings.policies else ""
    if kind == "permission-set":
        return estate.arn("role", f"aws-reserved/sso.amazonaws.com/{SSO}{name}_0123456789abcdef", account)
    return estate.arn(kind, name, account) if kind in ("user", "role") else ""


def relation(deltas: tuple[Delta, ...]) -> str:
    """The relation of NEW to OLD over all subjects."""
    gained, lost = any([one.gained for one in deltas]), any([one.lost for one in deltas])
    if gained and lost:
        return "apart"
    if any([one.open for one in deltas]):
        return "unknown"
    return "wider" if gained else "narrower" if lost else "equal"


def place(grant: Grant, held: tuple[Held, ...]) -> tuple[Held, int] | None:
    """The document and statement that `grant` was lifted from."""
    for one in held:
        for at, lifted in enumerate(lift(one.document)):
            if lifted == grant:
                return one, at
    return None


def witness(deltas: tuple[Delta, ...], gained: bool) -> Request | None:
    """A request that is newly allowed, or no longer."""
    for one in deltas:
        verdict = one.difference.verdict
        found = verdict.new if gained else verdict.lost
        if found is None and one.denies is not None and one.counts:
            found = one.denies.verdict.lost if gained else one.denies.verdict.new
        if found is not None:
            return found
    return None
