"""Rows of a class. One class may have several venues, each with its own clerk; a plain class has one."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import StudyForm
from quantriet.classes.vocab import (
    RUNNING_STATES,
    ClassRoleKind,
    ClassState,
    ConferenceLevel,
    ItemKind,
    RosterOrigin,
    SummonsWay,
)
from quantriet.library.models import GuidingDocument
from quantriet.library.vocab import ContentTier
from quantriet.org.models import Account, Person, Unit


class StudyClass(models.Model):
    """A class or conference of a campaign, in person, online or mixed."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.PROTECT, related_name="classes")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="classes")  # who organises it
    host_unit = models.ForeignKey(  # a higher organiser whose conference the unit takes part in
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="hosted_classes"
    )
    code = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=250)
    form = models.CharField(max_length=14, choices=StudyForm.choices(), default=StudyForm.IN_PERSON)
    level = models.CharField(max_length=14, choices=ConferenceLevel.choices(), default=ConferenceLevel.GRASSROOTS)
    tier = models.CharField(max_length=12, choices=ContentTier.choices(), default=ContentTier.GRASSROOTS)
    state = models.CharField(max_length=10, choices=ClassState.choices(), default=ClassState.DRAFT)
    is_catch_up = models.BooleanField(default=False)
    rules_of_conduct = models.TextField(blank=True)
    note = models.TextField(blank=True)
    outsiders = models.PositiveIntegerField(default=0)  # non-members who attended, counted only (P-12)
    revision = models.PositiveSmallIntegerField(
        default=0
    )  # grows when a released class is reopened: summons go out anew
    released_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["campaign", "unit"]), models.Index(fields=["unit", "state"])]

    def __str__(self) -> str:
        return self.title

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING_STATES


class Venue(models.Model):
    """A room where people of a class sit: the hall of a plain class, or a điểm cầu of a conference."""

    study_class = models.ForeignKey(StudyClass, on_delete=models.CASCADE, related_name="venues")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="venues")  # who looks after the venue
    name = models.CharField(max_length=160)
    address = models.CharField(max_length=200, blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    is_main = models.BooleanField(default=False)
    clerk = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="clerked_venues")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study_class", "name"], name="venue_name_once"),
            models.UniqueConstraint(fields=["study_class"], condition=Q(is_main=True), name="one_main_venue"),
        ]

    def __str__(self) -> str:
        return self.name


class ClassSession(models.Model):
    """A buổi: half a day or so, the same for every venue of the class."""

    study_class = models.ForeignKey(StudyClass, on_delete=models.CASCADE, related_name="sessions")
    title = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="session_order")]
        indexes = [models.Index(fields=["starts_at"])]

    def __str__(self) -> str:
        return self.title


class ProgrammeItem(models.Model):
    """What happens within a session; discussion slots are items of kind DISCUSSION (R-032, B-10)."""

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="items")
    kind = models.CharField(max_length=16, choices=ItemKind.choices())
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    title = models.CharField(max_length=250)
    document = models.ForeignKey(GuidingDocument, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    presenter = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["starts_at"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="item_order")]


class ClassRole(models.Model):
    """Who chairs, opens, closes, presents (R-053) or directed the class (R-007)."""

    study_class = models.ForeignKey(StudyClass, on_delete=models.CASCADE, related_name="roles")
    kind = models.CharField(max_length=16, choices=ClassRoleKind.choices())
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="class_roles")
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["study_class", "kind", "person"], name="class_role_once")]


class RosterEntry(models.Model):
    """A person called to a class. One person is in at most one running class per duty (B-02)."""

    study_class = models.ForeignKey(StudyClass, on_delete=models.CASCADE, related_name="roster")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="roster")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="roster_entries")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")  # the cell at that time
    duty = models.ForeignKey(StudyDuty, null=True, blank=True, on_delete=models.PROTECT, related_name="roster_entries")
    origin = models.CharField(max_length=10, choices=RosterOrigin.choices(), default=RosterOrigin.AUDIENCE)
    seat = models.CharField(max_length=20, blank=True)
    summoned_at = models.DateTimeField(null=True, blank=True)
    summoned_by = models.CharField(max_length=10, choices=SummonsWay.choices(), blank=True)
    # Copied from the state of the class (draft or released), so that the database itself keeps a person out of a second one.
    is_running = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["study_class", "person"], name="roster_person_once"),
            models.UniqueConstraint(
                fields=["duty"], condition=Q(is_running=True, duty__isnull=False), name="one_running_class_per_duty"
            ),
        ]
        indexes = [
            models.Index(fields=["venue", "unit"]),
            models.Index(fields=["duty"]),
            models.Index(fields=["person", "is_running"]),
            models.Index(fields=["unit", "study_class"]),
        ]
