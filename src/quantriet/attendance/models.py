"""Facts are append-only; records and verdicts are computed from them and can be thrown away."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quantriet.attendance.vocab import (
    BY_ONESELF,
    AbsenceDecision,
    AbsenceGrade,
    ByCard,
    CatchUpState,
    ConductKind,
    ConflictOutcome,
    ConflictReason,
    ConflictState,
    ExcuseState,
    FactKind,
    InvitedBy,
    LogMeaning,
    MeetingLogState,
    Method,
    ProposalState,
    ProxyKind,
    ReopeningState,
    SelfStudyCause,
    SelfStudyStep,
    StepKind,
    StepWay,
    Verdict,
)
from quantriet.campaigns.models import StudyCampaign, StudyDuty
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.kit.time import local, show_day
from quantriet.library.vocab import Audience
from quantriet.org.models import Account, Person, Unit


class PresenceFact(models.Model):
    """Append-only evidence of presence of one person in one session. Never changed; a mistake is a VOID of it."""

    nonce = models.CharField(max_length=40, unique=True)  # made by the client: a retry changes nothing twice
    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="facts")
    session = models.ForeignKey(ClassSession, on_delete=models.PROTECT, related_name="facts")
    kind = models.CharField(max_length=8, choices=FactKind.choices())
    at = models.DateTimeField()  # when it was true
    recorded_at = models.DateTimeField()  # when the server learned it
    method = models.CharField(max_length=8, choices=Method.choices())
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    voids = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="voided_by")
    device = models.CharField(max_length=16, blank=True, db_default="")  # whose browser scanned the hall's code
    # No evidence but a place in the queue, and all of a row that ever changes: whether its log line, minutes and verdict
    # have been written (decision 0024). A check-in by code is acknowledged before that.
    is_followed = models.BooleanField(default=True, db_default=True)

    class Meta:
        indexes = [
            models.Index(fields=["entry", "session", "at"]),
            models.Index(fields=["session", "recorded_at"]),
            models.Index(fields=["id"], condition=Q(is_followed=False), name="facts_to_follow"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=FactKind.VOID, voids__isnull=False) | (~Q(kind=FactKind.VOID) & Q(voids__isnull=True)),
                name="void_names_its_fact",
            )
        ]

    @property
    def recorder(self) -> Account | ByCard | None:
        """Who wrote it: an account, the person's own card, or (None) the product by itself."""
        if self.account is None and self.method in BY_ONESELF:
            return ByCard()
        return self.account


class RollDevice(models.Model):
    """A phone or laptop that holds the names of one venue, sealed, and takes its roll with or without a line (B-03)."""

    key = models.CharField(max_length=32, unique=True)  # made at the opening; names the device in what it sends
    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="roll_devices")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")  # who opened it: nobody else sends
    label = models.CharField(max_length=60)  # what kind of browser, in words
    # Shape: {"lines": [roster line, …], "sessions": [session, …]}: what it was ever given, so that whatever else it sends is
    # known as foreign, and who left the roster meanwhile is not.
    given = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    names_until = models.DateTimeField()  # when the device throws the names away by itself
    offset_ms = models.BigIntegerField(default=0)  # server's clock less the device's, at the last contact
    waiting = models.PositiveIntegerField(default=0)  # facts not yet sent, as the device said at the last contact
    lost_at = models.DateTimeField(null=True, blank=True)
    lost_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["venue", "-seen_at"], name="devices_of_venue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(lost_at__isnull=True, lost_by__isnull=True)
                | Q(lost_at__isnull=False, lost_by__isnull=False),
                name="device_lost_by_somebody",
            )
        ]


