"""What a program declares so that its sentences need not say it: the account, region and partition of most ARNs."""

from __future__ import annotations

from iamdsl.catalog import Catalog
from iamdsl.decompiler.model import Input, Setting
from iamdsl.decompiler.words import NOWHERE, key
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def setting_of(inputs: Iterable[Input], catalog: Catalog) -> Setting:
    """The account, region and partition that most ARNs in `inputs` name; of several as often, the first A to Z."""
    accounts: dict[str, int] = {}
    regions: dict[str, int] = {}
    partitions: dict[str, int] = {}
    for arn in _arns(inputs):
        _, partition, _, region, account, _ = arn.split(":", 5)
        for text, counts in ((account, accounts), (region, regions), (partition, partitions)):
            counts[text] = counts.get(text, 0) + 1
    partition = _most({one: count for one, count in partitions.items() if one in catalog.partitions()}) or "aws"
    known = catalog.regions(partition)
    account = _most({one: count for one, count in accounts.items() if _is_account(one)})
    return Setting(account, _most({one: count for one, count in regions.items() if one in known}), partition)


def declared(setting: Setting) -> tuple[ast.Line, ...]:
    """The sentences that declare `setting`."""
    found: list[ast.Statement] = []
    if setting.partition != "aws":
        found.append(ast.Setting("partition", key(setting.partition), None, NOWHERE))
    if setting.account:
        found.append(ast.Account(key("home"), key(setting.account), False, NOWHERE))
    if setting.region:
        found.append(ast.Setting("region", key(setting.region), None, NOWHERE))
    return tuple([ast.Line(one, (), "", NOWHERE) for one in found])


def _most(counts: dict[str, int]) -> str:
    return min(counts, key=lambda one: (-counts[one], one), default="")


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit()


def _arns(inputs: Iterable[Input]) -> Iterator[str]:
    for given in inputs:
        for one in given.document.statements:
            texts = [*(one.resource or ()), *(one.not_resource or ())]
            texts += [value for _, value in (*(one.principal or ()), *(one.not_principal or ()))]
            yield from [text for text in texts if text.count(":") >= 5 and text.startswith("arn:")]
