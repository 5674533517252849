"""Rows of a class. One class may have several venues, each with its own clerk; a plain class has one."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.timezone import now

from quantriet.campaigns.models import AudienceRule, StudyCampaign, StudyDuty
from quantriet.campaigns.vocab import StudyForm
from quantriet.classes.vocab import (
    RUNNING_STATES,
    ClassRoleKind,
    ClassState,
    ConferenceLevel,
    Interaction,
    ItemKind,
    LineKind,
    PlanDemandKind,
    RosterOrigin,
    SeatPlace,
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


# --- halls and who sits where in them (R-070, B-04) --------------------------------------------------------------------


class Hall(models.Model):
    """A hall of a unit with its seats, kept for all classes held in it. `layout`: rules.halls.as_json."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="halls")
    name = models.CharField(max_length=160)
    address = models.CharField(max_length=200, blank=True)
    layout = models.JSONField()
    seats = models.PositiveIntegerField()  # in use, as the layout says
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["unit__path", "name", "pk"]
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="hall_name_once")]

    def __str__(self) -> str:
        return self.name


class SeatMap(models.Model):
    """The seats of one venue of a class. The layout is that of the hall when it was chosen: a hall rebuilt later does not
    move people in classes that were held."""

    venue = models.OneToOneField(Venue, on_delete=models.CASCADE, related_name="seat_map")
    hall = models.ForeignKey(Hall, null=True, blank=True, on_delete=models.SET_NULL, related_name="seat_maps")
    hall_name = models.CharField(max_length=160)
    layout = models.JSONField()
    changed_at = models.DateTimeField()


class SeatBlock(models.Model):
    """A block of seats kept for a unit. Blocks are numbered by the layout, those nearest to the stage first."""

    seat_map = models.ForeignKey(SeatMap, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveSmallIntegerField()
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["seat_map", "number"], name="seat_block_once")]


class Seat(models.Model):
    """A seat on which somebody is placed, or which is kept free; no row says no more than the layout does.

    The database itself keeps two people off one seat, and one person off two.
    """

    seat_map = models.ForeignKey(SeatMap, on_delete=models.CASCADE, related_name="seats")
    row = models.CharField(max_length=4)
    number = models.PositiveSmallIntegerField()
    entry = models.OneToOneField(RosterEntry, null=True, blank=True, on_delete=models.CASCADE, related_name="placed_on")
    is_kept_free = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seat_map", "row", "number"], name="seat_taken_once"),
            models.CheckConstraint(
                condition=Q(entry__isnull=False, is_kept_free=False) | Q(entry__isnull=True, is_kept_free=True),
                name="seat_taken_or_kept_free",
            ),
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


# --- conferences with many venues (R-057 … R-064) ---------------------------------------------------------------------


class Facility(models.Model):
    """A room with its equipment in the register of a unit; what is empty has not been stated (R-064)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="facilities")
    name = models.CharField(max_length=160)
    address = models.CharField(max_length=200, blank=True)
    seats = models.PositiveIntegerField(null=True, blank=True)
    is_online = models.BooleanField(null=True, blank=True)  # an online meeting room
    screens = models.PositiveSmallIntegerField(null=True, blank=True)
    speakers = models.PositiveSmallIntegerField(null=True, blank=True)
    microphones = models.PositiveSmallIntegerField(null=True, blank=True)
    cameras = models.PositiveSmallIntegerField(null=True, blank=True)
    line = models.CharField(max_length=8, choices=LineKind.choices(), blank=True)
    has_power = models.BooleanField(null=True, blank=True)  # power of its own when the line fails
    note = models.CharField(max_length=250, blank=True)
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="facility_name_once")]

    def __str__(self) -> str:
        return self.name


class FacilityDeclaration(models.Model):
    """A unit says that its register is complete: from then on no online room means that there is none (R-063)."""

    unit = models.OneToOneField(Unit, on_delete=models.CASCADE, related_name="facility_declaration")
    declared_at = models.DateTimeField()
    declared_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")


class OnlineConference(models.Model):
    """What makes a class a conference with many venues: open to the units below until a day, with what each venue needs."""

    study_class = models.OneToOneField(StudyClass, on_delete=models.CASCADE, related_name="conference")
    host_name = models.CharField(max_length=160, blank=True)  # who holds it when that is no unit of this tree
    opened_at = models.DateTimeField(null=True, blank=True)  # since when units below see it and add venues
    last_day = models.DateField(null=True, blank=True)  # on which they may do so
    equipment = models.JSONField(default=list)  # values of EquipmentKind that every venue must have
    created_at = models.DateTimeField(default=now)

    def __str__(self) -> str:
        return self.study_class.title


class VenueReadiness(models.Model):
    """How far a venue of a conference is: its room, its equipment, the way to the host, the last check of its connection."""

    venue = models.OneToOneField(Venue, on_delete=models.CASCADE, related_name="readiness")
    facility = models.ForeignKey(Facility, null=True, blank=True, on_delete=models.SET_NULL, related_name="venues")
    hall = models.CharField(max_length=160, blank=True)
    quota = models.PositiveIntegerField(null=True, blank=True)  # delegates allotted to the venue
    equipment = models.JSONField(default=list)  # values of EquipmentKind that are there and work
    distance_km = models.PositiveSmallIntegerField(null=True, blank=True)  # one way to the main venue
    travel_minutes = models.PositiveSmallIntegerField(null=True, blank=True)  # one way
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    check_passed = models.BooleanField(null=True, blank=True)
    check_note = models.CharField(max_length=250, blank=True)  # what failed

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(check_passed__isnull=True, checked_at__isnull=True)
                | Q(check_passed__isnull=False, checked_at__isnull=False),
                name="connection_check_has_result",
            ),
            models.CheckConstraint(
                condition=Q(check_passed__isnull=True) | Q(check_passed=True) | ~Q(check_note=""),
                name="failed_check_says_why",
            ),
        ]


class VenueAudience(models.Model):
    """Where the people of one rule of the audience sit: at the main venue, or at the venue of their own unit (R-040, R-041)."""

    conference = models.ForeignKey(OnlineConference, on_delete=models.CASCADE, related_name="audiences")
    audience_rule = models.ForeignKey(AudienceRule, on_delete=models.CASCADE, related_name="+")
    place = models.CharField(max_length=8, choices=SeatPlace.choices())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conference", "audience_rule"], name="venue_audience_once")]