class DeviceFact(models.Model):
    """What a device sent, as it was made: by its own clock, with what it knew; `fact` is what it became, if anything."""

    nonce = models.CharField(max_length=32, unique=True)
    device = models.ForeignKey(RollDevice, on_delete=models.PROTECT, related_name="facts")
    line = models.BigIntegerField()  # the roster line as the device knew it, which may be gone
    entry = models.ForeignKey(RosterEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="device_facts")
    session = models.ForeignKey(
        ClassSession, null=True, blank=True, on_delete=models.PROTECT, related_name="device_facts"
    )
    kind = models.CharField(max_length=8, choices=FactKind.choices())
    method = models.CharField(max_length=8, choices=Method.choices())
    made_at = models.DateTimeField()  # by the device's clock, as it was
    offset_ms = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField()  # the same, corrected
    known_at = models.DateTimeField(null=True, blank=True)
    undoes = models.CharField(max_length=32, blank=True, db_index=True)  # nonce of the fact it takes back
    received_at = models.DateTimeField()
    fact = models.OneToOneField(
        PresenceFact, null=True, blank=True, on_delete=models.PROTECT, related_name="from_device"
    )


class PresenceConflict(models.Model):
    """Two sides that say opposite things of one person, or one fact that cannot count as it is; settled once, by a person."""

    entry = models.ForeignKey(RosterEntry, null=True, blank=True, on_delete=models.PROTECT, related_name="conflicts")
    session = models.ForeignKey(ClassSession, null=True, blank=True, on_delete=models.PROTECT, related_name="conflicts")
    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="conflicts")  # of the device that raised it
    reason = models.CharField(max_length=8, choices=ConflictReason.choices())
    sentence = models.CharField(max_length=400)
    held = models.OneToOneField(DeviceFact, null=True, blank=True, on_delete=models.PROTECT, related_name="conflict")
    first = models.ForeignKey(PresenceFact, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(PresenceFact, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=ConflictState.choices(), default=ConflictState.OPEN)
    outcome = models.CharField(max_length=8, choices=ConflictOutcome.choices(), blank=True)
    raised_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["venue", "state", "raised_at"], name="conflicts_of_venue")]
        constraints = [
            models.CheckConstraint(
                condition=Q(held__isnull=False, first__isnull=True, second__isnull=True)
                | Q(held__isnull=True, first__isnull=False, second__isnull=False),
                name="conflict_has_its_sides",
            ),
            models.CheckConstraint(
                condition=Q(state=ConflictState.OPEN, outcome="", settled_at__isnull=True)
                | (Q(state=ConflictState.SETTLED, settled_at__isnull=False) & ~Q(outcome="")),
                name="conflict_settled_in_whole",
            ),
            models.UniqueConstraint(
                fields=["entry", "session", "reason"],
                condition=Q(state=ConflictState.OPEN, held__isnull=True),
                name="one_open_contradiction",
            ),
        ]

    @property
    def is_contradiction(self) -> bool:
        return self.held_id is None


class PresenceCheck(models.Model):
    """A moment of a session at which those in the hall show by its code that they are still there (P-10, B-01).

    It says nothing about anybody by itself: who did not scan is a question to the clerk, who marks a departure or not.
    """

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="presence_checks")
    # Empty: in all venues of the class.
    venue = models.ForeignKey(Venue, null=True, blank=True, on_delete=models.CASCADE, related_name="presence_checks")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    # Of a moment drawn beforehand: the stretch it was drawn from, which is all that is told until it comes.
    drawn_from = models.DateTimeField(null=True, blank=True)
    drawn_to = models.DateTimeField(null=True, blank=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    called_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["session", "starts_at"], name="checks_of_session")]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="presence_check_order"),
            models.CheckConstraint(
                condition=Q(drawn_from__isnull=True, drawn_to__isnull=True)
                | Q(drawn_from__isnull=False, drawn_to__gt=F("drawn_from")),
                name="presence_check_drawn_from_stretch",
            ),
        ]

    @property
    def is_drawn(self) -> bool:
        return self.drawn_from is not None


class HeadCount(models.Model):
    """So many people at a venue in a session, as its clerk reports them before or without a roll (báo nhanh).

    A number about a venue and no fact about anybody: it decides no duty, and figures show it apart from the roll.
    """

    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="head_counts")
    session = models.ForeignKey(ClassSession, on_delete=models.PROTECT, related_name="head_counts")
    people = models.PositiveIntegerField()
    counted_at = models.DateTimeField()
    counted_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["venue", "session"], name="head_count_once")]
        indexes = [models.Index(fields=["session", "counted_at"], name="head_counts_of_session")]


