"""Rows of the organisation."""

from quantriet.org.models.accounts import Account, Appointment, SignInFailure
from quantriet.org.models.dated import Dated
from quantriet.org.models.events import OrgDecision, OrgEvent, UnitSuccession
from quantriet.org.models.imports import IdentityDecision, ImportKind, ImportRun, ImportState
from quantriet.org.models.people import (
    ActivityExemption,
    MembershipTransfer,
    Person,
    PersonQuerySet,
    PostHeld,
    PostKind,
    UnitResponsibility,
)
from quantriet.org.models.units import (
    Term,
    Unit,
    UnitKind,
    UnitPlace,
    UnitQuerySet,
    UnitVersion,
    ancestor_ids,
    path_end,
    path_segment,
)

__all__ = [
    "Account",
    "ActivityExemption",
    "Appointment",
    "Dated",
    "IdentityDecision",
    "ImportKind",
    "ImportRun",
    "ImportState",
    "MembershipTransfer",
    "OrgDecision",
    "OrgEvent",
    "Person",
    "PersonQuerySet",
    "PostHeld",
    "PostKind",
    "SignInFailure",
    "Term",
    "Unit",
    "UnitKind",
    "UnitPlace",
    "UnitQuerySet",
    "UnitResponsibility",
    "UnitSuccession",
    "UnitVersion",
    "ancestor_ids",
    "path_end",
    "path_segment",
]
