"""iamdsl: a compiler from sentences to AWS IAM policy.

The functions are told in docs/python.md. They are imported when first asked for, so that `import iamdsl` costs nothing.
"""

__version__ = "0.1.0"

__all__ = [
    "Change",
    "Claim",
    "Compilation",
    "CompileError",
    "Decision",
    "Diagnostic",
    "Difference",
    "Grantee",
    "Minimized",
    "Reason",
    "Request",
    "Scope",
    "can",
    "check",
    "compile",
    "decompile",
    "diff",
    "format",
    "minimize",
    "programs",
    "prove",
    "validate",
    "who_can",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamdsl.api import Change as Change
    from iamdsl.api import Claim as Claim
    from iamdsl.api import Compilation as Compilation
    from iamdsl.api import CompileError as CompileError
    from iamdsl.api import Decision as Decision
    from iamdsl.api import Diagnostic as Diagnostic
    from iamdsl.api import Difference as Difference
    from iamdsl.api import Grantee as Grantee
    from iamdsl.api import Minimized as Minimized
    from iamdsl.api import Reason as Reason
    from iamdsl.api import Request as Request
    from iamdsl.api import Scope as Scope
    from iamdsl.api import can as can
    from iamdsl.api import check as check
    from iamdsl.api import compile as compile
    from iamdsl.api import decompile as decompile
    from iamdsl.api import diff as diff
    from iamdsl.api import format as format
    from iamdsl.api import minimize as minimize
    from iamdsl.api import programs as programs
    from iamdsl.api import prove as prove
    from iamdsl.api import validate as validate
    from iamdsl.api import who_can as who_can


def __getattr__(name: str) -> object:
    if name in __all__:
        from iamdsl import api  # local: see above

        return getattr(api, name)
    raise AttributeError(f"module 'iamdsl' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
