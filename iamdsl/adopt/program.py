"""An account as a program: one file a team or path, what is the same said once, and what is shared in a file of its own."""

from __future__ import annotations

from iamdsl.adopt import sentences as say
from iamdsl.adopt.marks import by_mark, named
from iamdsl.adopt.model import Account, Managed, Principal
from iamdsl.adopt.pieces import Key, Piece
from iamdsl.catalog import Catalog
from iamdsl.compiler.phrase import shown
from iamdsl.emit.paths import segment, segments
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MAIN, SHARED, COMMON = "account.iam", "shared.iam", "common.iam"
_TEAM_TAGS = ("team", "owner", "project", "application", "app")  # the tags that people tell teams by, best first


class Program:
    """A program in the making. `files`: path → its lines; `keys`: for each of them the documents that it says.

    `kept`: path → the document in it. `merged`: how many documents another one's sentences say too.
    """

    def __init__(self) -> None:
        self.files: dict[str, list[ast.Line]] = {}
        self.keys: dict[str, list[tuple[Key, ...]]] = {}
        self.kept: dict[str, Piece] = {}
        self.merged = 0

    def add(self, file: str, line: ast.Line, keys: tuple[Key, ...] = ()) -> None:
        self.files.setdefault(file, []).append(line)
        self.keys.setdefault(file, []).append(keys)


def boundaries(account: Account) -> frozenset[str]:
    """The ARNs of the policies that are a boundary and nothing else: those a program declares as one."""
    attached = {arn for one in account.principals for arn in one.managed}
    bounding = {one.boundary for one in account.principals}
    plain = {one.arn for one in account.policies if one.path == "/" and not one.tags}
    return frozenset((bounding & plain) - attached - {""})


def program(account: Account, pieces: dict[Key, Piece], catalog: Catalog) -> Program:
    """The program that says `account`, whose documents `pieces` say, without what it declares before all else."""
    return _Maker(account, pieces, catalog).program()


