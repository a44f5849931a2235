"""Translation validation: what the documents say is what the sentences mean.

The documents that are about to be written are lifted back and compared, over all requests, with the grants of the sentences
before any was merged and before any operator of AWS's was chosen. A difference is a bug of this compiler, never of the program.
"""

from __future__ import annotations

from iamdsl.access.glob import anchored, is_wild
from iamdsl.access.model import Access, Condition, Grant, tests
from iamdsl.compiler.lift import lift
from iamdsl.pause import pause
from iamdsl.policy.model import Document
from iamdsl.record import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.compare import Request
    from iamdsl.access.reach import Formats
    from iamdsl.access.words import Pattern

    _Key = tuple[bool, str, int, object]

EQUAL = "equal"
_COLONS = 5  # of an ARN


class Mismatch(Exception):
    """A document does not say what its sentences mean, as `request` shows."""

    def __init__(self, title: str, request: Request | None, allowed: bool) -> None:
        said = "allows" if allowed else "does not allow"
        super().__init__(f"{title} {said} what its sentences {'do not' if allowed else 'do'}: {request}")
        self.request = request


class Verifier:
    """Proves documents one by one. `formats(action)`: the ARN formats that the action takes, None if unknown."""

    def __init__(self, formats: Formats) -> None:
        self.formats = formats
        self._shapes: dict[str, tuple[Pattern, ...] | None] = {}
        self._numbers: dict[Condition, int] = {}
        self._kinds: dict[object, list[Condition]] = {}
        self._taken: dict[tuple[tuple[Pattern, ...], str], bool] = {}

    def verify(self, access: Access, document: Document, named: bool, title: str) -> str:
        """`equal`, or `unknown: why` where that took too long to decide. Raises Mismatch where `document` is not `access`.

        Both readings of a `*` in a resource are proved, that it crosses colons and that it does not. Not `named`: what the
        document is on is all that it can speak of, so that it names no resource, or `*`.
        """
        emitted, meant = lift(document), access.grants
        if not named:
            emitted, meant = _nameless(emitted), _nameless(meant)
        if self._plainly(meant, emitted) or _bare(meant) == _bare(emitted):
            return EQUAL
        found = _proved(meant, emitted, False, title, self.formats)
        if found == EQUAL and not _alike((*meant, *emitted)):
            found = _proved(meant, emitted, True, title, self.formats)
        return found

    def _plainly(self, meant: tuple[Grant, ...], emitted: tuple[Grant, ...]) -> bool:
        """Whether both are equal at sight: sure if so. For each action and condition they list the same resources, but for
        those that no request for the action names, under either reading."""
        if any([grant.except_actions or grant.except_resources for grant in (*meant, *emitted)]):
            return False
        one, other = self._cells(meant), self._cells(emitted)
        for key in one.keys() | other.keys():
            for resource in one.get(key, _NONE) ^ other.get(key, _NONE):
                if self._possible(key[1], resource):
                    return False
        return True

    def _cells(self, grants: tuple[Grant, ...]) -> dict[_Key, set[str]]:
        """The resources of each action, with what else is said."""
        found: dict[_Key, set[str]] = {}
        for grant in grants:
            condition = self._number(grant.condition)
            principals = grant.principals and (frozenset(grant.principals), grant.except_principals)
            for action in grant.actions:
                key = (grant.allows, action.lower(), condition, principals)
                found.setdefault(key, set()).update(grant.resources or ("",))
        return found

    def _number(self, condition: Condition) -> int:
        """A number for the condition, the same for some that are equivalent."""
        found = self._numbers.get(condition)
        if found is None:
            pause()
            kind = self._kinds.setdefault(_about(condition), [])
            alike = next((one for one in kind if _equivalent(one, condition)), None)
            if alike is None:
                kind.append(condition)
            found = self._numbers[condition] = len(self._numbers) if alike is None else self._numbers[alike]
        return found

    def _possible(self, action: str, resource: str) -> bool:
        """Whether a request for the action may name what the pattern matches: sure if not."""
        from iamdsl.access.alphabet import Undecided, encode  # local: most documents list just what was meant
        from iamdsl.access.words import pattern

        if action not in self._shapes:
            known = None if is_wild(action) else self.formats(action)
            made = [pattern(encode(anchored(one), True)) for one in known or ()]
            self._shapes[action] = tuple(made) if made else None
        shapes = self._shapes[action]
        if shapes is None or resource.count(":") < _COLONS or resource.startswith(("*", "?", "$")):
            return True
        at = (shapes, resource)
        if at not in self._taken:
            try:
                one = pattern(encode(resource, True))
                self._taken[at] = any([shape.near(one) for shape in shapes])
            except Undecided:
                self._taken[at] = True
        return self._taken[at]


def _bare(grants: tuple[Grant, ...]) -> set[object]:
    """What the grants say, whatever its order and wherever it was said."""
    return {
        replace(
            grant,
            actions=tuple(sorted([action.lower() for action in grant.actions])),
            resources=tuple(sorted(grant.resources)),
            principals=tuple(sorted(grant.principals)),
            origins=(),
            written=None,
        )
        for grant in grants
    }


_NONE: frozenset[str] = frozenset()


def _nameless(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    return tuple([replace(grant, resources=()) for grant in grants])


def _equivalent(one: Condition, other: Condition) -> bool:
    from iamdsl.access.compare import equivalent  # local: most documents hold the very conditions that were meant

    return equivalent(one, other)


def _about(condition: Condition) -> object:
    """What equivalent conditions mostly share."""
    return frozenset([test.key.lower() for test in tests(condition)])


def _proved(meant: tuple[Grant, ...], emitted: tuple[Grant, ...], segmented: bool, title: str, formats: Formats) -> str:
    """What is allowed, and what is denied: a deny also counts beside what other documents allow."""
    from iamdsl.access.compare import compare, identity  # local: most documents are equal at sight

    found = EQUAL
    for only_denies in (False, True):
        one, other = (_denies(meant), _denies(emitted)) if only_denies else (meant, emitted)
        verdict = compare(identity(one), identity(other), formats, segmented=segmented)
        request = verdict.new or verdict.lost
        if request is not None:
            raise Mismatch(title, request, (verdict.new is not None) != only_denies)
        if verdict.relation != EQUAL:
            found = f"{verdict.relation}: {verdict.why}"
    return found


def _denies(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    return tuple([replace(grant, allows=True) for grant in grants if not grant.allows])


def _alike(grants: tuple[Grant, ...]) -> bool:
    """Whether both readings agree because every pattern is of exactly an ARN's colons, with wildcards only after them: the
    second reading is then the first on ARNs of no more colons, and no pattern but `*` speaks of others."""
    texts = {text for grant in grants for text in grant.resources}
    return all([text == "*" or _plain(text) for text in texts])


def _plain(text: str) -> bool:
    if text.count(":") != _COLONS or "${" in text:
        return False
    head = text[: text.rfind(":")]
    return "*" not in head and "?" not in head
