"""What a target fills in itself: account, region and partition that a program leaves open, and what others own.

Until the documents are made, each of these is a text that stands for it alone: an account id, a region or a name that
nobody wrote. Nothing is known of it but that it is one thing, so that no pattern but `*` covers it.
"""

from __future__ import annotations

import re

from iamdsl import target_rules
from iamdsl.catalog import Catalog, ResourceType
from iamdsl.diagnostics import Report
from iamdsl.policy import codec
from iamdsl.record import record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iamdsl.compiler.bindings import Bindings, Resource
    from iamdsl.compiler.document import Output
    from iamdsl.policy.model import Statement
    from iamdsl.source import Span

KEPT = "kept"  # the verdict on a document that is not made of sentences
SPOKEN = {"json": "plain JSON", "terraform": "Terraform", "cloudformation": "CloudFormation"}
KINDS = {"terraform": "terraform", "cloudformation": "export"}  # target → the word of a declaration that it knows
_HOLE = re.compile(r"\$\{(\w+)\}")
_REGION = re.compile(r"\b[a-z]{2}(?:-[a-z]+)+-\d\b")
_OF_SERVICES = (
    "aws:principalservicename",
    "iam:passedtoservice",
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
)
_DIGITS = "ÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏ"  # letters that AWS takes in a policy and in none of its names


@record
class Named:
    """A thing that others own, as its declaration names it: `address` of `kind` (`terraform`, `export`) at `span`."""

    kind: str
    address: str
    span: Span


@record
class Part:
    """What stands in a text for something else. `kind`: `account`, `region`, `partition`, `arn` (the whole ARN of
    `resource`) or `name` (its variable number `variable`)."""

    kind: str
    resource: Resource | None = None
    variable: int = 0


class References:
    """The texts that stand for what the target `target` fills in; none for plain JSON, where all has to be said.

    `texts`: all that the program was read from, so that no text of ours is in it already.
    """

    def __init__(self, target: str, texts: Iterable[str], catalog: Catalog) -> None:
        self.target = target
        self.catalog = catalog
        self.named: dict[str, Named] = {}  # by the text that stands for it
        self.account = self.region = ""
        self.open_partition = False
        self._texts = "\n".join(texts) if target != "json" else ""

    def open(self, partition: str, stated: bool, more: Iterable[str]) -> str:
        """Choose what stands for account, region and partition where these are left open; return the region, "" if none can.

        `stated`: whether the program says `partition`; `more`: texts that are read for it beside those known.
        """
        if self.target != "json":
            self._texts = "\n".join((self._texts, *more))
            self.account = _unused_account(self._texts)
            self.region = _unused_region(self._texts, self.catalog.regions(partition))
            self.open_partition = not stated and "arn:" not in self._texts and not _REGION.search(self._texts)
        return self.region

    def name(self, kind: str, address: str, span: Span) -> str:
        """The text that stands for what `address` names."""
        text = _token(f"{kind} {address}")
        self.named.setdefault(text, Named(kind, address, span))
        return text

    def values(self, text: str, type: ResourceType) -> dict[str, str]:
        """The variables of the ARN of what `text` stands for."""
        return {name: f"{text}{_DIGITS[at]}" for at, name in enumerate(type.variables())}

    def needles(self, bindings: Bindings) -> dict[str, Part]:
        """Each text that stands for something, with what that is."""
        found: dict[str, Part] = {}
        for resource in bindings.resources.values():
            if resource.value not in self.named:
                continue
            values = self.values(resource.value, resource.type)
            suffix = self.catalog.arn_quirk(resource.type).suffix
            places = {
                "Partition": bindings.partition,
                "Region": resource.region or bindings.region,
                "Account": resource.account or bindings.home,
            }
            for format in resource.type.arns:
                arn = _HOLE.sub(lambda hole: {**values, **places}.get(hole[1], ""), format)
                if suffix.startswith("-"):  # part of a name that AWS makes up, which the ARN has
                    found.setdefault(arn + suffix, Part("arn", resource))
                found.setdefault(arn, Part("arn", resource))
            for at, value in enumerate(values.values()):
                found.setdefault(value, Part("name", resource, at))
        if self.account:
            found[self.account] = Part("account")
        if self.region:
            found[self.region] = Part("region")
        if self.open_partition:
            found[f"arn:{bindings.partition}:"] = Part("partition")
        return found

    def speaker(self, bindings: Bindings) -> Callable[[str], str]:
        """What says a text to a reader: `<account>`, `<aws_s3_bucket.data>` for what stands for something else."""
        parts = {text: part for text, part in self.needles(bindings).items() if part.kind != "partition"}
        found = splitter(parts)

        def shown(match: re.Match[str]) -> str:
            part = parts[match.group()]
            return f"<{self.named[part.resource.value].address if part.resource else part.kind}>"

        return lambda text: found.sub(shown, text) if found else text

    def settle(self, outputs: Iterable[Output], report: Report) -> None:
        """Close the partition if a document says more of it than its ARNs do: names of endpoints and services differ.

        Documents that are kept in files may hold a text that stands for something here: a finding.
        """
        for output in outputs:
            if output.proof == KEPT:
                self.open_partition = False
                self._check(output, report)
            elif any([_of_partition(statement, self.catalog) for statement in output.lowered.document.statements]):
                self.open_partition = False

    def _check(self, kept: Output, report: Report) -> None:
        text = codec.compact(kept.lowered.document)
        for what, taken in (("region", self.region), ("account", self.account)):
            if taken and taken in text:
                why = f"the {what} is left open, and `{taken}` in this file would stand for it"
                help = "say it: `region eu-west-1`, `account NAME = 111122223333`"
                told, span = SPOKEN[self.target], kept.lowered.origins[0][0].span
                report.add(target_rules.UNSAYABLE, span, help=help, target=told, why=why)


