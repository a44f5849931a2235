"""What `import iamdsl` offers to Python: the commands as functions, from values to values.

None of them reads settings, prints, or keeps anything but what is read of the catalog. They can be called from any thread.
"""

from iamdsl.api.ask import Change, Decision, Difference, Grantee, Reason, Request, Scope, can, diff, who_can
from iamdsl.api.convert import Minimized, decompile, format, minimize, validate
from iamdsl.api.diagnostic import CompileError, Diagnostic
from iamdsl.api.compiling import Claim, Compilation, check, compile, programs, prove

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