class SeatRound(models.Model):
    """One going through the seats of a venue in a session: at arrival (the first), and again at later moments (R-070, B-04)."""

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="seat_rounds")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="seat_rounds")
    number = models.PositiveSmallIntegerField()
    as_of = models.DateTimeField()  # the moment that what is seen stands for
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["session", "venue", "number"], name="seat_round_once")]


class SeatTap(models.Model):
    """Append-only: an usher saw a seat empty, or not empty after all; the last seen of a person holds. No evidence of
    presence yet: facts are written when an usher confirms the block."""

    nonce = models.CharField(max_length=40, unique=True)  # made by the client: a retry changes nothing twice
    seat_round = models.ForeignKey(SeatRound, on_delete=models.CASCADE, related_name="taps")
    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="seat_taps")
    is_empty = models.BooleanField()
    at = models.DateTimeField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["seat_round", "entry"], name="taps_of_round")]


class SeatConfirmation(models.Model):
    """Append-only: an usher said of a block that all its other seats are taken; its facts were written with it."""

    nonce = models.CharField(max_length=40, unique=True)
    seat_round = models.ForeignKey(SeatRound, on_delete=models.CASCADE, related_name="confirmations")
    block = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField()
    empty = models.PositiveSmallIntegerField()
    last_tap = models.PositiveBigIntegerField(default=0)  # id of the newest tap it rests on; 0 before any
    at = models.DateTimeField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["seat_round", "block"], name="confirmations_of_round")]


class AbsenceProposal(models.Model):
    """What the rulebook proposes for an absence without reason; a person decides about a person (R-074).

    `absences`: rules.absences.Absence as JSON, the one it is about first. One for each line of a roster.
    """

    entry = models.OneToOneField(RosterEntry, on_delete=models.PROTECT, related_name="absence_proposal")
    grade = models.CharField(max_length=8, choices=AbsenceGrade.choices())
    sentence = models.CharField(max_length=500)
    absences = models.JSONField()
    state = models.CharField(max_length=9, choices=ProposalState.choices(), default=ProposalState.OPEN)
    proposed_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=AbsenceDecision.choices(), blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=400, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "grade"], name="absence_proposals_by_state")]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="decided", decided_at__isnull=False, decided_by__isnull=False) & ~Q(decision="")
                | ~Q(state="decided") & Q(decided_at__isnull=True, decided_by__isnull=True, decision=""),
                name="absence_proposal_decided_whole",
            )
        ]


class RollReopening(models.Model):
    """A closed roll opened again to correct it, by two persons: who asked and why, who decided, until when, when it was closed."""

    study_class = models.ForeignKey(StudyClass, on_delete=models.CASCADE, related_name="roll_reopenings")
    state = models.CharField(max_length=8, choices=ReopeningState.choices(), default=ReopeningState.ASKED)
    reason = models.CharField(max_length=250)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    # Empty on rows from before two persons were asked for.
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_note = models.CharField(max_length=250, blank=True)
    expires_at = models.DateTimeField()  # of the question while it waits, of the corrections once it is open
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "asked_at"], name="reopening_by_state")]
        constraints = [
            models.UniqueConstraint(
                fields=["study_class"],
                condition=Q(state__in=[ReopeningState.ASKED, ReopeningState.OPEN]),
                name="one_live_roll_reopening",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")), name="reopening_by_two_persons"
            ),
        ]


class AttendanceRecord(models.Model):
    """Minutes of one person in one session, computed from the facts."""

    entry = models.ForeignKey(RosterEntry, on_delete=models.CASCADE, related_name="records")
    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="records")
    seconds_present = models.PositiveIntegerField(default=0)
    seconds_planned = models.PositiveIntegerField(default=0)
    is_marked = models.BooleanField(default=False)  # any fact at all; without one nothing is known

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "session"], name="record_once"),
            models.CheckConstraint(
                condition=Q(seconds_present__lte=F("seconds_planned")), name="record_within_session"
            ),
        ]


