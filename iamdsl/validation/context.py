"""What every check is given: the document, what it is for, the facts, and where findings go."""

from __future__ import annotations

from iamdsl.diagnostics import Edit, Label, Report, Rule
from iamdsl.policy.located import Member, Node
from iamdsl.record import record
from iamdsl.source import Source, Span
from iamdsl.validation.facts import Facts
from iamdsl.validation.grants import Grants
from iamdsl.validation.reading import Policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamdsl.catalog import ResourceType

# what a document is for, and how messages call it
KINDS = {
    "identity": "an identity policy",
    "resource": "a resource policy",
    "trust": "a trust policy",
    "boundary": "a permissions boundary",
    "scp": "an SCP",
    "rcp": "an RCP",
    "session": "a session policy",
    "endpoint": "an endpoint policy",
}


LOOKS = 100  # names in one document for which a similar one is looked up
LONGEST = 100  # characters of them that are compared


@record
class Target:
    """What a document is for: one of KINDS and, of a resource policy, the type that it is on if that is known."""

    kind: str
    type: ResourceType | None = None
    given: bool = True

    @property
    def takes_principal(self) -> bool:
        return self.kind in ("resource", "trust", "rcp", "endpoint")

    @property
    def grants(self) -> bool:
        """Whether an `Allow` in it gives access by itself: it does not in a boundary, a guardrail or a session policy."""
        return self.kind in ("identity", "resource", "trust")

    @property
    def noun(self) -> str:
        """The type in words: `bucket`."""
        return self.type.name if self.type else "resource"


class Context:
    def __init__(self, source: Source, policy: Policy, target: Target, facts: Facts, report: Report) -> None:
        self.path = source.path
        self.text = source.text
        self.policy = policy
        self.target = target
        self.facts = facts
        self.report = report
        self.grants = Grants(policy)
        self._wrong: set[int] = set()
        self._looks = 0

    def add(
        self,
        rule: Rule,
        place: Node | Member,
        help: str = "",
        fix: Iterable[Edit] = (),
        beside: Iterable[tuple[Node | Member, str]] = (),
        **values: object,
    ) -> None:
        """Record a finding about `place`. `beside`: other places, with what to say of each."""
        if rule.severity == "error":
            self._wrong.add(place.start)
        labels = [Label(place.span(self.path)), *[Label(other.span(self.path), text) for other, text in beside]]
        self.report.add(rule, labels, help, fix, place.pointer, **values)

    def wrong(self, place: Node | Member) -> bool:
        """Whether an error at `place` is recorded: what follows from it need not be said."""
        return place.start in self._wrong

    def close(self, name: str, known: Iterable[str], cutoff: float = 0.75) -> str:
        """The name among `known` that is spelled most like `name`, or ""; "" too after so many, which take time."""
        from difflib import get_close_matches  # local: only where something is wrong

        self._looks += 1
        if self._looks > LOOKS:
            return ""
        by_folded = {one.lower(): one for one in known}
        found = get_close_matches(name[:LONGEST].lower(), by_folded, 1, cutoff)
        return by_folded[found[0]] if found else ""

    def replace(self, node: Node, text: str) -> tuple[Edit, ...]:
        """The fix that writes `text` where the string `node` stands; none for text that needs escapes."""
        if '"' in text or "\\" in text or not text.isprintable():
            return ()
        return (Edit((self.path, node.start, node.end), f'"{text}"'),)

    def rename(self, member: Member, text: str) -> tuple[Edit, ...]:
        """The fix that writes `text` for the member's name."""
        return (Edit((self.path, member.start, member.end), f'"{text}"'),)

    def insert(self, at: int, text: str) -> tuple[Edit, ...]:
        return (Edit((self.path, at, at), text),)

    def span(self, place: Node | Member) -> Span:
        return place.span(self.path)


def shown(names: Iterable[str], most: int = 3) -> str:
    """Names for a message: `a`, `b` and 4 more."""
    listed = [f"`{name}`" for name in names]
    if len(listed) > most:
        return f"{', '.join(listed[: most - 1])} and {len(listed) - most + 1} more"
    return " and ".join([", ".join(listed[:-1]), listed[-1]] if len(listed) > 1 else listed)


def perhaps(name: str) -> str:
    """Help that offers `name`, if there is one."""
    return f"did you mean `{name}`?" if name else ""
