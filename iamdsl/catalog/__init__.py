"""AWS facts: services, actions, resource types, condition keys, principals, regions, quotas.

`data/` is generated (`refresh.py`), `tables/` is kept by hand; `default()` is the catalog of both, read lazily.
"""

from iamdsl.catalog.load import Catalog, default
from iamdsl.catalog.model import KEY_TYPES, LEVELS, Action, ActionType, Key, ResourceType, Service
from iamdsl.catalog.names import matches, squash
from iamdsl.catalog.tables import ArnQuirk, ConfusedDeputy, Quota, ResourcePolicy

__all__ = [
    "KEY_TYPES",
    "LEVELS",
    "Action",
    "ActionType",
    "ArnQuirk",
    "Catalog",
    "ConfusedDeputy",
    "Key",
    "Quota",
    "ResourcePolicy",
    "ResourceType",
    "Service",
    "default",
    "matches",
    "squash",
]
