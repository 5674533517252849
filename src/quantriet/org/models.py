"""Rows of the organisation. The unit tree is a path of own primary keys in base 36 plus a parent key."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from quantriet.kit.time import today
from quantriet.org.vocab import (
    MEMBER_KINDS,
    BirthPrecision,
    DecisionBody,
    Gender,
    LeavingReason,
    Level,
    PersonKind,
    ResponsibilityKind,
)

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def path_segment(number: int) -> str:
    """A primary key as a path segment: base 36 with a closing dot."""
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text + "."


def path_end(path: str) -> str:
    """The first string behind every path that starts with `path`: subtree = [path, path_end(path))."""
    return path[:-1] + "/"


def ancestor_ids(path: str) -> list[int]:
    """Primary keys from the root down to the unit itself, read from the path without a query."""
    return [int(segment, 36) for segment in path.split(".")[:-1]]


class UnitKind(models.Model):
    """A kind of organisation, with the years in which it exists (districts end on 30/6/2025)."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40, blank=True)
    level = models.CharField(max_length=20, choices=Level.choices())
    holds_members = models.BooleanField(default=False)  # people belong to it directly: a cell
    is_grassroots = models.BooleanField(default=False)  # counted as a tổ chức cơ sở đảng
    is_territorial = models.BooleanField(default=True)
    decision_body = models.CharField(max_length=30, choices=DecisionBody.choices())
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class UnitQuerySet(models.QuerySet["Unit"]):
    def active(self) -> UnitQuerySet:
        return self.filter(closed_on__isnull=True)

    def under(self, unit: Unit, *, itself: bool = True) -> UnitQuerySet:
        """The subtree of `unit`, as a range read."""
        inside = self.filter(path__gte=unit.path, path__lt=path_end(unit.path))
        return inside if itself else inside.exclude(pk=unit.pk)


class Unit(models.Model):
    """An organisation as it is now; `UnitVersion` keeps how it was."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=80, blank=True)
    name_folded = models.CharField(max_length=200, db_index=True)
    sort_key = models.CharField(max_length=220, db_index=True)
    kind = models.ForeignKey(UnitKind, on_delete=models.PROTECT, related_name="units")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=255, unique=True)  # own ids in base 36: "1.2a.3f."
    depth = models.PositiveSmallIntegerField(default=0)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    address = models.CharField(max_length=200, blank=True)
    established_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["parent", "sort_key"])]

    def __str__(self) -> str:
        return self.name

    @property
    def ancestor_ids(self) -> list[int]:
        return ancestor_ids(self.path)

    def contains(self, other: Unit) -> bool:
        """Whether `other` is this unit or below it."""
        return other.path.startswith(self.path)


class UnitVersion(models.Model):
    """What a unit was called, of which kind and under whom, from a day on."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="versions")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the last day, included
    name = models.CharField(max_length=200)
    kind = models.ForeignKey(UnitKind, on_delete=models.PROTECT)
    parent = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="child_versions")
    decision_number = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="unit_version_once_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="unit_version_order"
            ),
        ]


class PersonQuerySet(models.QuerySet["Person"]):
    def active(self) -> PersonQuerySet:
        return self.filter(left_on__isnull=True)

    def members(self) -> PersonQuerySet:
        return self.filter(kind__in=MEMBER_KINDS)

    def under(self, unit: Unit) -> PersonQuerySet:
        return self.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))


class Person(models.Model):
    """A human being, with or without a login. Names are kept as written (NFC)."""

    code = models.CharField(max_length=40, unique=True)  # member code; made by the product when the list has none
    full_name = models.CharField(max_length=160)
    name_folded = models.CharField(max_length=160, db_index=True)
    sort_key = models.CharField(max_length=320, db_index=True)  # given name first
    birth_date = models.DateField(null=True, blank=True)  # 1 January when only the year is known
    birth_precision = models.CharField(max_length=4, choices=BirthPrecision.choices(), default=BirthPrecision.DAY)
    gender = models.CharField(max_length=10, choices=Gender.choices(), blank=True, default="")
    ethnicity = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=20, choices=PersonKind.choices(), default=PersonKind.MEMBER)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="people")  # the cell today
    joined_on = models.DateField(null=True, blank=True)
    official_on = models.DateField(null=True, blank=True)
    occupation = models.CharField(max_length=160, blank=True)
    phone = models.CharField(max_length=20, blank=True, db_index=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    left_on = models.DateField(null=True, blank=True)
    left_reason = models.CharField(max_length=20, choices=LeavingReason.choices(), blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["unit", "sort_key"]),
            models.Index(fields=["name_folded", "birth_date"]),
            # Everything a count of members under a unit asks for, so that it never touches the rows themselves.
            models.Index(fields=["unit", "left_on", "kind"], name="person_count"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_on__isnull=True, left_reason="") | (Q(left_on__isnull=False) & ~Q(left_reason="")),
                name="person_leaving_paired",
            )
        ]

    def __str__(self) -> str:
        return self.full_name


