"""The search for a request that makes formulas true: take the values that what is settled asks for, see which formulas these
leave false, settle what leaves no choice, and try the choices of the formula that leaves the fewest.
"""

from __future__ import annotations

from iamdsl.access.atoms import All, Some

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.access.atoms import Formula, Space, Values

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
    start = _State({}, {}, [])
    stack = [start] if _settle(space, start, formulas) else []
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
        refused: list[Formula] = []
        for option in options:
            branch = state.copy()
            if _settle(space, branch, [*refused, option]):
                branches.append(branch)
            if isinstance(option, tuple):
                refused.append((option[0], option[1], not option[2]))
        stack += branches[::-1]
    return None


def _settle(space: Space, state: _State, formulas: list[Formula]) -> bool:
    """Settle what the formulas leave no choice of, each key once; False when a key cannot have such values."""
    masks: Masks = {}
    queue = formulas[::-1]
    while queue:
        formula = queue.pop()
        if isinstance(formula, tuple):
            name, bit, truth = formula
            holding, failing = masks.get(name) or state.masks.get(name, (0, 0))
            masks[name] = (holding | 1 << bit, failing) if truth else (holding, failing | 1 << bit)
        elif isinstance(formula, All):
            queue += formula.items[::-1]
        elif formula.items:
            state.open.append(formula)
        else:
            return False
    for name, (holding, failing) in masks.items():
        if state.masks.get(name) != (holding, failing):
            found = None if holding & failing else space.values(name, holding, failing)
            if found is None:
                return False
            state.masks[name] = (holding, failing)
            state.values[name] = found
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
        only: dict[int, Formula] = {}  # what formulas with one option left must be, by the formula
        for formula in state.open:
            space.budget.spend(1)
            if _true(space, state, formula):
                continue
            options = [item for item in formula.items if _possible(space, state, item)]
            if not options:
                return None
            if len(options) == 1:
                only[id(formula)] = options[0]
                continue
            seen += 1
            if best[0] is None or len(options) < len(best[1]):
                best = (formula, options)
            if seen == LOOK:
                break
        if not only:
            return best
        state.open = [one for one in state.open if id(one) not in only]
        if not _settle(space, state, list(only.values())):
            return None
