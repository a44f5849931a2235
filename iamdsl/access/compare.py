"""All requests at once: what one set of policies allows and another does not, with a request that shows it.

Actions are cut into classes, each decided alone (`classes`); a class is a few questions (`questions`), each a search
(`split`) over atoms (`atoms`) whose values are found exactly (`values`, `words`). No answer is a guess: what is said to be equal
was searched to the end, every witness was tried on both sides (`decide`), and what took more steps than the budget is `unknown`.
"""

from __future__ import annotations

from iamdsl.access import prover
from iamdsl.access.alphabet import FRESH, Undecided
from iamdsl.access.atoms import Space
from iamdsl.access.axioms import Axioms
from iamdsl.access.classes import Actions, actions
from iamdsl.access.decide import Request, Side, allowed, identity
from iamdsl.access.focus import focus, only
from iamdsl.access.machine import Budget
from iamdsl.access.model import Condition, Grant
from iamdsl.access.questions import Difference, Questions, placed
from iamdsl.access.split import satisfy
from iamdsl.access.witness import requests, substitutions
from iamdsl.access.words import Pattern
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamdsl.access.classes import Names
    from iamdsl.access.reach import Formats

    _Group = tuple[Questions, int, list[str]]  # with the grants that speak of the actions

__all__ = ["STEPS", "Change", "Request", "Side", "Verdict", "compare", "equivalent", "identity"]

STEPS = 3_000_000  # of one comparison; a question about one class may take a quarter
OLD, NEW = 0, 1
_TRIED = 8  # of the budget, the part for trials


@record
class Change:
    """`actions` (names, or patterns as written) on what `grant` says of `resource` (a pattern of its own, "" for all) are allowed
    on one side only, as `request` shows. `denied`: the grant of the other side that denies it; None where none allows it.
    """

    actions: tuple[str, ...]
    grant: Grant
    resource: str
    request: Request
    denied: Grant | None


@record
class Verdict:
    """How NEW relates to OLD: `equal`, `wider` (all that OLD grants, and more), `narrower`, `apart` (something gained and
    something lost) or `unknown`, with `why`. `new`: a request that NEW alone allows; `lost`: one that OLD alone does.

    An `unknown` verdict may hold a witness: that much is sure. `gained` and `taken` are all changes, if they were asked for. `prover`: the
    second prover that was asked, "" if none had to be.
    """

    relation: str
    new: Request | None = None
    lost: Request | None = None
    why: str = ""
    gained: tuple[Change, ...] = ()
    taken: tuple[Change, ...] = ()
    prover: str = ""


def compare(
    old: Side,
    new: Side,
    formats: Formats | None = None,
    names: Names | None = None,
    closed_world: bool = False,
    segmented: bool = False,
    complete: bool = False,
    steps: int = STEPS,
    second: bool = False,
    hints: tuple[Request | None, Request | None] = (None, None),
) -> Verdict:
    """The verdict on `new` beside `old`.

    `formats(action)`: the ARN formats of the resource types that an action takes, None if unknown (see `reach`). `names`: the
    actions of AWS's that a pattern matches, from which a witness takes its action; under `closed_world` there are no others.
    `segmented`: a `*` of a resource stops at a colon (see `glob.segmented`). `complete`: find every change, not the first.
    `second`: ask a second prover, if it is installed, what the budget does not suffice for (see `prover`).
    `hints`: requests of which OLD, and NEW, may be the only one that allows them; the verdict is no other without.
    """
    job = _Job((old, new), formats, names, closed_world, segmented, complete, Budget(steps), second, hints)
    gained, why_new = job.changes(NEW)
    taken, why_lost = job.changes(OLD)
    why = why_new or why_lost
    if gained and taken:
        relation, why = "apart", why if complete else ""
    elif why:
        relation = "unknown"
    else:
        relation = "wider" if gained else "narrower" if taken else "equal"
    first_new = gained[0].request if gained else None
    first_lost = taken[0].request if taken else None
    if not complete:
        gained, taken = (), ()
    return Verdict(relation, first_new, first_lost, why, gained, taken, job.budget.prover)


