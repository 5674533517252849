"""Facts are append-only; records and verdicts are computed from them and can be thrown away."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quantriet.attendance.vocab import (
    CatchUpState,
    ConductKind,
    ExcuseState,
    FactKind,
    InvitedBy,
    Method,
    ProxyKind,
    ReopeningState,
    StepKind,
    StepWay,
    Verdict,
)
from quantriet.campaigns.models import StudyDuty
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
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

    class Meta:
        indexes = [
            models.Index(fields=["entry", "session", "at"]),
            models.Index(fields=["session", "recorded_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=FactKind.VOID, voids__isnull=False) | (~Q(kind=FactKind.VOID) & Q(voids__isnull=True)),
                name="void_names_its_fact",
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
    """One absentee followed from the class missed into a later one, until done (R-067)."""

    duty = models.ForeignKey(StudyDuty, on_delete=models.CASCADE, related_name="catch_ups")
    missed = models.OneToOneField(RosterEntry, on_delete=models.CASCADE, related_name="catch_up")
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