class ClassVerdict(models.Model):
    """What the records of one person in one class come to, with the sentence that says why (B-01)."""

    entry = models.OneToOneField(RosterEntry, on_delete=models.CASCADE, related_name="verdict")
    verdict = models.CharField(max_length=10, choices=Verdict.choices(), default=Verdict.UNDECIDED)
    seconds_present = models.PositiveIntegerField(default=0)
    seconds_planned = models.PositiveIntegerField(default=0)
    sentence = models.CharField(max_length=400, blank=True)
    computed_at = models.DateTimeField()


class ExcusedAbsence(models.Model):
    """A reason for absence, its paper and who approved it. Excused is not exempt: the study is still owed."""

    # RESTRICT: an excuse is evidence and keeps its line, yet does not say that the class was held, as a mark does.
    entry = models.ForeignKey(RosterEntry, on_delete=models.RESTRICT, related_name="excuses")
    session = models.ForeignKey(  # empty: the whole class
        ClassSession, null=True, blank=True, on_delete=models.RESTRICT, related_name="excuses"
    )
    reason = models.CharField(max_length=250)
    paper = models.FileField(upload_to="excuses/", blank=True)
    paper_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=8, choices=ExcuseState.choices(), default=ExcuseState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_note = models.CharField(max_length=250, blank=True)


class CatchUp(models.Model):
    """One absentee followed from the class missed into a later one, until done (R-067).

    Also who was allowed to study alone and did not finish in time: then `lapsed` stands in the place of `missed`.
    """

    duty = models.ForeignKey(StudyDuty, on_delete=models.CASCADE, related_name="catch_ups")
    missed = models.OneToOneField(RosterEntry, null=True, blank=True, on_delete=models.CASCADE, related_name="catch_up")
    lapsed = models.ForeignKey(
        "SelfStudyPermission", null=True, blank=True, on_delete=models.PROTECT, related_name="catch_ups"
    )
    placed = models.OneToOneField(
        RosterEntry, null=True, blank=True, on_delete=models.SET_NULL, related_name="makes_up"
    )
    state = models.CharField(max_length=8, choices=CatchUpState.choices(), default=CatchUpState.OPEN)
    invite_before_on = models.DateField()  # by the rulebook
    invited_at = models.DateTimeField(null=True, blank=True)
    invited_by = models.CharField(max_length=5, choices=InvitedBy.choices(), blank=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "invite_before_on"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(missed__isnull=False, lapsed__isnull=True) | Q(missed__isnull=True, lapsed__isnull=False),
                name="catch_up_has_one_cause",
            ),
            models.UniqueConstraint(fields=["duty", "lapsed"], name="catch_up_lapsed_once"),
        ]

    @property
    def cause(self) -> str:
        """What was missed, in words: the class, or the self-study that ended unfinished."""
        if self.missed is not None:
            return f"Vắng “{self.missed.study_class.title}”"
        if self.lapsed is None:
            return ""
        ended = self.lapsed.to_on if self.lapsed.withdrawn_at is None else local(self.lapsed.withdrawn_at).date()
        return f"Tự học chưa xong khi hết hạn ngày {show_day(ended)}"

    @property
    def why(self) -> str:
        """The verdict's sentence, of a class that was missed."""
        verdict = getattr(self.missed, "verdict", None) if self.missed is not None else None
        return verdict.sentence if verdict else ""


class CatchUpStep(models.Model):
    """One step taken for one absentee (R-067): invited, reminded, told to the cell, told to the superior; each only once."""

    link = models.ForeignKey(CatchUp, on_delete=models.CASCADE, related_name="steps")
    kind = models.CharField(max_length=8, choices=StepKind.choices())
    way = models.CharField(max_length=5, choices=StepWay.choices())
    told = models.CharField(max_length=250)  # whom, in words
    told_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # empty: by itself

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "kind"], name="catch_up_step_once")]
        indexes = [models.Index(fields=["kind", "told_unit"])]

    @property
    def kind_label(self) -> str:
        return StepKind(self.kind).label