def equivalent(one: Condition, other: Condition, steps: int = 10_000) -> bool:
    """Whether both conditions hold of the same requests: sure if so."""
    space = Space(Budget(steps))
    try:
        for a, b in ((one, other), (other, one)):
            if satisfy(space, [space.formula(a), space.formula(b, False)]) is not None:
                return False
    except (Undecided, RecursionError):
        return False
    return True


def _why(fault: Undecided | RecursionError) -> str:
    return fault.why if isinstance(fault, Undecided) else "conditions are nested too deep"


class _Job:
    def __init__(
        self,
        sides: tuple[Side, Side],
        formats: Formats | None,
        names: Names | None,
        closed_world: bool,
        segmented: bool,
        complete: bool,
        budget: Budget,
        second: bool,
        hints: tuple[Request | None, Request | None],
    ) -> None:
        self.sides = sides
        self.formats = formats
        self.names = names
        self.segmented = segmented
        self.complete = complete
        self.budget = budget
        self.second = second
        self.hints = hints
        self.trouble = ""
        self.groups: list[_Group] = []
        self.trials = 0  # of these, the first: without them the answer would be no other
        try:
            texts = focus(sides)
            if texts:
                self._begin(texts, closed_world)
        except (Undecided, RecursionError) as fault:
            self.trouble = _why(fault)

    def _begin(self, texts: tuple[str, ...], closed_world: bool) -> None:
        """Cut the actions that `texts` match into classes, and take of both sides what speaks of them."""
        self.actions = actions(*placed(self.sides), texts)
        self.asked = only(self.sides, self.actions.kept)
        if closed_world:
            assert self.names is not None, "a closed world needs the names of actions"
            self.groups = self._grouped(self.actions.existing(self.names), self.budget)
            return
        words = self.actions.words()
        if words is not None:
            self.groups = self._grouped(words, self.budget)
            return
        if not self.complete:  # a difference is often found where nobody has to look for it
            self.groups = self._grouped(self.actions.likely(), Budget(self.budget.total // _TRIED))
            self.trials = len(self.groups)
        questions = self._questions(self.asked, self.budget, texts, ())
        self.groups.append((questions, (1 << len(questions.grants)) - 1, [""]))

    def _questions(
        self, sides: tuple[Side, Side], budget: Budget, named: tuple[str, ...], facts: tuple[Condition, ...]
    ) -> Questions:
        space = Space(budget)
        second = self.second and budget is self.budget
        return Questions(sides, space, Axioms(space, self.formats), self.segmented, named, facts, second)

    def _grouped(self, words: list[str], budget: Budget) -> list[_Group]:
        """The words of which the grants say the same; those of which both sides do are left out."""
        questions = self._questions(self.asked, budget, (), ())
        masks: dict[int, list[str]] = {}
        for word in words:
            masks.setdefault(self.actions.speaking(word), []).append(word)
        found: dict[object, _Group] = {}
        for mask, alike in masks.items():
            cast = questions.cast(mask)
            if not cast.even:
                found.setdefault(cast.key(), (questions, mask, []))[2].extend(alike)
        return list(found.values())

    def changes(self, giving: int) -> tuple[tuple[Change, ...], str]:
        """The changes, the first or all, and why the rest is not known ("" where all is)."""
        found: list[Change] = []
        why = self.trouble
        hint = self.hints[giving]
        if hint is not None and not self.complete and self._shows(self.sides, hint, giving):
            return (Change((), self.sides[giving].grants[0], "", hint, None),), ""
        for at, group in enumerate(self.groups):
            try:
                for change in self._of(giving, *group):
                    found.append(change)
                    if not self.complete:
                        return tuple(found), ""
            except (Undecided, RecursionError) as fault:
                if at >= self.trials:
                    why = why or _why(fault)
        return tuple(found), why

    def _of(self, giving: int, questions: Questions, mask: int, words: list[str]) -> Iterator[Change]:
        """The changes of the actions `words`, of which the grants `mask` speak."""
        cast = questions.cast(mask)
        if not questions.open(cast, giving):
            return
        for at, group in enumerate(self._alike(words)):
            if at == 1 and next(questions.differences(cast, giving, FRESH), None) is None:
                return  # not even on resources that the actions do not take
            seen: set[tuple[int, Pattern | None]] = set()
            for word, action in self._asked(group[0]):
                for found in questions.differences(cast, giving, word):
                    if (found.index, found.pattern) in seen:
                        continue
                    seen.add((found.index, found.pattern))
                    request = self._witness(questions, found, action, giving)
                    if request is not None:
                        yield self._change(questions, found, group, request)
                        continue
                    try:
                        yield from self._substituted(giving, questions, mask, word, action, group)
                        break
                    except Undecided:
                        if not questions.second or not prover.available():
                            raise
                    request = self._proved(questions, found, word, action, giving)
                    if request is not None:
                        yield self._change(questions, found, group, request)

    def _alike(self, words: list[str]) -> Iterator[list[str]]:
        """`words` by the resources that they take; if not all changes are asked for, the first of each."""
        alike: dict[object, list[str]] = {}
        for word in words:
            known = self.formats(self.actions.spelt(word)) if self.formats and word and FRESH not in word else None
            if known not in alike and not self.complete:
                yield [word]
            alike.setdefault(known, []).append(word)
        if self.complete:
            yield from alike.values()

    def _asked(self, word: str) -> list[tuple[str, str]]:
        """What to ask about for the class of `word`, and how it is spelled: first an action that exists."""
        if not word:
            return [("", "")]
        real = ""
        if self.names and FRESH in word and isinstance(self.actions, Actions):
            real = self.actions.real(word, self.names)
        return [*([(real.lower(), real)] if real else []), (word, self.actions.spelt(word))]

    def _change(self, questions: Questions, found: Difference, words: list[str], request: Request) -> Change:
        grant = questions.grants[found.index]
        if not self.complete:
            return Change((), grant, "", request, None)
        shown = tuple([self.actions.shown(word) for word in words])
        resource = ""
        if found.pattern is not None:
            read = questions.texts(found.index)
            resource = read.get(found.pattern.items, "")
        denied = None
        if found.denied is not None:
            denied = questions.grants[questions.numbers.index(found.denied)]
        return Change(shown, grant, resource, request, denied)

    def _witness(self, questions: Questions, found: Difference, action: str, giving: int) -> Request | None:
        """A request that shows the difference, tried on both sides; None when policy variables need values first."""
        sides = self.sides if questions.sides is self.asked else questions.sides
        for request in requests(questions.space, found.model, action):
            questions.space.budget.spend(len(questions.grants))
            if self._shows(sides, request, giving):
                return request
        return None

    def _shows(self, sides: tuple[Side, Side], request: Request, giving: int) -> bool:
        """Whether the giving side alone allows the request."""
        if not allowed(sides[giving], request, self.segmented):
            return False
        return not allowed(sides[1 - giving], request, self.segmented)

    def _proved(self, questions: Questions, found: Difference, word: str, action: str, giving: int) -> Request | None:
        """A request that shows the difference, by the second prover; None if there is none. Raises Undecided."""
        model = questions.model(found.formulas, word, questions.proved)
        if model is None:
            return None
        request = self._witness(
            questions, Difference(found.index, found.pattern, model, found.denied, []), action, giving
        )
        if request is None:
            raise Undecided(f"{prover.NAME} found a request that does not hold when it is tried")
        return request

    def _substituted(
        self, giving: int, asked: Questions, mask: int, word: str, action: str, words: list[str]
    ) -> Iterator[Change]:
        """Changes with values for the policy variables. Raises Undecided when none is found: that is no proof."""
        seen: set[tuple[int, str]] = set()
        for sides, facts in substitutions(self.asked):
            questions = self._questions(sides, asked.space.budget, asked.named, facts)
            for found in questions.differences(questions.cast(mask), giving, word):
                request = self._witness(questions, found, action, giving)
                change = request and self._change(asked, found, words, request)
                if change and (found.index, change.resource) not in seen:
                    seen.add((found.index, change.resource))
                    yield change
                    if not self.complete:
                        return
        if not seen:
            raise Undecided("whether there is a difference depends on the values of policy variables")
