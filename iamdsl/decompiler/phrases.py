"""Lots as phrases: what stands behind `can`."""

from __future__ import annotations

from iamdsl.access.condition import TooManyStatements
from iamdsl.access.model import tests
from iamdsl.compiler.acts import Act
from iamdsl.compiler.bodies import TRUSTING
from iamdsl.compiler.operators import Inexpressible
from iamdsl.decompiler.clauses import Clauses
from iamdsl.decompiler.cover import EVERYTHING, Cover, Coverer, Use, grouped
from iamdsl.decompiler.lots import NONE, Lot
from iamdsl.decompiler.targets import Named
from iamdsl.decompiler.words import NOWHERE, Unsayable, key, word
from iamdsl.record import record, replace
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

PLAIN, EXACTLY, AS_WRITTEN = range(3)  # how much of a lot is said in the language's own words


@record
class Told:
    """A phrase without its conditions, and the pairs that it says. `exact`: by exact actions."""

    phrase: ast.Phrase
    pairs: frozenset[tuple[str, str]]
    exact: bool


class Phrases:
    """Writes the phrases of one document."""

    def __init__(self, coverer: Coverer, clauses: Clauses) -> None:
        self.coverer = coverer
        self.clauses = clauses
        self.context = coverer.context

    def of(self, lot: Lot, how: int) -> tuple[list[Told], tuple[ast.Qualifier, ...]]:
        """The phrases that say `lot`, and the conditions of all of them. Raises Unsayable."""
        if lot.written is not None:
            return self._left(self._cover(lot, EXACTLY), lot, EXACTLY), self.clauses.written(lot.written)
        cover = self._cover(lot, how)
        told: list[Told] = []
        if how == PLAIN and lot.except_actions:
            told = self._all_actions_but(lot)
        elif how == PLAIN and lot.except_resources:
            told = self._all_resources_but(lot)
        if not told:
            told = [*self._used(cover.uses), *self._left(cover, lot, how)]
        if how == AS_WRITTEN and lot.block is not None:
            return told, self.clauses.written(lot.block)
        as_written = self._uncarried(lot, cover) if how == PLAIN else self._all_keys(lot) if how == AS_WRITTEN else ()
        try:
            return told, self.clauses.of(lot.condition, lot.allows, frozenset(as_written))
        except (Inexpressible, TooManyStatements) as fault:
            raise Unsayable(str(fault)) from None

    def _cover(self, lot: Lot, how: int) -> Cover:
        if how == PLAIN and not lot.except_actions and not lot.except_resources:
            return self.coverer.cover(lot)
        left = [(resource, tuple([cell[action] for action in sorted(cell)])) for resource, cell in lot.cells.items()]
        return Cover((), tuple(sorted(left)))

    # ---- conditions

    def _all_keys(self, lot: Lot) -> list[str]:
        return [test.key.lower() for test in tests(lot.condition)]

    def _uncarried(self, lot: Lot, cover: Cover) -> list[str]:
        """The keys that some action, on what it is allowed on here, never carries."""
        catalog = self.context.catalog
        found = []
        acts = [act for use in cover.uses for act in use.acts if act.action not in ("*", "*:*")]
        without = [one for resource, actions in cover.left if resource == NONE for one in actions]
        acts += [Act((one,), ()) for one in without if one.lower() in _TRUSTING]
        for test in tests(lot.condition):
            for act in acts:
                types = act.types or (None,)
                names = [one for action in act.actions for one in self.context.expand(action)]
                if not all([any([catalog.carries(one, type, test.key) for type in types]) for one in names]):
                    found.append(test.key.lower())
                    break
        return found

    # ---- verbs and exact actions

    def _used(self, uses: tuple[Use, ...]) -> list[Told]:
        """One phrase for each set of verbs, with all the resources that they are used on."""
        sets: dict[tuple[object, ...], list[tuple[Named, list[Use]]]] = {}
        for named, alike in grouped(uses).items():
            if named == EVERYTHING:
                continue
            verbs = tuple([use.verb for use in alike])
            sets.setdefault((verbs, named.any_account, named.any_region, named.anywhere), []).append((named, alike))
        found = [self._on(things) for things in sets.values()]
        return [*self._on_everything([use for use in uses if use.named == EVERYTHING]), *found]

    def _on(self, things: list[tuple[Named, list[Use]]]) -> Told:
        verbs = [use.verb for use in things[0][1]]
        groups = [ast.Group((_verb(one),), NOWHERE) for one in verbs[:-1]]
        before = ""
        for at, (named, _) in enumerate(things):
            words = self._thing(named, before)
            before = named.noun if named.name != "*" else ""
            groups.append(ast.Group((_verb(verbs[-1]), *words) if at == 0 else words, NOWHERE))
        first = things[0][0]
        clauses = [("in any account", first.any_account), ("in any region", first.any_region)]
        clauses.append(("anywhere", first.anywhere))
        qualifiers = tuple([ast.Clause(kind, (), NOWHERE) for kind, said in clauses if said])
        uses = [use for _, alike in things for use in alike]
        phrase = ast.Phrase(tuple(groups), qualifiers, NOWHERE)
        return Told(phrase, _pairs(uses), any([use.exact for use in uses]))

    def _thing(self, named: Named, before: str) -> tuple[ast.Word, ...]:
        """Noun and name; the name alone where the noun stands before."""
        if named.arn:
            return (key(named.arn),)
        noun = tuple([key(one) for one in named.noun.split(" ")])
        if named.name == "*":
            found = self.context.catalog.noun(named.noun.split(" "))
            assert found is not None
            return noun if found[0].full in _SINGLE or not found[0].variables() else (key("any"), *noun)
        name = word(named.name, self.context.library)
        return (name,) if before == named.noun else (*noun, name)

    def _on_everything(self, uses: list[Use]) -> list[Told]:
        """`do anything in SERVICES`, and exact actions on everything."""
        if any([use.verb == "*" for use in uses]):
            return [Told(_do(("anything",)), _pairs(uses), False)]
        found = []
        whole = [use for use in uses if use.verb.endswith(":*") and use.verb.count("*") == 1]
        services = [use.verb[:-2] for use in whole]
        if whole and all([self.context.catalog.service(one) and _bare(one) for one in services]):
            within = ast.Clause("in", tuple([key(one.lower()) for one in services]), NOWHERE)
            found.append(Told(_do(("anything",), within), _pairs(whole), False))
            uses = [use for use in uses if use not in whole]
        if uses:
            found.append(Told(_do(tuple([use.verb for use in uses])), _pairs(uses), True))
        return found

    def _all_resources_but(self, lot: Lot) -> list[Told]:
        """`... except RESOURCES`: AWS's NotResource."""
        actions = next(iter(lot.cells.values()))
        known = [self.coverer.known(actions[one]) for one in sorted(actions)]
        named = self.coverer.excepted(frozenset(lot.cells))
        if not all(known) or named is None:
            return []
        groups: list[ast.Group] = []
        before = ""
        for one in named:
            groups.append(ast.Group(self._thing(one, before), NOWHERE))
            before = one.noun if one.name != "*" else ""
        uses = [Use(one, EVERYTHING, (), frozenset([(one.lower(), arn) for arn in lot.cells])) for one in known if one]
        found = []
        for told in self._on_everything(uses):
            phrase = replace(told.phrase, qualifiers=(*told.phrase.qualifiers, ast.Except(tuple(groups), NOWHERE)))
            found.append(replace(told, phrase=phrase))
        return found

    def _all_actions_but(self, lot: Lot) -> list[Told]:
        """`do anything except`: AWS's NotAction on everything."""
        if set(lot.cells) != {"*"} or lot.except_resources:
            return []
        names = sorted(lot.cells["*"].values())
        known = [self.coverer.known(name) for name in names]
        if not all(known) or "*" in known:
            return []
        services = [name[:-2] for name in known if name and name.endswith(":*") and name.count("*") == 1]
        actions = [name for name in known if name and name[:-2] not in services]
        if not all([_bare(one) for one in services]):
            return []
        clauses: list[ast.Qualifier] = []
        if services:
            clauses.append(ast.Clause("except in", tuple([key(one.lower()) for one in services]), NOWHERE))
        if actions:
            clauses.append(ast.Except(tuple([ast.Group((key(one),), NOWHERE) for one in actions]), NOWHERE))
        return [Told(_do(("anything",), *clauses), frozenset([(one, "*") for one in lot.cells["*"]]), False)]

    # ---- what is left

    def _left(self, cover: Cover, lot: Lot, how: int) -> list[Told]:
        """`exactly`, for each set of actions."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for resource, actions in cover.left:
            alike.setdefault(actions, []).append(resource)
        found = []
        for actions, resources in alike.items():
            named = tuple([word(one) for one in resources if one != NONE])
            exact = ast.Exactly(
                tuple([word(one) for one in actions]), named, lot.except_actions, lot.except_resources, NOWHERE
            )
            said = frozenset([(action.lower(), resource) for action in actions for resource in resources])
            words = (
                [] if lot.except_actions or named or how != PLAIN else [_TRUSTING.get(one.lower()) for one in actions]
            )
            if words and all(words):
                groups = tuple([ast.Group((key(one),), NOWHERE) for one in words if one])
                found.append(Told(ast.Phrase(groups, (), NOWHERE), said, False))
            else:
                found.append(Told(ast.Phrase((), (), NOWHERE, exact), said, True))
        return found


_SINGLE = ("organizations:organization",)
_TRUSTING = {action.lower(): word for word, action in TRUSTING.items()}


def _verb(verb: str) -> ast.Word:
    return key(verb)


def _do(what: tuple[str, ...], *clauses: ast.Qualifier) -> ast.Phrase:
    first, *others = what
    groups = (ast.Group((key("do"), key(first)), NOWHERE), *[ast.Group((key(one),), NOWHERE) for one in others])
    return ast.Phrase(groups, clauses, NOWHERE)


def _bare(service: str) -> bool:
    return all([one.isalnum() or one == "-" for one in service]) and service.isascii()


def _pairs(uses: Iterable[Use]) -> frozenset[tuple[str, str]]:
    return frozenset().union(*[use.pairs for use in uses])
