"""Every rule by its code, wherever it is declared."""

from __future__ import annotations

from iamdsl import analyzer_rules, document_rules, rules, target_rules

RULES = {**rules.RULES, **analyzer_rules.RULES, **document_rules.RULES, **target_rules.RULES}
