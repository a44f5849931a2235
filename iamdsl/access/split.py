"""The search for a request that makes formulas true: take the values that what is settled asks for, see which formulas these
leave false, settle what leaves no choice, and try the choices of the formula that leaves the fewest.
"""

from __future__ import annotations

from iamdsl.access.atoms import All, Some

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.atoms import Formula, Literal, Space, Values

    Masks = dict[str, tuple[int, int]]  # for a key: its atoms that hold, and those that fail

LOOK = 12  # false formulas looked at before one is split


class _State:
    """What is settled: literals by key, the values they ask for, and the choices that are still to be made."""

    __slots__ = ("masks", "values", "open")

    def __init__(self, masks: Masks, values: dict[str, Values], open: list[Some]) -> None:
        self.masks = masks
        self.values = values
        self.open = open

    def copy(self) -> _State:
        return _State(dict(self.masks), dict(self.values), list(self.open))


def satisfy(space: Space, formulas: list[Formula]) -> dict[str, Values] | None:
    """Values of keys with which all `formulas` may be true; a key without is missing. None: there are none such.

    Raises Undecided past the budget of `space`.
    """
    start = _started(space, formulas)
    stack = [] if start is None else [start]
    while stack:
        state = stack.pop()
        choice = _propagate(space, state)
        if choice is None:
            continue
        split, options = choice
        if split is None:
            return state.values
        state.open = [one for one in state.open if one is not split]
        branches: list[_State] = []
        refused: list[Literal] = []
        for option in options:
            branch = state.copy()
            if all([_assume(space, branch, (name, bit, not truth)) for name, bit, truth in refused]):
                if _settle(space, branch, option):
                    branches.append(branch)
            if isinstance(option, tuple):
                refused.append(option)
        stack += branches[::-1]
    return None


def _started(space: Space, formulas: list[Formula]) -> _State | None:
    """What the formulas leave no choice of; None when that cannot be."""
    masks: Masks = {}
    open: list[Some] = []
    queue = formulas[::-1]
    while queue:
        formula = queue.pop()
        if isinstance(formula, tuple):
            name, bit, truth = formula
            holding, failing = masks.get(name, (0, 0))
            masks[name] = (holding | 1 << bit, failing) if truth else (holding, failing | 1 << bit)
        elif isinstance(formula, All):
            queue += formula.items[::-1]
        elif formula.items:
            open.append(formula)
        else:
            return None
    values: dict[str, Values] = {}
    for name, (holding, failing) in masks.items():
        found = None if holding & failing else space.values(name, holding, failing)
        if found is None:
            return None
        values[name] = found
    return _State(masks, values, open)


def _assume(space: Space, state: _State, literal: Literal) -> bool:
    """Settle a literal; False when the key cannot have such values."""
    name, bit, truth = literal
    holding, failing = state.masks.get(name, (0, 0))
    if truth:
        holding |= 1 << bit
    else:
        failing |= 1 << bit
    if holding & failing:
        return False
    if state.masks.get(name) == (holding, failing):
        return True
    values = space.values(name, holding, failing)
    if values is None:
        return False
    state.masks[name] = (holding, failing)
    state.values[name] = values
    return True


def _settle(space: Space, state: _State, formula: Formula) -> bool:
    if isinstance(formula, tuple):
        return _assume(space, state, formula)
    if isinstance(formula, All):
        return all([_settle(space, state, item) for item in formula.items])
    if not formula.items:
        return False
    state.open.append(formula)
    return True


def _true(space: Space, state: _State, formula: Formula) -> bool:
    """Whether the formula is true of the values, each atom that is either being what was settled of it."""
    if isinstance(formula, tuple):
        name, bit, truth = formula
        found = space.truths(name, bit, state.values.get(name, ()))
        if found == 3:
            return bool(state.masks[name][0 if truth else 1] >> bit & 1) if name in state.masks else False
        return (found == 1) == truth
    if isinstance(formula, All):
        return all([_true(space, state, item) for item in formula.items])
    for item in formula.items:
        if _true(space, state, item):
            return True
    return False


def _possible(space: Space, state: _State, formula: Formula) -> bool:
    """Whether the formula's own literals, each alone, agree with what is settled: sure if not."""
    if isinstance(formula, tuple):
        name, bit, truth = formula
        holding, failing = state.masks.get(name, (0, 0))
        holding, failing = (holding | 1 << bit, failing) if truth else (holding, failing | 1 << bit)
        return not holding & failing and space.values(name, holding, failing) is not None
    if isinstance(formula, All):
        return all([_possible(space, state, item) for item in formula.items])
    return any([_possible(space, state, item) for item in formula.items])


def _propagate(space: Space, state: _State) -> tuple[Some | None, list[Formula]] | None:
    """Settle what leaves no choice. The formula that leaves the fewest options, and these; no formula when all are true;
    None when one leaves none."""
    while True:
        best: tuple[Some | None, list[Formula]] = (None, [])
        seen = 0
        settled = False
        for formula in state.open:
            space.budget.spend(1)
            if _true(space, state, formula):
                continue
            options = [item for item in formula.items if _possible(space, state, item)]
            if not options:
                return None
            if len(options) == 1:
                state.open = [one for one in state.open if one is not formula]
                if not _settle(space, state, options[0]):
                    return None
                settled = True
                break
            seen += 1
            if best[0] is None or len(options) < len(best[1]):
                best = (formula, options)
            if seen == LOOK:
                break
        if not settled:
            return best
