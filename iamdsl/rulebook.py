"""Every rule, wherever it is declared: `RULES` by code, `NAMED` by code and by name."""

from __future__ import annotations

from iamdsl import analyzer_rules, document_rules, rules, target_rules

RULES = {**rules.RULES, **analyzer_rules.RULES, **document_rules.RULES, **target_rules.RULES}
NAMED = {name: rule for rule in RULES.values() for name in (rule.code, rule.slug)}