class ReplyForm(models.Model):
    """A printed form with a code for a member without a phone: what is ticked on it comes back by the code (P-08)."""

    code = models.CharField(max_length=8, unique=True)
    kind = models.CharField(max_length=8, choices=ProxyKind.choices())
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="reply_forms")
    entry = models.ForeignKey(RosterEntry, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    link = models.ForeignKey(CatchUp, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    offered = models.JSONField(default=list)  # keys of the classes on the paper, in their printed order
    printed_at = models.DateTimeField()
    printed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    valid_to = models.DateField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="excuse", entry__isnull=False, link__isnull=True)
                | Q(kind="catch_up", entry__isnull=True, link__isnull=False),
                name="reply_form_about_one_thing",
            )
        ]


class ProxyEntry(models.Model):
    """Something a member does on a phone, entered by somebody else for them, marked as such and shown to them (P-08)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="proxy_entries")
    kind = models.CharField(max_length=8, choices=ProxyKind.choices())
    words = models.CharField(max_length=400)  # what was entered
    role = models.CharField(max_length=60)  # as what: "bí thư chi bộ nhập thay"
    excuse = models.ForeignKey(ExcusedAbsence, null=True, blank=True, on_delete=models.CASCADE, related_name="proxies")
    link = models.ForeignKey(CatchUp, null=True, blank=True, on_delete=models.CASCADE, related_name="proxies")
    form = models.ForeignKey(ReplyForm, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["person", "-at"])]


class ConductNote(models.Model):
    """Praise or a breach of the class rules, with time and place: a bare record (R-056)."""

    study_class = models.ForeignKey(StudyClass, on_delete=models.CASCADE, related_name="conduct_notes")
    venue = models.ForeignKey(Venue, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="conduct_notes")
    kind = models.CharField(max_length=8, choices=ConductKind.choices())
    text = models.CharField(max_length=400)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")


# --- self-study (R-133) -------------------------------------------------------------------------------------------


class SelfStudyPermission(models.Model):
    """Who of a campaign may study alone, why, on which ground and in which days; never changed, only withdrawn."""

    nonce = models.CharField(max_length=40, unique=True)  # made by the client: a retry allows nothing twice
    campaign = models.ForeignKey(StudyCampaign, on_delete=models.PROTECT, related_name="self_study_permissions")
    # Shape: campaigns.rules.audience.Criteria; empty: the people named, and nobody else.
    criteria = models.JSONField(default=dict)
    cause = models.CharField(max_length=10, choices=SelfStudyCause.choices())
    reason = models.CharField(max_length=250)
    basis = models.CharField(max_length=250)  # the paper or clause, as verdicts quote it
    variant = models.CharField(max_length=10, choices=Audience.choices())  # for whom grassroots members read
    from_on = models.DateField()
    to_on = models.DateField()  # the last day
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawal_reason = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(to_on__gte=F("from_on")), name="self_study_period_order"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="self_study_withdrawal_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"{SelfStudyCause(self.cause).label} – {self.reason}"


class SelfStudyPerson(models.Model):
    """A single person whom a permission names."""

    permission = models.ForeignKey(SelfStudyPermission, on_delete=models.CASCADE, related_name="named")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="self_study_permissions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["permission", "person"], name="self_study_named_once")]


class SelfStudyCourse(models.Model):
    """The self-study of one duty. What stands here of progress is computed from its facts and can be thrown away."""

    duty = models.OneToOneField(StudyDuty, on_delete=models.PROTECT, related_name="self_study")
    permission = models.ForeignKey(SelfStudyPermission, on_delete=models.PROTECT, related_name="courses")
    code = models.CharField(max_length=12, unique=True)  # of the proof sheet
    longest_seconds = models.PositiveIntegerField()  # that count for one section, by the rulebook of the first day
    began_at = models.DateTimeField()
    passed = models.PositiveSmallIntegerField(default=0)
    total = models.PositiveSmallIntegerField(default=0)
    seconds = models.PositiveIntegerField(default=0)
    tries = models.PositiveIntegerField(default=0)
    wrong_here = models.PositiveIntegerField(default=0)  # wrong answers in the section one is at
    last_at = models.DateTimeField(null=True, blank=True)  # of the last fact
    finished_at = models.DateTimeField(null=True, blank=True)
    sentence = models.CharField(max_length=400, blank=True)


class SelfStudyOutline(models.Model):
    """The sections of a course as they were cut from the versions published then; never changed. The last one holds.

    `sections`: rules.self_study.Section as JSON, in their order.
    """

    nonce = models.CharField(max_length=40, unique=True)
    course = models.ForeignKey(SelfStudyCourse, on_delete=models.CASCADE, related_name="outlines")
    number = models.PositiveSmallIntegerField()
    sections = models.JSONField()
    at = models.DateTimeField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["course", "number"], name="self_study_outline_once")]


class SelfStudyFact(models.Model):
    """Append-only: a section was opened, answered, confirmed. `parts` are the parts it showed, with their digests."""

    nonce = models.CharField(max_length=40, unique=True)  # made by the client: a repeat changes nothing
    course = models.ForeignKey(SelfStudyCourse, on_delete=models.CASCADE, related_name="facts")
    step = models.CharField(max_length=6, choices=SelfStudyStep.choices())
    parts = models.JSONField()
    answers = models.JSONField(default=dict)  # question → chosen places
    at = models.DateTimeField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["course", "at"])]


class SelfStudyQuestion(models.Model):
    """A short check on one part of a master in a campaign; never changed, only taken out, so that answers keep their sense."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="self_study_questions")
    part = models.PositiveBigIntegerField()  # id of the part in the published version
    text = models.CharField(max_length=500)
    choices = models.JSONField()
    right = models.JSONField()  # places of the right choices, from 0
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["campaign", "part"])]

    def __str__(self) -> str:
        return self.text[:80]


