"""A build hook for hatchling: policies are compiled into the package whenever it is built.

    [build-system]
    requires = ["hatchling", "iamdsl"]
    build-backend = "hatchling.build"

    [tool.hatch.build.hooks.iamdsl]
    program = "policies"           # a file, a folder, or a list of these, which together are one program
    output = "src/acme/policies"   # where the documents go; they are in the wheel, whatever version control ignores
    parameters = { stage = "prod" }

`target`, `sids` and `strict` are those of `iamdsl compile`. Importing this needs hatchling, which the build has.
"""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.plugin import hookimpl

import iamdsl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KINDS = {"program": (str, list), "output": str, "parameters": dict, "target": str, "sids": bool, "strict": bool}
_HATCH = {"dependencies", "require-runtime-dependencies", "require-runtime-features", "enable-by-default"}


class IamdslHook(BuildHookInterface):  # type: ignore[type-arg]
    """Compiles before anything is packed."""

    PLUGIN_NAME = "iamdsl"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile to the output folder, and have it packed. Ends the build where that fails."""
        root, config = Path(self.root), self._checked()
        program, output = config.pop("program"), config.pop("output")
        files = [root / name for name in ([program] if isinstance(program, str) else program)]
        try:
            found = iamdsl.compile(files, **config)
            found.write(root / output)
        except (iamdsl.CompileError, OSError, ValueError) as fault:
            self.app.abort(f"iamdsl: {fault}")
        for one in found.diagnostics:
            if one.severity == "warning":
                self.app.display_warning(str(one))
        build_data["artifacts"].append(f"/{output}/**/*.json")

    def _checked(self) -> dict[str, Any]:
        found = {name: value for name, value in self.config.items() if name not in _HATCH}
        for name, value in found.items():
            if name not in _KINDS:
                self.app.abort(f"iamdsl: unknown option `{name}` of the build hook: {', '.join(_KINDS)}")
            if not isinstance(value, _KINDS[name]):  # type: ignore[arg-type]
                self.app.abort(f"iamdsl: option `{name}` of the build hook is no {type(value).__name__}")
        for name in ("program", "output"):
            if not found.get(name):
                self.app.abort(f"iamdsl: the build hook needs `{name}`")
        return found


@hookimpl
def hatch_register_build_hook() -> type[BuildHookInterface]:  # type: ignore[type-arg]
    """What hatchling asks a plugin for."""
    return IamdslHook