def _of_partition(statement: Statement, catalog: Catalog) -> bool:
    """Whether `statement` holds the name of an endpoint, or of a service that is called otherwise elsewhere."""
    pairs = (*(statement.principal or ()), *(statement.not_principal or ()))
    services = [value for kind, value in pairs if kind == "Service"]
    for _, keys in statement.condition:
        for key, values in keys:
            if key.lower() in _OF_SERVICES:
                services += values
            elif any(["amazonaws.com" in text or "signin.aws" in text for text in (key, *values)]):
                return True
    return any([catalog.varies(service) for service in services])


def splitter(needles: dict[str, Part]) -> re.Pattern[str] | None:
    """What finds the `needles` in a text, the longest first; None if there are none."""
    every = sorted(needles, key=lambda one: (-len(one), one))
    return re.compile("|".join([re.escape(one) for one in every])) if every else None


def is_reference(text: str) -> bool:
    """Whether `text` stands for what another owns."""
    return len(text) > 17 and text[0] == "¤" and all([one in _DIGITS for one in text[1:]])


def _token(seed: str) -> str:
    from hashlib import sha256  # local: few programs refer to what others own

    return "¤" + "".join([_DIGITS[int(one, 16)] for one in sha256(seed.encode()).hexdigest()[:17]])


def _unused_account(whole: str) -> str:
    """The id of an account that the program does not mention; the same for the same program, and mostly for all."""
    number = 804615937042
    while str(number) in whole:
        number -= 7_000_001
    return str(number)


def _unused_region(whole: str, regions: tuple[str, ...]) -> str:
    """A region that the program does not mention, nor any word or pattern that might be of its name."""
    for region in reversed(regions):
        start, _, rest = region.partition("-")
        if f"{start}-" not in whole and rest not in whole:
            return region
    return ""


_VALUES = ("module.", "var.", "local.")  # what is a value of its own; of everything else the ARN is meant


def attribute(address: str) -> str:
    """What has the ARN of the thing at a Terraform `address`."""
    return address if address.startswith(_VALUES) else f"{address}.arn"