# --- logs of online meetings (B-05, B-06) -------------------------------------------------------------------------


class MeetingLog(models.Model):
    """A log of an online meeting on its way into presence; nothing of it counts before it is confirmed."""

    study_class = models.ForeignKey(StudyClass, on_delete=models.CASCADE, related_name="meeting_logs")
    state = models.CharField(max_length=10, choices=MeetingLogState.choices(), default=MeetingLogState.READING)
    file = models.FileField(upload_to="meeting-logs/", blank=True)  # gone once its names are kept and written
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    # What the clerk answered: order ("dmy", "mdy"), offset (minutes east of Greenwich), day (ISO), legacy (encoding).
    choices = models.JSONField(default=dict)
    understood = models.JSONField(default=dict)  # shape: actions.meeting_logs.Understood
    counts = models.JSONField(default=dict)  # names by meaning, persons, facts
    refusal = models.CharField(max_length=600, blank=True)
    uploaded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    applied_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["study_class", "-uploaded_at"], name="logs_of_class")]

    def __str__(self) -> str:
        return self.file_name


class MeetingLogName(models.Model):
    """One name of a log (with its e-mail), what it stands for and why, and when it was connected."""

    log = models.ForeignKey(MeetingLog, on_delete=models.CASCADE, related_name="names")
    key = models.CharField(max_length=430)  # by which it is remembered: rules.meeting_logs.names.log_key
    said = models.CharField(max_length=160)
    email = models.CharField(max_length=254, blank=True)
    meaning = models.CharField(max_length=8, choices=LogMeaning.choices())
    why = models.CharField(max_length=300)
    entry = models.ForeignKey(RosterEntry, null=True, blank=True, on_delete=models.SET_NULL, related_name="log_names")
    venue = models.ForeignKey(Venue, null=True, blank=True, on_delete=models.SET_NULL, related_name="log_names")
    candidates = models.JSONField(default=list)  # [roster line, why]
    intervals = models.JSONField(default=list)  # [from, to] in seconds since 1970, united over the devices
    open_since = models.JSONField(default=list)  # moments of connections whose end the log does not know
    seconds = models.PositiveIntegerField(default=0)  # connected, over all devices together
    hole = models.PositiveIntegerField(default=0)  # seconds without a connection at moments the log does not tell
    rows = models.PositiveIntegerField(default=1)  # lines of the file
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    is_absent = models.BooleanField(default=False)  # the clerk had written "absent": the log adds nothing against that

    class Meta:
        indexes = [models.Index(fields=["log", "meaning"], name="log_names_by_meaning")]
        constraints = [models.UniqueConstraint(fields=["log", "key"], name="log_name_once")]