class _Maker:
    def __init__(self, account: Account, pieces: dict[Key, Piece], catalog: Catalog) -> None:
        self.account = account
        self.pieces = pieces
        self.catalog = catalog
        self.bounding = boundaries(account)
        self.made = Program()
        self.names = {one.arn: one.name for one in account.policies}
        teams = sorted({team for one in account.principals if (team := _team(one.path, one.tags))} | {""})
        teams += [team for one in account.policies if (team := _team(one.path, one.tags)) and team not in teams]
        self.place = {team: f"teams/{name}.iam" for team, name in segments(filter(None, teams)).items()}
        self.place[""] = COMMON

    def program(self) -> Program:
        homes = self.homes()
        for file in dict.fromkeys([*self.place.values(), SHARED]):
            here = [one for one in self.account.principals if self.file(one) == file]
            self.people(file, here)
            self.roles(file, [one for one in here if one.kind == "role"])
            self.inline(file, here)
            self.policies(file, [one for one in self.account.policies if homes[one.arn] == file])
            self.uses(file, here)
        self.rest()
        marks = by_mark(self.account.references)
        if marks:
            self.made.files = {file: list(named(tuple(lines), marks)) for file, lines in self.made.files.items()}
        return self.made

    # ---- where things go

    def file(self, one: Principal) -> str:
        return self.place[_team(one.path, one.tags)]

    def homes(self) -> dict[str, str]:
        """The file of each managed policy: that of all who have it, if it is one; else that of its path, else the shared one."""
        users: dict[str, set[str]] = {}
        for one in self.account.principals:
            for arn in (*one.managed, one.boundary):
                users.setdefault(arn, set()).add(self.file(one))
        found = {}
        for policy in self.account.policies:
            of_users = users.get(policy.arn, set())
            team = _team(policy.path, policy.tags)
            found[policy.arn] = next(iter(of_users)) if len(of_users) == 1 else self.place[team] if team else SHARED
        for alike in self.alike():
            places = {found[each.arn] for each in alike}
            place = places.pop() if len(places) == 1 else SHARED
            found.update({each.arn: place for each in alike})
        return found

    def alike(self) -> list[list[Managed]]:
        """The managed policies that differ in nothing but their name, those of each kind together."""
        kinds: dict[object, list[Managed]] = {}
        for one in self.account.policies:
            piece = self.pieces[self.key(one)]
            if piece.body and self.key(one).kind == "policy":
                kinds.setdefault((one.path, one.tags, piece.paper.note, piece.paper.document), []).append(one)
        return [alike for alike in kinds.values() if len(alike) > 1]

    def key(self, policy: Managed) -> Key:
        return Key("boundary" if policy.arn in self.bounding else "policy", policy.name)

    def body(self, file: str, piece: Piece) -> tuple[ast.Line, ...]:
        """The sentences of a document, or the file that it is kept in, as seen from `file`."""
        if piece.body:
            return piece.body
        key = piece.key
        folder = {"inline": f"{key.of}s/{segment(key.name)}", "trust": "trust"}.get(key.kind, key.kind)
        path = f"kept/{folder}/{segment(key.inline or key.name)}.json"
        self.made.kept[path] = piece
        return say.kept("../" * file.count("/") + path)

    # ---- who there is

    def people(self, file: str, here: list[Principal]) -> None:
        alike: dict[object, list[str]] = {}
        for one in [one for one in here if one.kind == "user"]:
            alike.setdefault(say.facts(one, self.boundary(one)), []).append(one.name)
        for stated, names in alike.items():
            self.made.add(file, say.line(say.users(names, stated)))  # type: ignore[arg-type]
        members: dict[str, list[str]] = {}
        for one in self.account.principals:
            for group in one.groups:
                members.setdefault(group, []).append(one.name)
        for one in [one for one in here if one.kind == "group"]:
            stated = say.facts(one, "")
            self.made.add(file, say.line(say.group(one.name, members.get(one.name, ()), stated), one.note))

    def boundary(self, one: Principal) -> str:
        return self.names[one.boundary] if one.boundary in self.bounding else one.boundary

    def roles(self, file: str, here: list[Principal]) -> None:
        """Roles with their trust; those of which the same is to be said in one loop."""
        alike: dict[object, list[Principal]] = {}
        for one in here:
            piece = self.pieces[Key("trust", one.name)]
            same = (
                (say.facts(one, self.boundary(one)), self.profiles(one), piece.paper.document)
                if piece.body
                else one.name
            )
            alike.setdefault((same, one.note), []).append(one)
        for several in alike.values():
            first = several[0]
            stated = (*say.facts(first, self.boundary(first)), *self.profiles(first))
            piece = self.pieces[Key("trust", first.name)]
            body = self.body(file, piece)
            keys = tuple([Key("trust", one.name) for one in several])

            def said(name: ast.Word) -> list[ast.Line]:
                lines = [say.line(ast.Role(name, (), stated, say.NOWHERE))] if stated else []
                return [*lines, say.line(ast.TrustPolicy(name, body, say.NOWHERE))]

            self.once(file, "role", [one.name for one in several], said, keys, first.note)

    def once(
        self,
        file: str,
        what: str,
        names: list[str],
        said: Callable[[ast.Word], list[ast.Line]],
        keys: tuple[Key, ...],
        note: str,
    ) -> None:
        """Say something of one name, or of several in a loop."""
        if len(names) == 1:
            lines = said(say.word(names[0]))
            for number, line in enumerate(lines):
                self.made.add(
                    file, say.line(line.sentence, "" if number else note), keys if number == len(lines) - 1 else ()
                )
            return
        self.made.merged += len(names) - 1
        self.made.add(file, say.line(say.each(what, names, tuple(said(say.filled(what)))), note), keys)

    def profiles(self, one: Principal) -> tuple[ast.Fact, ...]:
        """The first instance profile: a role is in several only where somebody put it there by hand."""
        return tuple([say.profile(name) for name in one.instance_profiles[:1]])

    def inline(self, file: str, here: list[Principal]) -> None:
        """Inline policies, one sentence for all that have the same one by the same name."""
        alike: dict[object, list[Key]] = {}
        for one in here:
            for name, paper in one.inline:
                key = Key("inline", one.name, one.kind, name)
                alike.setdefault((name, paper.document if self.pieces[key].body else key), []).append(key)
        for keys in alike.values():
            who = say.subjects([(key.of, key.name) for key in keys])
            body = self.body(file, self.pieces[keys[0]])
            self.made.merged += len(keys) - 1
            node = ast.InlinePolicy(say.word(keys[0].inline), who, body, say.NOWHERE)
            self.made.add(file, say.line(node), tuple(keys))

    def policies(self, file: str, here: list[Managed]) -> None:
        groups: dict[object, list[Managed]] = {}
        for alike in self.alike():
            groups.update({one.arn: alike for one in alike})
        done: set[str] = set()
        for one in here:
            alike = groups.get(one.arn, [one])
            if one.arn in done:
                continue
            done |= {each.arn for each in alike}
            piece = self.pieces[self.key(one)]
            body, stated = self.body(file, piece), say.placed(one.path, one.tags)
            names, keys = [each.name for each in alike], tuple([self.key(each) for each in alike])
            bounds = keys[0].kind == "boundary"

            def said(name: ast.Word) -> list[ast.Line]:
                if bounds:
                    return [say.line(ast.Boundary(name, body, say.NOWHERE))]
                return [say.line(ast.Policy(name, (), body, say.NOWHERE, stated))]

            self.once(file, "policy", names, said, keys, piece.paper.note)

    def uses(self, file: str, here: list[Principal]) -> None:
        """Who has which managed policies: one sentence for those that have the same."""
        alike: dict[tuple[str, ...], list[Principal]] = {}
        for one in here:
            if one.managed:
                alike.setdefault(tuple(sorted(one.managed)), []).append(one)
        for arns, several in alike.items():
            ours = [self.names[arn] for arn in arns if arn in self.names]
            named = [(arn, self.aws(arn)) for arn in arns if arn not in self.names]
            aws = [name for arn, name in named if name]
            ours += [arn for arn, name in named if not name]
            self.made.add(file, say.line(say.use([(one.kind, one.name) for one in several], ours, aws)))

    def aws(self, arn: str) -> str:
        """A managed policy of AWS as a program names it; "" for what the catalog has not, which is named by its ARN."""
        name = arn.partition(":policy/")[2]
        for one in (name.rpartition("/")[2], name):
            if self.catalog.managed_policy(one, self.account.partition or "aws") == arn:
                return one
        return ""

    # ---- what belongs to nobody

    def rest(self) -> None:
        for held in self.account.held:
            key = Key("resource", held.arn, held.type)
            type = self.catalog.type(held.type)
            assert type is not None, "a resource whose type is not known is loose"
            noun = [ast.Word(one, False, say.NOWHERE) for one in shown(type).split()]
            body = self.body("resources.iam", self.pieces[key])
            node = ast.ResourcePolicy((*noun, say.word(held.arn)), body, say.NOWHERE)
            self.made.add("resources.iam", say.line(node, held.paper.note), (key,))
        for one in self.account.guardrails:
            key = Key(one.kind, one.name)
            body = self.body("guardrails.iam", self.pieces[key])
            several = f"attached to {', '.join(one.targets)}" if len(one.targets) > 1 else ""
            note = "; ".join([said for said in (one.paper.note, several) if said])
            self.made.add("guardrails.iam", say.line(_guardrail(one.name, one.kind, one.targets, body), note), (key,))


def _guardrail(name: str, kind: str, targets: Sequence[str], body: tuple[ast.Line, ...]) -> ast.Guardrail:
    guarded = "principals" if kind == "scp" else "resources"
    if len(targets) != 1:
        return ast.Guardrail(say.word(name), guarded, "", None, body, say.NOWHERE)
    place = "account" if targets[0].isdigit() else "organization" if targets[0].startswith("o-") else "ou"
    return ast.Guardrail(say.word(name), guarded, place, say.word(targets[0]), body, say.NOWHERE)


def _team(path: str, tags: Iterable[tuple[str, str]]) -> str:
    """Whose a thing is: by the first part of its path, else by its tags; "" where neither says so."""
    first = path.strip("/").partition("/")[0]
    if first and first != "service-role":  # where the console puts roles for services, whoever makes them
        return first
    told = {key.lower(): value for key, value in tags}
    return next((told[name] for name in _TEAM_TAGS if told.get(name)), "")
