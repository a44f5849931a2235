"""Ways by which a principal comes to more than its policies say, over all documents that are known together.

The paths and the permissions that each needs: DataDog/pathfinding.cloud (Apache-2.0), in `escalation.tsv`. A path is open
where its resources stand for many, so that there may be somebody to come to; of the principals that are known, it is told to
whom each step leads, and what comes of the steps together.
"""

from __future__ import annotations

from functools import lru_cache
from os.path import dirname, join

from iamdsl import document_rules as own
from iamdsl.access.glob import covers
from iamdsl.diagnostics import Rule
from iamdsl.record import record, replace
from iamdsl.validation.context import Context
from iamdsl.validation.facts import Facts, glob, meets
from iamdsl.validation.grants import says
from iamdsl.validation.hops import LIMITS, PASS, Hop, Path, Steps, principals_of, together
from iamdsl.validation.party import Given, Party, anywhere, openly
from iamdsl.validation.reading import Paper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LONG = 5  # steps of a way that are all told
MANY = 3  # paths from one action that are told one by one


@record
class Finding:
    """Something to tell, at the statements that are `given`: the first step's first. `who` has the way; "" of a document."""

    rule: Rule
    who: str
    path: str
    help: str
    given: tuple[Given, ...]


@lru_cache(maxsize=1)
def paths() -> tuple[Path, ...]:
    """Name of each path and the actions that it needs, in AWS's spelling; the shortest first."""
    with open(join(dirname(__file__), "escalation.tsv"), encoding="utf-8") as file:
        lines = file.read().splitlines()[1:]
    found = [(name, tuple(needs.split(","))) for name, needs in (line.split("\t") for line in lines)]
    return tuple(sorted(found, key=lambda path: (len(path[1]), path[0])))


def alone(context: Context) -> None:
    """The paths that a document opens to whoever has it."""
    for one in escalation([Party("", "", own=(Paper(context.path, context.policy),))], context.facts):
        context.add(one.rule, one.given[0].node, one.help, what="this policy says", path=one.path)


def escalation(parties: Sequence[Party], facts: Facts) -> list[Finding]:
    """What is to be told of `parties`, who are all that is known: each with all its documents."""
    able = [one for one in parties if any(True for _ in possible(one))]
    if not able:
        return []
    ways = _Ways(parties, able, facts)
    opened = {}
    for party in [one for one in able if not one.everything()]:
        known = {hop.path for hop in ways.hops[party] if hop.target in ways.tails}
        opened[party] = [one for one in _open(party, facts) if one[0][0] not in known]
    return [*ways.found(), *_told(opened)]


def possible(party: Party) -> Iterator[Path]:
    """The paths whose every action the party is given on something."""
    exact = {action for _, one in party.allows if not one.negated_actions for action in one.exact}
    wild = [one for _, one in party.allows if one.negated_actions or one.globs]
    for path in paths():
        folded = [action.lower() for action in path[1]]
        if all(one in exact or any(says(statement, one) for statement in wild) for one in folded):
            yield path
    if party.kind in ("user", "role"):  # whom a trust policy may name
        yield ("sts-001", ("sts:AssumeRole",))


# ---- paths to somebody who is not known


def _open(party: Party, facts: Facts) -> list[tuple[Path, tuple[Given, ...]]]:
    """The paths that are open to the party, the shortest for each first step alone."""
    if not any(openly(one, party) for _, one in party.allows):
        return []
    everything = party.everything()
    if everything and not everything.statement.tests:
        return []  # nothing to gain: that is a finding of its own
    found: list[tuple[Path, tuple[Given, ...]]] = []
    for path in paths():
        name, needs = path
        if any(set(other[1]) <= set(needs) for other, _ in found):
            continue
        steps = [_given(action, needs, party) for action in needs]
        given = [one for one in steps if one]
        if len(given) == len(needs) and together(given, facts):
            found.append((path, tuple(given)))
    return found


def _given(action: str, needs: tuple[str, ...], party: Party) -> Given | None:
    """How the party does a step of a path: on resources that stand for many, unless it makes them with a role."""
    folded = action.lower()
    if folded == PASS:
        for principal in principals_of(needs):
            found = party.gives(PASS, openly, iam_passedtoservice=principal)
            if found:
                return found
        return None
    if folded.startswith("iam:"):
        return party.gives(folded, openly, **LIMITS)
    made = PASS in [one.lower() for one in needs]
    return party.gives(folded, anywhere if made else openly)


def _told(opened: dict[Party, list[tuple[Path, tuple[Given, ...]]]]) -> list[Finding]:
    """Findings about open paths, those that begin with one action of a document together."""
    by_place: dict[tuple[object, ...], dict[Path, tuple[list[Party], tuple[Given, ...]]]] = {}
    for party, found in opened.items():
        for path, given in found:
            first = given[0]
            place = (first.paper, first.statement.index, first.node.start)
            holders, _ = by_place.setdefault(place, {}).setdefault(path, ([], given))
            if not any(one.kind == "group" and one.name in party.groups for one in holders):
                holders.append(party)
    return [one for group in by_place.values() for one in _tell(group)]


def _tell(group: dict[Path, tuple[list[Party], tuple[Given, ...]]]) -> Iterator[Finding]:
    listed = list(group.items())
    for (name, needs), (holders, given) in listed if len(listed) <= MANY else listed[:1]:
        help = f"path {name} of pathfinding.cloud: limit the resources of {' or '.join(needs)}"
        path = " + ".join([f"`{need}`" for need in needs])
        if len(listed) > MANY:
            path += f", and {len(listed) - 1} other ways"
            names = ", ".join([one for (one, _), _ in listed[:8]])
            help = f"paths {names} ... of pathfinding.cloud: name actions and resources"
        who = whom(holders) if holders[0].kind else ""
        yield Finding(own.PRIVILEGE_ESCALATION, who, f"{who} has {path}" if who else path, help, given)