class LogIdentity(models.Model):
    """Whom a name of a meeting stands for in the classes of one organiser, decided by a person and remembered (B-06)."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="log_identities")
    key = models.CharField(max_length=430)
    said = models.CharField(max_length=160)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="log_identities")
    venue_name = models.CharField(max_length=160, blank=True)  # a hall: the venue of this name
    is_nobody = models.BooleanField(default=False)  # none of the roster
    decided_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "key"], name="log_identity_once"),
            models.CheckConstraint(
                condition=Q(person__isnull=False, venue_name="", is_nobody=False)
                | Q(person__isnull=True, is_nobody=False) & ~Q(venue_name="")
                | Q(person__isnull=True, venue_name="", is_nobody=True),
                name="log_identity_of_one_thing",
            ),
        ]


class VenueConnection(models.Model):
    """A hall was connected to the meeting; who sat there is the hall's own count (B-05)."""

    log = models.ForeignKey(MeetingLog, on_delete=models.CASCADE, related_name="venue_connections")
    venue = models.ForeignKey(Venue, on_delete=models.CASCADE, related_name="connections")
    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="venue_connections")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["log", "venue", "session", "starts_at"], name="venue_connection_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="venue_connection_order"),
        ]


# --- what is asked and written in the hall (R-068, R-071) ----------------------------------------------------------


class Questionnaire(models.Model):
    """One to five questions, opened at a moment of the organiser's choice; answered from the hall they prove presence."""

    session = models.ForeignKey(ClassSession, on_delete=models.CASCADE, related_name="questionnaires")
    venue = models.ForeignKey(  # empty: in all venues of the class
        Venue, null=True, blank=True, on_delete=models.CASCADE, related_name="questionnaires"
    )
    title = models.CharField(max_length=160)
    questions = models.JSONField()  # rules.questionnaires.Question as JSON, in their order
    is_presence = models.BooleanField(default=True)  # else a quick poll: nothing follows for presence
    minutes = models.PositiveSmallIntegerField()
    prepared_at = models.DateTimeField()
    prepared_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    opens_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    # The check in mid-session that it is, when it proves presence: who does not answer is a question to the clerk.
    check_held = models.OneToOneField(
        PresenceCheck, null=True, blank=True, on_delete=models.SET_NULL, related_name="questionnaire"
    )
    called_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["session", "opens_at"], name="questionnaires_of_session")]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=F("opens_at")),
                name="questionnaire_opens_for_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.title


class QuestionnaireAnswer(models.Model):
    """What one person answered: written once, never changed."""

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="answers")
    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="questionnaire_answers")
    answers = models.JSONField()  # of each question: the place of the choice, or a short text; null for none
    method = models.CharField(max_length=8, choices=Method.choices())  # on the phone, or from a slip
    at = models.DateTimeField()
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["questionnaire", "entry"], name="questionnaire_answer_once")]


class SuggestionBox(models.Model):
    """Whether written suggestions count as presence in a class (R-071)."""

    study_class = models.OneToOneField(StudyClass, on_delete=models.CASCADE, related_name="suggestion_box")
    is_open = models.BooleanField(default=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")


class Suggestion(models.Model):
    """A suggestion or comment that a learner wrote during a session; never changed."""

    nonce = models.CharField(max_length=40, unique=True)  # a repeat writes nothing twice
    entry = models.ForeignKey(RosterEntry, on_delete=models.PROTECT, related_name="suggestions")
    session = models.ForeignKey(ClassSession, on_delete=models.PROTECT, related_name="suggestions")
    text = models.TextField()
    at = models.DateTimeField()
    method = models.CharField(max_length=8, choices=Method.choices())  # on the phone, or from paper
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["session", "at"], name="suggestions_of_session")]
