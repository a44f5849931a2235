"""What AWS documents of requests, so that a witness is a request that can happen.

A model that breaks an axiom yields the formula to ask again with: so an axiom costs nothing where there is no difference.
"""

from __future__ import annotations

from functools import lru_cache

from iamdsl.access.alphabet import ANY, FRESH, PLAIN, SEGMENT, encode
from iamdsl.access.atoms import RESOURCE, Formula, Literal, Space, Values, either
from iamdsl.access.contents import ACTION
from iamdsl.access.glob import anchored
from iamdsl.access.values import TEXT, Language, texts
from iamdsl.access.words import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.reach import Formats

NONE = "*"  # what a request names that is of no resource
_ARN = f"arn:{SEGMENT}:{PLAIN}:{SEGMENT}:{SEGMENT}:{ANY}"
# An ARN and the key that tells its account (IAM user guide, "aws:PrincipalAccount", "aws:ResourceAccount"). An ARN of S3 names none.
ACCOUNTS = (("aws:principalarn", "aws:principalaccount"), (RESOURCE, "aws:resourceaccount"))
# Keys of which a request carries at most one (IAM user guide, "aws:SourceIp": not available when the request goes through a
# VPC endpoint; `aws:VpcSourceIp` is then).
_APART = (("aws:sourceip", "aws:vpcsourceip"), ("aws:sourceip", "aws:sourcevpc"), ("aws:sourceip", "aws:sourcevpce"))


_ANYTHING = Language(TEXT, "like", (), (pattern(_ARN), pattern(NONE)))


@lru_cache(maxsize=1 << 12)
def _shapes(formats: tuple[str, ...]) -> Language:
    arns = texts([encode(anchored(one), True) for one in formats]).patterns
    return Language(TEXT, "like", (), (*arns, pattern(NONE)))


class Axioms:
    """`formats(action)`: the ARN formats of all resource types that the action takes, None where nothing is known."""

    def __init__(self, space: Space, formats: Formats | None) -> None:
        self.space = space
        self._formats = formats

    def shapes(self, action: str) -> Language:
        """What a request for the action names: an ARN of one of its types, or `*`."""
        known = self._formats(action) if self._formats and FRESH not in action else None
        return _ANYTHING if known is None else _shapes(known)

    def shaped(self, action: str) -> Literal:
        """That what a request names is what one for the action does."""
        return (*self.space.atom(RESOURCE, self.shapes(action), True), True)

    def broken(self, model: dict[str, Values], word: str) -> Formula | None:
        """A formula that holds of every request and not of this model's; None when there is none. `word` is the action, or ""
        where the model has it."""
        space = self.space
        if model.get(RESOURCE):
            (resource,) = model[RESOURCE]
            action = word or model[ACTION][0]
            if not self.shapes(action).may_have(resource):
                if word:
                    return self.shaped(word)
                return either([(*space.atom(ACTION, texts([action]), True), False), self.shaped(action)])
        for one, other in _APART:
            if model.get(one) and model.get(other):
                return either([space.present(one, False), space.present(other, False)])
        arn, account = ACCOUNTS[0]
        if model.get(arn) and not model.get(account) and account in space.keys:  # every request has it
            return either([space.present(arn, False), space.present(account, True)])
        for one, other in ACCOUNTS:
            more = self._alike(one, other, model.get(one, ()), model.get(other, ()))
            if more is not None:
                return more
        return None

    def _alike(self, of: str, key: str, arns: Values, accounts: Values) -> Formula | None:
        """That the ARN of the key `of`, if it names an account, names that of `key`; None where it does, or may."""
        if len(arns) != 1 or len(accounts) != 1:
            return None
        named, account = account_in(arns[0]), accounts[0]
        if named == account or (FRESH not in named and not _is_account(named)):
            return None
        space = self.space
        if _is_account(named):
            told: Formula = (*space.atom(key, texts([named]), True), True)
            return either([(*space.atom(of, _of_account(named), True), False), told, space.present(key, False)])
        if not _is_account(account):
            return None
        known: Formula = (*space.atom(key, texts([account]), True), False)
        of_nobody: Formula = (*space.atom(of, _of_account(""), True), True)
        its: Formula = (*space.atom(of, _of_account(account), True), True)
        return either([known, its, of_nobody, space.present(of, False)])


def account_in(arn: str) -> str:
    """What stands in an ARN for the account; "" if nothing does."""
    return (*arn.split(":", 5), "", "", "", "", "")[4] if arn.count(":") >= 5 else ""


def _is_account(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdecimal()


def _of_account(account: str) -> Language:
    """The ARNs that name the account."""
    return texts([f"arn:{SEGMENT}:{PLAIN}:{SEGMENT}:{account}:{ANY}"])