def whom(holders: Sequence[Party]) -> str:
    """Those who have a way, for a message."""
    first, *others = holders
    return f"{first.shown} and {len(others)} more" if others else first.shown


# ---- ways to those who are known


class _Ways:
    """All hops between `parties`, and from each the shortest way to everything."""

    def __init__(self, parties: Sequence[Party], able: Sequence[Party], facts: Facts) -> None:
        self.facts = facts
        self.hops = {party: Steps(party, parties, list(possible(party)), facts).found() for party in able}
        self.tails: dict[Party, tuple[Hop, ...]] = {party: () for party in parties if party.everything()}
        reached = True
        while reached:  # breadth first: one hop more each time
            more = {}
            for party, hops in self.hops.items():
                if party not in self.tails:
                    ways = [(hop, *self._tail(hop)) for hop in hops if hop.target is None or hop.target in self.tails]
                    if ways:
                        more[party] = min(ways, key=len)
            self.tails |= more
            reached = bool(more)

    def _tail(self, hop: Hop) -> tuple[Hop, ...]:
        return self.tails[hop.target] if hop.target else ()

    def found(self) -> Iterator[Finding]:
        """Each way once, with all who have it; a group before its members."""
        held: dict[tuple[object, ...], list[tuple[Party, tuple[Hop, ...]]]] = {}
        for party in sorted(self.hops, key=lambda one: (one.kind != "group", one.kind, one.name)):
            for way in self._of(party):
                place = tuple([(one.paper, one.statement.index, one.action) for hop in way for one in hop.given])
                holders = held.setdefault((place, way[-1].target, way[-1].text), [])
                if not any(one.kind == "group" and one.name in party.groups for one, _ in holders):
                    holders.append((party, way))
        for several in held.values():
            yield self._finding([party for party, _ in several], several[0][1])

    def _of(self, party: Party) -> Iterator[tuple[Hop, ...]]:
        if party.everything():
            return
        seen: set[object] = set()
        for hop in self.hops[party]:
            goal = hop.target is None or hop.target in self.tails
            way = (self._services(hop), *(self._tail(hop) if goal else ()))
            first = (hop.given[0].paper, hop.given[0].statement.index, hop.target)
            opened = openly(hop.given[0].statement, party)
            if opened and (hop.target is None or not goal):
                continue  # the path is told as it is
            if first in seen or any(each.source is party for each in way[1:]):
                continue
            if hop.plain and len(way) > 1 and not all(each.plain for each in way):
                continue  # told of whom it becomes
            if goal or not hop.plain and hop.target and surplus(hop.target, party, self.facts):
                seen.add(first)
                yield way

    def _services(self, hop: Hop) -> Hop:
        """The hop, with the number of other services to which the same role can be passed."""
        if not hop.text.startswith("pass "):
            return hop
        others = [one for one in self.hops[hop.source] if one.target is hop.target and one.text.startswith("pass ")]
        more = len(others) - 1
        return replace(hop, text=f"{hop.text} and {more} other service{'s'[: more > 1]}") if more else hop

    def _finding(self, holders: list[Party], way: tuple[Hop, ...]) -> Finding:
        *_, last = way
        who = whom(holders)
        steps = [hop.text for hop in way]
        if len(steps) > LONG:
            steps = [*steps[: LONG - 1], f"go {len(steps) - LONG} steps more", steps[-1]]
        path = f"{who} can {', then '.join(steps)}, and so "
        given = tuple([one for hop in way for one in hop.given])
        names = sorted({hop.path for hop in way})
        help = f"{'paths' if len(names) > 1 else 'path'} {', '.join(names)} of pathfinding.cloud: "
        if last.target and not last.target.everything():
            more = surplus(last.target, holders[0], self.facts)
            return Finding(own.ROLE_LENDS_MORE, who, path + more, help + "well if that is what it is for", given)
        path += "do anything"
        if len(way) == 1 and last.plain:
            return Finding(own.ROLE_LENDS_MORE, who, path, help + "well if that is what it is for", given)
        needs = " or ".join(dict.fromkeys(need for hop in way for need in hop.needs))
        help += f"take away {needs}, or limit what it leads to"
        return Finding(own.PRIVILEGE_ESCALATION, who, path, help, given)


def surplus(target: Party, party: Party, facts: Facts) -> str:
    """What `target` may do that `party` may not, for a message; "" if there is nothing."""
    found = []
    for _, one in target.allows:
        for action in one.actions:
            for resource in one.resources:
                pair = action.text, resource.text
                if one.negated_actions or one.negated_resources or not _has(party, *pair):
                    found.append(pair)
    if not found:
        return ""
    # the first that says on what, and on what the action acts
    action_, resource_ = min(found, key=lambda pair: (pair[1] == "*", not _acts(pair, facts)))
    return f"do `{action_}` on `{resource_}`" + (", among others" if len(found) > 1 else "")


def _acts(pair: tuple[str, str], facts: Facts) -> bool:
    action, resource = pair
    return any(meets(resource, ":".join(format)) for format in facts.resource_formats(action))


def _has(party: Party, action: str, resource: str) -> bool:
    folded = action.lower()
    for _, one in party.allows:
        if one.negated_actions or one.negated_resources:
            continue
        said = folded in one.exact or any(glob(each).match(folded) for each in one.globs)
        if said and any(covers(each.text, resource) for each in one.resources):
            return True
    return False
