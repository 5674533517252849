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
    Interaction,
    ItemKind,
    PlanDemandKind,
    RosterOrigin,
    SummonsWay,
    TimetableState,
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
    interaction = models.CharField(max_length=10, choices=Interaction.choices(), blank=True, db_default="")
    equipment = models.CharField(max_length=200, blank=True, db_default="")  # audio-visual support, in words

    class Meta:
        ordering = ["starts_at"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="item_order")]

    @property
    def means(self) -> str:
        """The interactive form and the audio-visual support, in words; empty for neither."""
        form = Interaction(self.interaction).label if self.interaction else ""
        return "; ".join(filter(None, (form, self.equipment)))


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


# --- the plan of all classes of a campaign (R-043, R-051, R-052, B-09) ------------------------------------------------


class TimetablePlan(models.Model):
    """Who of a campaign under a unit goes to which session in which hall, by counts, and who speaks; classes come of it."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.PROTECT, related_name="timetables")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="timetables")
    title = models.CharField(max_length=200)
    tier = models.CharField(max_length=12, choices=ContentTier.choices(), default=ContentTier.GRASSROOTS)
    state = models.CharField(max_length=10, choices=TimetableState.choices(), default=TimetableState.DRAFT)
    seconds = models.PositiveSmallIntegerField(default=60)  # how long a computation may look for a better plan
    usual_minutes = models.PositiveSmallIntegerField(default=30)  # between two places of which nothing is said
    # What the present or the last computation came to; costs in points (rules.planning.Weights).
    run = models.PositiveIntegerField(default=0)  # grows with each start: a job of an earlier run ends without a word
    keeps = models.BooleanField(default=False)  # the present run moves as few people as can be
    before = models.JSONField(default=dict, blank=True)  # the plan from which the present run starts, if it keeps that
    began_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    cost = models.PositiveBigIntegerField(null=True, blank=True)
    bound = models.PositiveBigIntegerField(null=True, blank=True)
    moved = models.PositiveIntegerField(null=True, blank=True)  # people the last re-planning moved
    least_moved = models.PositiveIntegerField(null=True, blank=True)  # no plan moves fewer
    outcome = models.CharField(max_length=400, blank=True)  # in one sentence
    collisions = models.JSONField(default=list, blank=True)  # sentences of the demands that cannot hold together
    created_at = models.DateTimeField(default=now)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["campaign", "unit"])]

    def __str__(self) -> str:
        return self.title


class TimetableSession(models.Model):
    """A session in which classes may be held, in any of the halls."""

    plan = models.ForeignKey(TimetablePlan, on_delete=models.CASCADE, related_name="sessions")
    title = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="timetable_session_order"),
            models.UniqueConstraint(fields=["plan", "starts_at", "ends_at"], name="timetable_session_once"),
        ]


class TimetableHall(models.Model):
    """A hall with its seats; `place` is where it lies, for the ways."""

    plan = models.ForeignKey(TimetablePlan, on_delete=models.CASCADE, related_name="halls")
    name = models.CharField(max_length=160)
    address = models.CharField(max_length=200, blank=True)
    place = models.CharField(max_length=80, blank=True)
    capacity = models.PositiveIntegerField()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["plan", "name"], name="timetable_hall_once")]


class TimetableReporter(models.Model):
    """Somebody who may speak in the classes of a plan, and how many of them at most."""

    plan = models.ForeignKey(TimetablePlan, on_delete=models.CASCADE, related_name="reporters")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    most_classes = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["person__sort_key", "pk"]
        constraints = [models.UniqueConstraint(fields=["plan", "person"], name="timetable_reporter_once")]


class TimetableCell(models.Model):
    """A cell of a plan: how many of its people are to study, of how many, and where it sits."""

    plan = models.ForeignKey(TimetablePlan, on_delete=models.CASCADE, related_name="cells")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=80, blank=True)
    people = models.PositiveIntegerField(default=0)  # owing the study and in no class, when the cells were last counted
    strength = models.PositiveIntegerField(default=0)  # everybody on its list then

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "unit"], name="timetable_cell_once")]


class TimetableDemand(models.Model):
    """One thing a plan has to hold, or a wish, or a way between two places; with its basis. Without a cell it is for all."""

    plan = models.ForeignKey(TimetablePlan, on_delete=models.CASCADE, related_name="demands")
    kind = models.CharField(max_length=16, choices=PlanDemandKind.choices())
    cell = models.ForeignKey(TimetableCell, null=True, blank=True, on_delete=models.CASCADE, related_name="demands")
    hall = models.ForeignKey(TimetableHall, null=True, blank=True, on_delete=models.CASCADE, related_name="demands")
    reporter = models.ForeignKey(
        TimetableReporter, null=True, blank=True, on_delete=models.CASCADE, related_name="demands"
    )
    day = models.DateField(null=True, blank=True)
    amount = models.PositiveSmallIntegerField(null=True, blank=True)  # per cent or minutes, by its kind
    place = models.CharField(max_length=80, blank=True)
    other_place = models.CharField(max_length=80, blank=True)
    basis = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]


class TimetableClass(models.Model):
    """A class of a plan: a session in a hall with its reporter; once confirmed, the class that came of it."""

    plan = models.ForeignKey(TimetablePlan, on_delete=models.CASCADE, related_name="classes")
    session = models.ForeignKey(TimetableSession, on_delete=models.CASCADE, related_name="classes")
    hall = models.ForeignKey(TimetableHall, on_delete=models.CASCADE, related_name="classes")
    reporter = models.ForeignKey(
        TimetableReporter, null=True, blank=True, on_delete=models.SET_NULL, related_name="classes"
    )
    study_class = models.ForeignKey(StudyClass, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "hall"], name="timetable_class_once")]


class TimetableShare(models.Model):
    """So many of a cell in a class of a plan; a person whom a demand names stands alone."""

    timetable_class = models.ForeignKey(TimetableClass, on_delete=models.CASCADE, related_name="shares")
    cell = models.ForeignKey(TimetableCell, on_delete=models.CASCADE, related_name="shares")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["timetable_class", "cell"], condition=Q(person__isnull=True), name="timetable_share_once"
            ),
            models.UniqueConstraint(fields=["timetable_class", "person"], name="timetable_person_once"),
            models.CheckConstraint(condition=Q(count__gt=0), name="timetable_share_of_somebody"),
        ]
