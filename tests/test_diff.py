"""`iamdsl diff`: AWS's own verdicts, real policies and what was done to them, programs in words."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

from iamdsl import catalog
from iamdsl.access.compare import Request
from iamdsl.cli import main
from iamdsl.compiler.arns import formats_of
from iamdsl.compiler.diff import Facts, Policies, confirmed, diff
from iamdsl.policy import codec

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
CASES = Path(__file__).resolve().parent / "cases" / "diff"
Capture = pytest.CaptureFixture[str]
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"real policies are not in {DATA}")
