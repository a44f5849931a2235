"""The catalog's look-ups. Everything is read when first asked for: one file per service that a program names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from os.path import dirname, join

from iamdsl.catalog import tables
from iamdsl.catalog.model import Action, ActionType, Key, ResourceType, Service, key_in
from iamdsl.catalog.names import fill, matches, shape, singulars, squash
from iamdsl.catalog.service import read_service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    T = TypeVar("T")

DATA = join(dirname(__file__), "data")

# Words in the longest name of a type, which bounds how far `SERVICE TYPE` looks ahead.
LONGEST = 8


class Catalog:
    """AWS facts from the data in `folder` (made by `refresh`) and the package's own tables.

    Names are compared without case and come back in AWS's spelling. A look-up of what does not exist is None or empty,
    never an error; a broken data file raises OSError or ValueError.
    """

    def __init__(self, folder: str = DATA) -> None:
        self.folder = folder
        self._kept: dict[str, Any] = {}
        self._loaded: dict[str, Service | None] = {}
        self._carried: dict[tuple[str, str, str], bool] = {}

    def _keep(self, name: str, make: Callable[[], T]) -> T:
        """The value of `make`, made once."""
        if name not in self._kept:
            self._kept[name] = make()
        value: T = self._kept[name]
        return value

    def _text(self, path: str) -> str:
        with open(join(self.folder, path), encoding="utf-8") as file:
            return file.read()

    def _json(self, path: str) -> Any:
        from json import loads  # not on the path of a compile that needs no such file

        return loads(self._text(path))

    @property
    def version(self) -> str:
        """The date of the data, `2026-10-27`."""
        return self._keep("version", lambda: self._text("version").strip())

    # services, actions, types

    def services(self) -> frozenset[str]:
        """The prefixes of all services, lower case."""
        return self._keep("services", lambda: frozenset(self._text("services.txt").split()))

    def service(self, prefix: str) -> Service | None:
        """The service with this prefix."""
        prefix = prefix.lower()
        if prefix not in self._loaded:
            known = prefix in self.services()
            self._loaded[prefix] = read_service(prefix, self._text(f"services/{prefix}.json")) if known else None
        return self._loaded[prefix]

    def loaded(self) -> tuple[str, ...]:
        """The prefixes of the services whose files have been read so far, sorted."""
        return tuple(sorted(prefix for prefix, service in self._loaded.items() if service))

    def action(self, full: str) -> Action | None:
        """The action `s3:GetObject`."""
        prefix, _, name = full.partition(":")
        service = self.service(prefix)
        return service.actions.get(name.lower()) if service else None

    def names_matching(self, pattern: str) -> tuple[tuple[str, str], ...]:
        """Full name and level of each action that `pattern` (`*`, `s3:Get*`, `*:*Tag*`) matches, A to Z by service.

        Reads the index of all actions, 0.8 MB, and no service.
        """
        if ":" not in pattern and pattern != "*":
            return ()
        import re  # the parser has loaded it by now

        body = re.escape("*:*" if pattern == "*" else pattern).replace(r"\*", "[^ \n]*").replace(r"\?", "[^ \n]")
        found = re.findall(rf"^({body}) (.*)$", self._keep("actions", lambda: self._text("actions.txt")), re.M | re.I)
        return tuple(found)

    def index(self) -> Iterator[tuple[str, str, str]]:
        """Kind (type, action or key), name, and level or type of everything: without a look into any service."""
        for line in self._keep("types and keys", lambda: self._text("types_and_keys.txt")).splitlines():
            kind, _, rest = line.partition(" ")
            name, _, about = rest.rpartition(" ") if kind == "key" else (rest, "", "")
            yield kind, name, about
        for line in self._keep("actions", lambda: self._text("actions.txt")).splitlines():
            name, _, level = line.partition(" ")
            yield "action", name, level
        for key in self.global_keys().values():
            yield "key", key.name, key.type

    def matching(self, pattern: str) -> tuple[Action, ...]:
        """The actions that `pattern` matches, A to Z. Loads each service that has one."""
        prefix, colon, name = pattern.partition(":")
        if colon and "*" not in prefix and "?" not in prefix:
            service = self.service(prefix)
            folded = name.lower()
            return tuple(service.actions[key] for key in service.actions if matches(folded, key)) if service else ()
        found = (self.action(full) for full, _level in self.names_matching(pattern))
        return tuple(action for action in found if action)

    def actions_on(self, type: ResourceType, level: str | None = None) -> tuple[Action, ...]:
        """The actions of the type's own service that take it, A to Z; those of one access `level` if given."""
        service = self.service(type.service)
        actions = service.actions.values() if service else ()
        return tuple(one for one in actions if type.name in one.takes and level in (None, one.level))

    def pair(self, action: Action, type: ResourceType) -> ActionType | None:
        """How `action` takes a resource of `type`, or None if it does not.

        Some services list another's resource under a name of their own: `sts:AssumeRole` takes `sts:role`, which is
        `iam:role`. Types of two services are the same if their ARN formats differ only in the names of variables.
        """
        if type.service == action.service:
            return next((pair for pair in action.types if pair.name == type.name), None)
        service = self.service(action.service)
        shapes = {shape(arn) for arn in type.arns}
        for pair in action.types if service else ():
            own = service.types.get(pair.name.lower()) if service else None
            if own and not shapes.isdisjoint(shape(arn) for arn in own.arns):
                return pair
        return None

    def depends(self, action: Action) -> tuple[str, ...]:
        """Full names of the actions a caller of `action` also needs: AWS's list and our additions to it."""
        more = self._keep("passing", tables.read_passing).get(action.full.lower(), ())
        return tuple(sorted({*action.depends, *more}))

    def type(self, full: str) -> ResourceType | None:
        """The resource type `s3:bucket`."""
        prefix, _, name = full.partition(":")
        service = self.service(prefix)
        return service.types.get(name.lower()) if service else None

    def type_named(self, service: str, words: str) -> ResourceType | None:
        """The type of `service` called `words`, without regard to case, hyphens, spaces or a plural ending."""
        found = self.service(service)
        if not found:
            return None

        def fold() -> dict[str, str]:
            return {squash(name): name for name in found.types}

        by_words = self._keep(f"types of {found.prefix}", fold)
        wanted = squash(words)
        for word in (wanted, *singulars(wanted)):
            if word in by_words:
                return found.types[by_words[word]]
        return None

    def nouns(self) -> Mapping[str, str]:
        """Short noun -> full name of its type. Nouns are lower case, some of several words."""
        return self._keep("nouns", tables.read_nouns)

    def noun(self, words: Sequence[str]) -> tuple[ResourceType, int] | None:
        """The type that `words` begin by naming, and how many of them do: the longest short noun or `SERVICE TYPE`.

        A type's name may be spread over several words (`sagemaker training job`). A short noun wins a tie.
        """
        if not words or words[0].lower() not in self._keep("first words", self._first_words):
            return None
        nouns = self.nouns()
        for count in range(min(len(words), LONGEST), 0, -1):
            full = nouns.get(" ".join(words[:count]).lower())
            found = self.type(full) if full else None
            if not found and count > 1 and words[0].lower() in self.services():
                service = self.service(words[0])
                named = self.type_named(words[0], " ".join(words[1:count]))
                found = named if service and named and _exact(named, words[1:count]) else None
            if found:
                return found, count
        return None

    def _first_words(self) -> frozenset[str]:
        return self.services().union([noun.partition(" ")[0] for noun in self.nouns()])

    def arn_quirk(self, type: ResourceType) -> tables.ArnQuirk:
        """How the type's ARN departs from its format; all empty for most."""
        return self._keep("quirks", tables.read_quirks).get(type.full, PLAIN_FORMAT)

    # condition keys

    def global_keys(self) -> Mapping[str, Key]:
        """The global and cross-service keys by lower-case name, templates (`aws:principaltag/${tagkey}`) included."""
        return self._keep("keys", tables.read_keys)

    def key(self, name: str, service: str | None = None) -> Key | None:
        """The condition key `name`: global, of the service that its prefix names, or one that `service` uses.

        An instance of a template key (`aws:PrincipalTag/team`, `kms:EncryptionContext:app`) comes back with its own
        name, the fixed part in AWS's spelling.
        """
        found = key_in(self.global_keys(), name)
        if found or name[:4].lower() == "aws:":
            return found
        for prefix in self._key_services(name, service):
            one = self.service(prefix)
            found = key_in(one.keys, name) if one else None
            if found:
                return found
        return None

    def _key_services(self, name: str, service: str | None) -> Iterator[str]:
        """Services that may have a key `name`, likeliest first."""
        prefix = name.partition(":")[0].lower()
        yield prefix
        if service:
            yield service
        elsewhere = self._keep("key prefixes", lambda: self._json("key_prefixes.json")["prefixes"])
        for known, where in elsewhere.items():
            if fill(known, prefix):
                yield from where

    def carries(self, action: Action, type: ResourceType | None, key: str) -> bool:
        """Whether a request for `action` on a resource of `type` may carry the condition key.

        It may if the key is global with scope `any`, or is listed for the action, for the pair, or for the type. With
        `type` None: for any of the types that the action takes. About 100 keys are listed nowhere (`dynamodb:
        FirstPartitionKeyValues`): AWS's tables do not say which actions carry them, so all of the service may.
        """
        asked = (action.full, type.full if type else "", key)
        if asked not in self._carried:
            self._carried[asked] = self._carries(action, type, key)
        return self._carried[asked]

    def _carries(self, action: Action, type: ResourceType | None, key: str) -> bool:
        known = key_in(self.global_keys(), key)
        if known and (known.scope == "any" or (known.scope == "service" and key.startswith(f"{action.service}:"))):
            return True
        service = self.service(action.service)
        listed = list(action.keys)
        taken = action.types if type is None else filter(None, [self.pair(action, type)])
        for pair in taken:
            listed += pair.keys
            listed += service.types[pair.name.lower()].keys if service else ()
        if any(fill(name, key) for name in listed):
            return True
        return service is not None and any(fill(name, key) for name in self._unlisted(service))

    def _unlisted(self, service: Service) -> frozenset[str]:
        """The keys of a service that neither an action nor a type lists."""

        def find() -> frozenset[str]:
            listed = {name for type in service.types.values() for name in type.keys}
            for action in service.actions.values():
                listed.update(action.keys, *(pair.keys for pair in action.types))
            return frozenset(key.name for key in service.keys.values()) - listed

        return self._keep(f"unlisted {service.prefix}", find)

    # principals, partitions

    def principals(self) -> frozenset[str]:
        """The known service principals, as in the `aws` partition: `sagemaker.amazonaws.com`."""

        def read() -> frozenset[str]:
            return tables.read_principals().union(self._json("principals.json")["principals"])

        return self._keep("principals", read)

    def principal(self, service: str, partition: str = "aws") -> str | None:
        """The principal in `partition` of a service, written short (`pods.eks`, `logs.eu-west-1`) or in full."""
        name = short_principal(service)
        first, _, region = name.partition(".")
        if region and self.partition_of(region):
            found = f"{first}.amazonaws.com" in self.principals()
        else:
            found = f"{name}.amazonaws.com" in self.principals()
        if not found:
            return None
        local = self._keep("suffixes", tables.read_suffixes)
        return name + local.get((first, partition), ".amazonaws.com")

    def varies(self, principal: str) -> bool:
        """Whether a service's principal is another in another partition."""
        name = short_principal(principal).partition(".")[0]
        return any([name == service for service, _ in self._keep("suffixes", tables.read_suffixes)])

    def partitions(self) -> tuple[str, ...]:
        """`aws`, `aws-cn`, `aws-us-gov` and so on, A to Z."""
        return tuple(self._partitions())

    def regions(self, partition: str = "aws") -> tuple[str, ...]:
        """The regions of a partition, A to Z; empty if there is no such partition."""
        return tuple(self._partitions().get(partition, {"regions": ()})["regions"])

    def suffix(self, partition: str) -> str:
        """The domain of the partition's endpoints: `amazonaws.com.cn`."""
        return str(self._partitions().get(partition, {"suffix": "amazonaws.com"})["suffix"])

    def partition_of(self, region: str) -> str | None:
        """The partition that has this region."""
        return next((name for name, entry in self._partitions().items() if region in entry["regions"]), None)

    def _partitions(self) -> dict[str, Any]:
        found: dict[str, Any] = self._keep("partitions", lambda: self._json("partitions.json")["partitions"])
        return found

    # policies

    def quota(self, kind: str) -> tables.Quota | None:
        """The limit on a kind of document or thing: `managed`, `inline-role`, `trust`, `s3:bucket` ..."""
        return self.quotas().get(kind)

    def quotas(self) -> Mapping[str, tables.Quota]:
        """All limits by kind."""
        return self._keep("quotas", tables.read_quotas)

    def resource_policy(self, type: ResourceType) -> tables.ResourcePolicy | None:
        """The resource policy that the type takes, or None."""
        return self._keep("resource policies", tables.read_resource_policies).get(type.full)

    def holder(self, type: ResourceType) -> ResourceType | None:
        """The type whose resource policy speaks of a resource of `type`: often itself; None where there is none."""
        if self.resource_policy(type):
            return type
        full = self._keep("holders", tables.read_holders).get(type.full)
        return self.type(full) if full else None

    def resource_policies(self) -> tuple[tables.ResourcePolicy, ...]:
        """All resource policies, A to Z by type."""
        return tuple(self._keep("resource policies", tables.read_resource_policies).values())

    def confused_deputy(self, service: str) -> tables.ConfusedDeputy | None:
        """The guards of grants to a service principal, written short or in full; None if nothing is known of it."""
        name = short_principal(service)
        return self._keep("confused deputies", tables.read_confused_deputies).get(name)

    def assume_actions(self, service: str) -> tuple[str, ...]:
        """What a role's trust in a service, written short or in full, allows beside sts:AssumeRole."""
        return self._keep("assume actions", tables.read_assume_actions).get(short_principal(service), ())

    def issuer(self, name: str) -> tables.Issuer:
        """How IAM names the issuer of OIDC tokens `name` (without `https://`) and its claims."""
        return self._keep("issuers", tables.read_issuers).get(name, tables.Issuer())

    def sign_in(self, partition: str) -> tables.SignIn | None:
        """Where federated users of the partition sign in; None if that is not public."""
        return self._keep("sign-in", tables.read_sign_in).get(partition)

    def managed_policies(self) -> Mapping[str, str]:
        """Name of an AWS managed policy -> path and name in its ARN (`service-role/AWSLambdaRole`)."""

        def read() -> dict[str, str]:
            return {line.rpartition("/")[2]: line for line in self._text("managed_policies.txt").splitlines()}

        return self._keep("managed policies", read)

    def managed_policy(self, name: str, partition: str = "aws") -> str | None:
        """The ARN of the AWS managed policy called `name`, with or without its path; case counts."""
        path = self.managed_policies().get(name.rpartition("/")[2])
        return f"arn:{partition}:iam::aws:policy/{path}" if path and name in (path, path.rpartition("/")[2]) else None

    def page(self, service: str) -> str:
        """The name of the service's page in the Service Authorization Reference; "" where it is not known."""
        return self._keep("pages", tables.read_pages).get(service.lower(), "")

    def rcp_services(self) -> frozenset[str]:
        """The services whose actions a resource control policy may name."""
        return self._keep("rcp services", lambda: frozenset(self._text("rcp_services.txt").split()))


PLAIN_FORMAT = tables.ArnQuirk()


def short_principal(service: str) -> str:
    """A service principal, or its short form, without the suffix: `ec2.amazonaws.com.cn` is `ec2`."""
    return service.lower().removesuffix(".amazonaws.com.cn").removesuffix(".amazonaws.com")


def _exact(type: ResourceType, words: Sequence[str]) -> bool:
    """Whether the words spell the type's name itself, not a plural of it."""
    return squash(type.name) == squash(" ".join(words))


_default: list[Catalog] = []


def default() -> Catalog:
    """The catalog that comes with the package; the same one each time."""
    if not _default:
        _default.append(Catalog())
    return _default[0]
