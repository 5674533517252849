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
    ReopeningState,
    Verdict,
)
from quantriet.campaigns.models import StudyDuty
from quantriet.classes.models import ClassSession, RosterEntry, StudyClass, Venue
from quantriet.org.models import Account, Person


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


class ConductNote(models.Model):
    """Praise or a breach of the class rules, with time and place: a bare record (R-056)."""

    study_class = models.ForeignKey(StudyClass, on_delete=models.CASCADE, related_name="conduct_notes")
    venue = models.ForeignKey(Venue, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="conduct_notes")
    kind = models.CharField(max_length=8, choices=ConductKind.choices())
    text = models.CharField(max_length=400)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
