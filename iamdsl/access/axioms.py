"""What AWS documents of requests, so that a witness is a request that can happen.

A model that breaks an axiom yields the formula to ask again with: so an axiom costs nothing where there is no difference.
"""

from __future__ import annotations

from iamdsl.access.atoms import RESOURCE, Formula, Space, Values, either
from iamdsl.access.contents import ACTION
from iamdsl.access.glob import PLAIN, SEGMENT, anchored
from iamdsl.access.values import Language, texts
from iamdsl.access.words import ANY, FRESH, encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.reach import Formats

NONE = "*"  # what a request names that is of no resource
_ARN = f"arn:{SEGMENT}:{PLAIN}:{SEGMENT}:{SEGMENT}:{ANY}"
# Keys of which a request carries at most one (IAM user guide, "aws:SourceIp": not available when the request goes through a
# VPC endpoint; `aws:VpcSourceIp` is then).
_APART = (("aws:sourceip", "aws:vpcsourceip"), ("aws:sourceip", "aws:sourcevpc"), ("aws:sourceip", "aws:sourcevpce"))


class Axioms:
    """`formats(action)`: the ARN formats of all resource types that the action takes, None where nothing is known."""

    def __init__(self, space: Space, formats: Formats | None) -> None:
        self.space = space
        self._formats = formats
        self._shapes: dict[str, Language] = {}
        self._any = texts([_ARN, NONE])

    def shapes(self, action: str) -> Language:
        """What a request for the action names: an ARN of one of its types, or `*`."""
        if action not in self._shapes:
            known = self._formats(action) if self._formats and FRESH not in action else None
            if known is None:
                self._shapes[action] = self._any
            else:
                self._shapes[action] = texts([NONE, *[encode(anchored(one), True) for one in known]])
        return self._shapes[action]

    def broken(self, model: dict[str, Values], word: str) -> Formula | None:
        """A formula that holds of every request and not of this model's; None when there is none. `word` is the action, or ""
        where the model has it."""
        space = self.space
        if model.get(RESOURCE):
            (resource,) = model[RESOURCE]
            action = word or model[ACTION][0]
            shapes = self.shapes(action)
            if not shapes.may_have(resource):
                shaped: Formula = (*space.atom(RESOURCE, shapes, True), True)
                if word:
                    return shaped
                return either([(*space.atom(ACTION, texts([action]), True), False), shaped])
        for one, other in _APART:
            if model.get(one) and model.get(other):
                return either([space.present(one, False), space.present(other, False)])
        return None
