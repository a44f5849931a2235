"""Acts: single actions on ARN patterns, and what every step of making them needs."""

from __future__ import annotations

from iamdsl import rules
from iamdsl.access.model import TRUE, Condition, Written
from iamdsl.catalog import Action, ResourceType
from iamdsl.compiler.arns import Arns
from iamdsl.compiler.bindings import Bindings
from iamdsl.compiler.verbs import Library, expand
from iamdsl.compiler.words import closest, literal, respell, rival
from iamdsl.diagnostics import Report, Rule
from iamdsl.record import record, replace
from iamdsl.syntax import ast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.compiler.lines import Line


@record
class Act:
    """`actions` (nearly always one; a pattern only if the author wrote it) on `resources`.

    `types` are the resource types of `resources`, () for everything; `condition` is what the verb's definition adds to
    the sentence's; `companion`: on the key or role that goes with the thing. `account`: whose the resources are, where
    the sentence says so. `written`: see access.Grant.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    types: tuple[ResourceType, ...] = ()
    condition: Condition = TRUE
    companion: bool = False
    except_actions: bool = False
    except_resources: bool = False
    account: str = ""
    written: Written | None = None

    @property
    def action(self) -> str:
        return self.actions[0]

    @property
    def wild(self) -> bool:
        """Whether its action is a pattern."""
        return is_pattern(self.action)

    def narrowed(self, action: str) -> Act:
        return replace(self, actions=(action,))


_READING = {"read", "list"}
_SERVICES = "a service goes by what its actions begin with, such as `s3`, `dynamodb` or `kms`"


def is_pattern(name: str) -> bool:
    return "*" in name or "?" in name


class Context:
    """The program, catalog and verb library that acts are made from, and the report that faults go to.

    `anywhere`: the sentences hold in every account and region that they do not exclude, as those of a guardrail do.
    """

    def __init__(self, bindings: Bindings, library: Library, report: Report, anywhere: bool = False) -> None:
        self.bindings = bindings
        self.anywhere = anywhere
        self.catalog = bindings.catalog
        self.library = library
        self.report = report
        self.arns = Arns(bindings, report)
        self.lines: dict[tuple[int, str], Line] = {}  # of verbs' definitions, as read, by line and type
        self._expanded: dict[str, tuple[Action, ...]] = {}

    def forget(self) -> None:
        """Forget what was made of what the program declares."""
        self.arns = Arns(self.bindings, self.report)
        self.lines.clear()

    def text(self, word: ast.Word) -> str:
        return literal(word, self.bindings.params, self.report)

    def expand(self, action: str) -> tuple[Action, ...]:
        """The catalog's actions that a name or pattern stands for."""
        if action not in self._expanded:
            self._expanded[action] = expand(action, self.catalog)
        return self._expanded[action]

    def action_name(self, word: ast.Word) -> str | None:
        """The action or pattern in AWS's spelling; None, and a finding, if the catalog has no such action."""
        written = self.text(word)
        if written in self.bindings.unknown_actions:
            return written
        found = self.expand(written)
        if found:
            return written if is_pattern(written) else found[0].full
        prefix, _, name = written.partition(":")
        service = self.catalog.service(prefix)
        if service is None and not is_pattern(prefix):
            close = closest(prefix, self.catalog.services())
            self._suggest(rules.UNKNOWN_SERVICE, word, prefix, f"{close}:{name}" if close else None, cure=_SERVICES)
        else:
            names = [one.name for one in service.actions.values()] if service else []
            near = closest(name, names)
            other = rival(name, near, names) if near else None
            cure = f"if AWS has just released it: `use unknown action {written}`"
            first, second = [f"{service.prefix}:{one}" if service and one else None for one in (near, other)]
            self._suggest(rules.UNKNOWN_ACTION, word, written, first, second, cure=cure)
        return None

    def service_name(self, word: ast.Word) -> str | None:
        """The prefix of a service; None, and a finding, for an unknown one."""
        text = self.text(word)
        service = self.catalog.service(text)
        if service is None:
            self._suggest(rules.UNKNOWN_SERVICE, word, text, closest(text, self.catalog.services()), cure=_SERVICES)
            return None
        return service.prefix

    def unknown_verb(self, word: ast.Word) -> None:
        cure = "verbs are words like `read`; an exact action is `s3:GetObject`"
        close = closest(word.text, self.library.verbs())
        other = rival(word.text, close, self.library.verbs()) if close else None
        if reading := [one for one in (close, other) if one in _READING]:  # what everybody writes, and what does least
            close, other = reading[0], None
        self._suggest(rules.UNKNOWN_VERB, word, word.text, close, other, cure=cure)

    def _suggest(
        self, rule: Rule, word: ast.Word, name: str, close: str | None, other: str | None = None, *, cure: str
    ) -> None:
        """Report an unknown name: `close` is meant, or `other` as likely, which is no fix then."""
        help = f"did you mean `{close}`{f' or `{other}`' if other else ''}?" if close else cure
        self.report.add(
            rule, word.span, help=help, fix=respell(word.span, close) if close and not other else (), name=name
        )
