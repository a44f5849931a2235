"""Names of a program to what exists: `inventory "FILE"` and the declarations that leave the value to it."""

from __future__ import annotations

import os
import re

from iamdsl import read
from iamdsl import target_rules as rules
from iamdsl.catalog import Catalog, ResourceType
from iamdsl.compiler.arns import matcher
from iamdsl.compiler.existing import Entry, NoInventory, existing
from iamdsl.compiler.meant import Found
from iamdsl.compiler.phrase import shown
from iamdsl.compiler.words import closest
from iamdsl.diagnostics import Report
from iamdsl.source import Span

_PLACES = ("Partition", "Region", "Account")
_FEW = 6  # candidates in a help


class Inventory:
    """What the inventories of a program list, and the `paths` of their files."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.paths: list[str] = []
        self.entries: list[Entry] = []
        self.whole = True  # whether all its files could be read; if not, what is missing is no finding
        self._typed: dict[str, list[tuple[Entry, str]]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Inventory) and (self.entries, self.whole) == (other.entries, other.whole)

    def read(self, name: str, span: Span, report: Report) -> None:
        """Take in the file `name`, as seen from the program's; a finding if it cannot be."""
        path = read.joined(os.path.dirname(span.path), name)
        source = read.file(path, report, span)
        if source is None:
            self.whole = False
            return
        report.sources[source.path] = source
        self.paths.append(source.path)
        try:
            self.entries += existing(source.text)
        except NoInventory as fault:
            self.whole = False
            help = (
                "a state of Terraform, `terraform show -json`, `aws cloudformation describe-stacks` or `list-exports`, "
                "`aws resourcegroupstaggingapi get-resources`, or a JSON or CSV of names and ARNs"
            )
            report.add(rules.BAD_INVENTORY, span, help=help, path=path, why=str(fault))

    # ---- look-ups

    def of(self, type: ResourceType) -> list[tuple[Entry, str]]:
        """The entries of `type`, each with its name in AWS."""
        if type.full not in self._typed:
            self._typed[type.full] = found = []
            for one in self.entries:
                name = self._name(one, type)
                if name is not None:
                    found.append((one, name))
        return self._typed[type.full]

    def _name(self, entry: Entry, type: ResourceType) -> str | None:
        quirk = self.catalog.arn_quirk(type)
        for format in type.arns:
            match = matcher(format, quirk.plain).fullmatch(entry.arn)
            if match:
                return "/".join([value for name, value in match.groupdict().items() if name not in _PLACES])
        return None

    def named(self, type: ResourceType, name: str) -> list[tuple[Entry, str]]:
        """The entries of `type` that are called `name`: exactly so if any is, else but for case, dashes and the noun."""
        exact = [(one, own) for one, own in self.of(type) if name in (*one.names, *self._own(own, type))]
        if exact:
            return exact
        wanted = {_squashed(text) for text in (name, f"{name} {shown(type)}", f"{shown(type)} {name}")}
        return [(one, own) for one, own in self.of(type) if wanted & {_squashed(each) for each in one.names}]

    def _own(self, own: str, type: ResourceType) -> tuple[str, ...]:
        """The name in AWS, and without what AWS adds to it at random."""
        suffix = self.catalog.arn_quirk(type).suffix
        return (own, own[: -len(suffix)]) if suffix.startswith("-") else (own,)

    def find(self, type: ResourceType, name: str, span: Span, report: Report) -> Found:
        """What `name`, declared without a value, stands for; findings where that is nothing, or several things."""
        found = self.named(type, name)
        arns = {one.arn for one, _ in found}
        kind = shown(type)
        if not found and self.whole:
            report.add(rules.MISSING, span, help=self._candidates(type, name, kind), kind=kind, name=name)
        elif len(arns) > 1:
            lines = [f"{one.shown}: {one.arn}" for one, _ in found][:_FEW]
            help = f"say which: `{kind} {name} = ARN`\n" + "\n".join(lines)
            report.add(rules.AMBIGUOUS, span, help=help, kind=kind, name=name, count=len(arns))
        return self._found(*found[0], type, span) if len(arns) == 1 else Found(name, span)

    def _found(self, entry: Entry, own: str, type: ResourceType, span: Span) -> Found:
        if self.catalog.arn_quirk(type).suffix.startswith(":"):  # which the ARN of a declaration would lack
            return Found(own, span, entry.arn.split(":")[4], entry.arn.split(":")[3])
        return Found(entry.arn, span)

    def _candidates(self, type: ResourceType, name: str, kind: str) -> str:
        names = list(
            dict.fromkeys([each for one, own in self.of(type) for each in (*one.names, *self._own(own, type))])
        )
        close = closest(name, names, 0.6)
        said = f"if it is in none, say its name in AWS: `{kind} {name} = {name}`"
        if close:
            return f"did you mean `{close}`? {said}"
        if not names:
            return f"no {kind} is in the inventory; {said}"
        some = ", ".join(f"`{one}`" for one in sorted(names)[:_FEW]) + (" ..." if len(names) > _FEW else "")
        return f"there is {some}; {said}"

    def check(self, type: ResourceType, name: str, value: str, span: Span, report: Report) -> None:
        """Report a declaration whose value is none that the inventory has, while its name is."""
        known = {text for one, own in self.of(type) for text in (one.arn, *self._own(own, type))}
        named = [one for one, _ in self.named(type, name)]
        if named and value not in known:
            help = f"leave `= ...` out to mean that one, or call yours by another name than `{name}`"
            report.add(rules.DIFFERENT, span, help=help, kind=shown(type), name=name, arn=named[0].arn)

    def undeclared(self, type: ResourceType, name: str, span: Span, report: Report) -> None:
        """Report a literal that is what an inventory calls something which has another name in AWS."""
        found = [(one, own) for one, own in self.of(type) if name in one.names]
        if found and not any([name in self._own(own, type) for _, own in self.of(type)]):
            kind = shown(type)
            help = f"declare `{kind} {name}` to mean {found[0][0].arn}, or `{kind} {name} = {name}` to mean that name in AWS"
            report.add(rules.UNDECLARED, span, help=help, kind=kind, name=name)

    def owned(self, type: ResourceType, kind: str, address: str, span: Span, report: Report) -> Found | None:
        """What others own (`from terraform ADDRESS`, `from export NAME`); None, or a finding, where there is no such thing."""
        for one in self.entries:
            if address == (one.address if kind == "terraform" else one.export):
                own = self._name(one, type)
                if own is not None:
                    return self._found(one, own, type, span)
                help = f"that is the ARN of no {shown(type)}"
                report.add(rules.DIFFERENT, span, help=help, kind=shown(type), name=address, arn=one.arn)
                return Found(address, span)
        return None

    def addresses(self, kind: str) -> list[str]:
        """What `owned` knows."""
        every = [one.address if kind == "terraform" else one.export for one in self.entries]
        return [one for one in every if one]


def _squashed(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