class MembershipTransfer(models.Model):
    """A dated move between cells; the first one of a person has no `from_unit`."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="transfers")
    from_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers_out")
    to_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="transfers_in")
    on = models.DateField()
    basis = models.CharField(max_length=160, blank=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-on"])]


class Dated(models.QuerySet[Any]):
    def on(self, day: date | None = None) -> Dated:
        """Rows valid on `day` (today when not given)."""
        day = day or today()
        return self.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))


class PostKind(models.Model):
    """A post in a committee or office: secretary, committee member, head of office …"""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    rank = models.PositiveSmallIntegerField(default=100)  # 1 is first in protocol
    is_head = models.BooleanField(default=False)  # the accountable head of the unit
    is_standing = models.BooleanField(default=False)  # member of the standing board: may chair, open and close
    is_leader = models.BooleanField(default=False)  # holds a leading or managing post

    def __str__(self) -> str:
        return self.name


class PostHeld(models.Model):
    """A person holds a post in a unit for a time; `managed_by` is the level that manages the post (R-012)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="posts")
    post = models.ForeignKey(PostKind, on_delete=models.PROTECT, related_name="holders")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    managed_by = models.CharField(max_length=20, choices=Level.choices(), blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    basis = models.CharField(max_length=160, blank=True)

    objects = Dated.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person"]), models.Index(fields=["unit", "post"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="post_held_order"
            ),
            models.UniqueConstraint(fields=["person", "post", "unit", "valid_from"], name="post_held_once"),
        ]


class ActivityExemption(models.Model):
    """A member is exempt from activities for a time (old age, illness), by a decision of the cell."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="exemptions")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    basis = models.CharField(max_length=160, blank=True)

    objects = Dated.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="exemption_order"
            )
        ]


class UnitResponsibility(models.Model):
    """A leader answers for a unit for a time (R-005)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="responsibilities")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="responsible_leaders")
    kind = models.CharField(max_length=10, choices=ResponsibilityKind.choices(), default=ResponsibilityKind.DIRECT)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    basis = models.CharField(max_length=160, blank=True)

    objects = Dated.as_manager()


class AccountManager(models.Manager["Account"]):
    def get_by_natural_key(self, username: str) -> Account:
        return self.get(username=username)


class Account(AbstractBaseUser):
    """A login. It may point to a person; a person needs none."""

    username = models.CharField(max_length=80, unique=True)
    display_name = models.CharField(max_length=160)
    person = models.OneToOneField(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="account")
    email = models.EmailField(blank=True)
    is_active = models.BooleanField(default=True)
    is_demo = models.BooleanField(default=False)  # made by demo data; a production start refuses while one exists
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    def __str__(self) -> str:
        return self.display_name


class Appointment(models.Model):
    """An account has a role in a unit and everything below it, from a day to a day."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="appointments")
    role = models.CharField(max_length=30)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="appointments")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = Dated.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "role", "unit", "valid_from"], name="appointment_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="appointment_order"
            ),
        ]


class SignInFailure(models.Model):
    """How often sign-in failed lately for a typed name from an address; the lock-out is read from it."""

    username = models.CharField(max_length=80)  # as typed and folded; it may be nobody's
    address = models.CharField(max_length=45)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["username", "address"], name="sign_in_failure_once")]


class ImportKind(models.TextChoices):
    UNITS = "units"
    MEMBERS = "members"


class ImportState(models.TextChoices):
    """mapping → reading → ready → applying → done; every state before done may end in cancelled or refused."""

    MAPPING = "mapping"  # what was understood (columns, unit, encoding) waits for the officer
    READING = "reading"  # a job reads the file and compares it with what is stored
    READY = "ready"  # preview shown, waits for confirmation
    APPLYING = "applying"  # confirmed; a job writes, all or nothing
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ImportRun(models.Model):
    """One file on its way into the tree; nothing of it is written before it is confirmed, then all or nothing."""

    kind = models.CharField(max_length=10, choices=ImportKind.choices)
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.MAPPING)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="import_runs")  # rows must lie under it
    account = models.ForeignKey(  # null is the command line
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="import_runs"
    )
    confirmed_by = models.ForeignKey(  # said yes to the preview, and is the actor of all that it wrote
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    file_name = models.CharField(max_length=200)
    file = models.FileField(upload_to="imports/")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)
    understanding = models.JSONField(default=dict)  # sheets, header rows, column mapping, encoding, what was left out
    plan = models.FileField(upload_to="imports/", blank=True)  # the previewed rows, org.rules.plan
    plan_digest = models.CharField(max_length=64, blank=True)
    stamp = models.BigIntegerField(default=0)  # last log entry the preview knew of; a later one asks for a new look
    counts = models.JSONField(default=dict)  # new, changed, moved, doubtful, wrong, same, missing
    notice = models.TextField(blank=True)  # a sentence for the next page: why the preview was made again
    refusal = models.TextField(blank=True)
    result = models.FileField(upload_to="imports/", blank=True)  # the uploaded rows with what became of each
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"]), models.Index(fields=["unit", "-created_at"])]

    def __str__(self) -> str:
        return self.file_name


class IdentityDecision(models.Model):
    """A doubtful row of an import: is it this person or somebody new? Asked once, remembered (B-06)."""

    fingerprint = models.CharField(max_length=64, unique=True)  # digest of the row's code, folded name, birth, phone
    incoming = models.JSONField()
    candidates = models.JSONField(default=list)  # person ids with the reasons
    runs = models.ManyToManyField(ImportRun, blank=True, related_name="questions")  # every import whose rows ask it
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="identity_questions")
    asked_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    is_new = models.BooleanField(default=False)  # decided: somebody else than every candidate
    takes_code = models.BooleanField(default=False)  # decided: the code of the list replaces the stored one

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, person__isnull=True, is_new=False)
                | Q(decided_at__isnull=False, person__isnull=False, is_new=False)
                | Q(decided_at__isnull=False, person__isnull=True, is_new=True),
                name="identity_decision_whole",
            )
        ]

    def __str__(self) -> str:
        return str(self.incoming.get("full_name", ""))
