"""The smallest set of verbs and exact actions found that means just what a lot says."""

from __future__ import annotations

from iamdsl.compiler.acts import Act, Context, is_pattern
from iamdsl.compiler.arns import PATHS
from iamdsl.decompiler.lots import Lot
from iamdsl.decompiler.meanings import Meanings, Pairs, pairs
from iamdsl.decompiler.targets import Named, Targets
from iamdsl.record import record, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

EVERYTHING = Named("", "", "*")


@record
class Use:
    """A verb, or an exact action, of one resource, and the pairs that it means."""

    verb: str
    named: Named
    acts: tuple[Act, ...]
    pairs: Pairs

    @property
    def exact(self) -> bool:
        return ":" in self.verb


@record
class Cover:
    """What says a lot: `uses` of verbs and actions, and the pairs that are `left` for `exactly`: resource → actions."""

    uses: tuple[Use, ...]
    left: tuple[tuple[str, tuple[str, ...]], ...]


class Coverer:
    """Covers the lots of documents in one setting."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.targets = Targets(context)
        self.meanings = {allows: Meanings(context, allows) for allows in (True, False)}
        self._everywhere: dict[tuple[str, bool], list[Use]] = {}

    def cover(self, lot: Lot) -> Cover:
        """The uses that together mean what `lot` says, and never more."""
        meant = frozenset([(action, resource) for resource, cell in lot.cells.items() for action in cell])
        spelled = {action: text for cell in lot.cells.values() for action, text in cell.items()}
        uses = self._chosen(list(self._uses(lot, meant)), meant)
        left = meant.difference(*[use.pairs for use in uses])
        uses += self._exact(left, meant, spelled, uses, lot.allows)
        left = left.difference(*[use.pairs for use in uses])
        by_resource: dict[str, list[str]] = {}
        for action, resource in sorted(left):
            by_resource.setdefault(resource, []).append(spelled[action])
        return Cover(tuple(uses), tuple([(name, tuple(actions)) for name, actions in by_resource.items()]))

    def excepted(self, arns: frozenset[str]) -> list[Named] | None:
        """What to except from everything to except just `arns`; None where a sentence cannot say it."""
        below = self.context.catalog.type("s3:object")
        chosen: dict[Named, None] = {}
        for arn in sorted(arns):
            for named in self.targets.of(arn):
                target = self.targets.target(named)
                patterns = self.context.arns.own(target, None) if target and not named.any_account else ()
                if target and below and target.type.full in PATHS and not target.arn:
                    patterns += self.context.arns.patterns(target, below, None) or ()
                if patterns and arn in patterns and not named.any_region and arns.issuperset(patterns):
                    chosen[named] = None
                    break
            else:
                return None
        return list(chosen)

    # ---- verbs

    def _uses(self, lot: Lot, meant: Pairs) -> Iterator[Use]:
        """Every use of a verb that means nothing but what is `meant`."""
        meanings = self.meanings[lot.allows]
        actions = {action for action, _ in meant}
        for named in self._named(lot):
            target = self.targets.target(named)
            assert target is not None
            for verb, least in meanings.verbs(target.type):
                if least <= actions and (acts := meanings.of(verb, target)) and (found := pairs(acts)) <= meant:
                    yield Use(verb, named, tuple(acts), found)
        star = frozenset(lot.cells.get("*", ()))
        for service in sorted({action.partition(":")[0] for action in star}):
            for use in self._of_service(service, lot.allows):
                if use.pairs <= meant:
                    yield use

    def _named(self, lot: Lot) -> list[Named]:
        return list(dict.fromkeys(named for resource in sorted(lot.cells) for named in self.targets.of(resource)))

    def _of_service(self, service: str, allows: bool) -> list[Use]:
        """The uses of a service's verbs on AWS's `*`."""
        key = (service, allows)
        if key not in self._everywhere:
            found: dict[Pairs, Use] = {}
            known = self.context.catalog.service(service)
            for type in known.types.values() if known and service in self.context.library.services() else ():
                noun = self.targets.noun(type)
                target = self.targets.target(Named(noun, "*", "", True, True)) if noun else None
                for verb, _ in self.meanings[allows].verbs(type) if target else ():
                    assert target is not None
                    acts = self.meanings[allows].anywhere(verb, target)
                    if acts is None:
                        continue
                    starred = all([act.resources == ("*",) for act in acts])
                    moved = tuple([replace(act, resources=("*",)) for act in acts])
                    named = Named(noun, "*", "", anywhere=not starred)
                    found.setdefault(pairs(list(moved)), Use(verb, named, moved, pairs(list(moved))))
            self._everywhere[key] = list(found.values())
        return self._everywhere[key]

    def _chosen(self, offered: list[Use], meant: Pairs) -> list[Use]:
        """Uses that cover what all `offered` do: greedily the one that adds most, then without those that add nothing."""
        left = frozenset().union(*[use.pairs for use in offered]) & meant
        chosen: list[Use] = []
        while left:
            best = min(
                offered, key=lambda use: (-len(use.pairs & left), bool(use.named.arn), len(use.pairs), _rank(use))
            )
            chosen.append(best)
            left -= best.pairs
        for use in sorted(chosen, key=lambda use: (len(use.pairs), _rank(use))):
            others = [one.pairs for one in chosen if one is not use]
            if use.pairs <= frozenset().union(*others):
                chosen.remove(use)
        return sorted(chosen, key=_rank)

    # ---- exact actions

    def _exact(self, left: Pairs, meant: Pairs, spelled: dict[str, str], uses: list[Use], allows: bool) -> list[Use]:
        """Uses of exact actions for what verbs leave over, where the catalog knows them."""
        preferred = {use.named for use in uses}
        done: set[tuple[str, str]] = set()
        more: list[Use] = []
        for action, resource in sorted(left):
            known = self.known(spelled[action])
            if (action, resource) in done or known is None or not resource:
                continue
            if resource == "*":
                act = Act((known,), ("*",))
                more.append(Use(known, EVERYTHING, (act,), frozenset([(action, "*")])))
                continue
            if known == "*":
                continue
            for named in sorted(self.targets.of(resource), key=lambda one: one not in preferred):
                target = self.targets.target(named)
                acts = self.meanings[allows].of(known, target) if target else None
                if acts and (found := pairs(acts)) <= meant and (action, resource) in found:
                    done |= found
                    more.append(Use(known, named, tuple(acts), found))
                    break
        return more

    def known(self, action: str) -> str | None:
        """The action or pattern as a sentence writes it; None for what the catalog does not know, or a pattern of services."""
        if action == "*":
            return action
        if not _plain(action) or is_pattern(action.partition(":")[0]):
            return None
        found = self.context.expand(action)
        if not found:
            return None
        return action if is_pattern(action) else found[0].full


def _plain(action: str) -> bool:
    """Whether the text can be an action in a sentence."""
    service, colon, name = action.partition(":")
    plain = all([one.isalnum() or one in "-_*?" for one in service + name]) and action.isascii()
    return bool(colon and service and name) and plain and service != "arn"


def _rank(use: Use) -> tuple[object, ...]:
    named = use.named
    return (named.noun, named.name, named.arn, named.any_account, named.any_region, named.anywhere, use.verb)


def grouped(uses: Iterable[Use]) -> dict[Named, list[Use]]:
    """The uses of each resource, those of verbs before those of exact actions."""
    found: dict[Named, list[Use]] = {}
    for use in sorted(uses, key=lambda use: (*_rank(use)[:-1], use.exact, use.verb)):
        found.setdefault(use.named, []).append(use)
    return found
