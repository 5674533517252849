"""Rows of the organisation."""

from quantriet.org.models.accounts import Account, Appointment
from quantriet.org.models.bodies import BodyMember, WorkingBody
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
from quantriet.org.models.privacy import DataRequest
from quantriet.org.models.sign_in import (
    AccountSession,
    ActivationSlip,
    AuthenticatorKey,
    KnownDevice,
    MailCode,
    Passkey,
    RecoveryCode,
    SignInFailure,
)
from quantriet.org.models.tokens import ApiToken, IdempotencyKey
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
    "AccountSession",
    "ActivationSlip",
    "ActivityExemption",
    "ApiToken",
    "Appointment",
    "AuthenticatorKey",
    "BodyMember",
    "DataRequest",
    "Dated",
    "IdempotencyKey",
    "IdentityDecision",
    "ImportKind",
    "ImportRun",
    "ImportState",
    "KnownDevice",
    "MailCode",
    "MembershipTransfer",
    "OrgDecision",
    "OrgEvent",
    "Passkey",
    "Person",
    "PersonQuerySet",
    "PostHeld",
    "PostKind",
    "RecoveryCode",
    "SignInFailure",
    "Term",
    "Unit",
    "UnitKind",
    "UnitPlace",
    "UnitQuerySet",
    "UnitResponsibility",
    "UnitSuccession",
    "UnitVersion",
    "WorkingBody",
    "ancestor_ids",
    "path_end",
    "path_segment",
]
