"""Rows of the register of reporters, of its reviews and training; invitations with outlines and what is said after them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import F, Q

from quantriet.org.models import Account, Person, Unit
from quantriet.speakers.vocab import (
    HIGHEST_SCORE,
    Criterion,
    EndReason,
    EntryOutcome,
    Half,
    InvitationState,
    OutlineCheck,
    ReporterKind,
    SourceGroup,
    SpeakerRuleKey,
    TheoryLevel,
    TrainingKind,
)


class ReporterField(models.Model):
    """A field in which somebody reports: of the house (no unit), or of a unit and everything below it."""

    unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="reporter_fields")
    name = models.CharField(max_length=120)
    name_folded = models.CharField(max_length=120)
    retired_on = models.DateField(null=True, blank=True)  # offered no more; who has it keeps it

    class Meta:
        ordering = ["name_folded", "pk"]
        constraints = [models.UniqueConstraint(fields=["unit", "name_folded"], name="reporter_field_once")]

    def __str__(self) -> str:
        return self.name


class ReporterQuerySet(models.QuerySet["Reporter"]):
    def on(self, day: date) -> ReporterQuerySet:
        """Entries that stand on the register on this day."""
        return self.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))

    def standing(self) -> ReporterQuerySet:
        """Entries that nobody has ended."""
        return self.filter(valid_to__isnull=True)


class Reporter(models.Model):
    """An entry of a committee's register: a person as reporter or propagandist, from a day until it is ended with a reason."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="reporter_entries")
    kind = models.CharField(max_length=12, choices=ReporterKind.choices())
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="reporters")  # whose register it is
    fields = models.ManyToManyField(ReporterField, blank=True, related_name="reporters")
    is_specialist = models.BooleanField(default=False)  # able to cover many fields in depth
    theory_level = models.CharField(max_length=12, choices=TheoryLevel.choices(), default=TheoryLevel.NONE)
    profession = models.CharField(max_length=160, blank=True)
    since_year = models.PositiveSmallIntegerField(null=True, blank=True)  # in oral propaganda since
    experience = models.CharField(max_length=400, blank=True)
    prestige = models.CharField(max_length=400, blank=True)
    practice = models.CharField(max_length=400, blank=True)  # knowledge of what happens on the ground
    source = models.CharField(max_length=8, choices=SourceGroup.choices(), blank=True)  # of a propagandist
    decision_number = models.CharField(max_length=60, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the last day, included
    end_reason = models.CharField(max_length=8, choices=EndReason.choices(), blank=True)
    end_note = models.CharField(max_length=250, blank=True)
    words = models.TextField(blank=True)  # profession, experience, practice, prestige, fields: folded, for the search
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = ReporterQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["unit", "valid_to"]), models.Index(fields=["person"])]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "unit"], condition=Q(valid_to__isnull=True), name="reporter_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True, end_reason="") | (Q(valid_to__isnull=False) & ~Q(end_reason="")),
                name="reporter_end_paired",
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="reporter_order"
            ),
            models.CheckConstraint(
                condition=Q(kind=ReporterKind.REPORTER, source="")
                | (
                    Q(kind=ReporterKind.PROPAGANDIST, decided_on__isnull=False) & ~Q(source="") & ~Q(decision_number="")
                ),
                name="propagandist_has_source_and_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"{ReporterKind(self.kind).label} {self.person.full_name}"

    @property
    def kind_label(self) -> str:
        return ReporterKind(self.kind).label

    @property
    def theory_label(self) -> str:
        return TheoryLevel(self.theory_level).label

    @property
    def source_label(self) -> str:
        return SourceGroup(self.source).label if self.source else ""

    @property
    def end_label(self) -> str:
        return EndReason(self.end_reason).label if self.end_reason else ""


# --- the yearly review --------------------------------------------------------------------------------------------------


class RosterReview(models.Model):
    """A committee's review of its register in a year (R-108); at closing its endings are written and its figures frozen."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="roster_reviews")
    year = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=200, blank=True)  # the paper with which the committee decided
    figures = models.JSONField(default=dict)  # counts at closing; labels are not kept, their keys are

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "year"], name="roster_review_once_a_year"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="roster_review_closing_is_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"Rà soát {self.year}: {self.unit.name}"


class RosterReviewItem(models.Model):
    """What a review comes to for one entry."""

    review = models.ForeignKey(RosterReview, on_delete=models.CASCADE, related_name="items")
    reporter = models.ForeignKey(Reporter, on_delete=models.PROTECT, related_name="review_items")
    outcome = models.CharField(max_length=12, choices=EntryOutcome.choices())
    remark = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "reporter"], name="roster_review_item_once")]

    @property
    def outcome_label(self) -> str:
        return EntryOutcome(self.outcome).label


# --- training, sources, rules --------------------------------------------------------------------------------------------


class TrainingEvent(models.Model):
    """A training or a supply of information that a committee gave to people of registers (R-111)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="speaker_trainings")
    kind = models.CharField(max_length=10, choices=TrainingKind.choices())
    held_on = models.DateField()
    topic = models.CharField(max_length=250)
    materials = models.TextField(blank=True)  # what was handed out, in words
    link = models.CharField(max_length=500, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_why = models.CharField(max_length=250, blank=True)

    class Meta:
        indexes = [models.Index(fields=["unit", "-held_on"])]

    def __str__(self) -> str:
        return self.topic

    @property
    def kind_label(self) -> str:
        return TrainingKind(self.kind).label


class TrainingTaken(models.Model):
    """One entry of a register took part in a training or was given the information."""

    event = models.ForeignKey(TrainingEvent, on_delete=models.CASCADE, related_name="taken")
    reporter = models.ForeignKey(Reporter, on_delete=models.PROTECT, related_name="trainings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "reporter"], name="training_taken_once")]


class InformationSource(models.Model):
    """A source to which a committee guides its reporters, and those of the units below (R-115)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="information_sources")
    title = models.CharField(max_length=200)
    link = models.CharField(max_length=500, blank=True)
    note = models.CharField(max_length=400, blank=True)  # what is found there, how it is used
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    retired_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.title


class SpeakerRule(models.Model):
    """A figure that a unit sets for itself and everything below it, from a day on, with its basis."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="speaker_rules")
    key = models.CharField(max_length=16, choices=SpeakerRuleKey.choices())
    value = models.PositiveSmallIntegerField()
    basis = models.CharField(max_length=250)
    valid_from = models.DateField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "key", "valid_from"], name="speaker_rule_once_a_day")]

    def __str__(self) -> str:
        return SpeakerRuleKey(self.key).label

    @property
    def key_label(self) -> str:
        return SpeakerRuleKey(self.key).label


class SpeakerBusy(models.Model):
    """Days, or one part of each of them, on which a person on a register is not free."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="busy_days")
    first_on = models.DateField()
    last_on = models.DateField()
    half = models.CharField(max_length=10, choices=Half.choices(), blank=True)  # empty: the whole day
    note = models.CharField(max_length=160, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["person", "last_on"])]
        constraints = [models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="speaker_busy_order")]

    def __str__(self) -> str:
        return self.person.full_name

    @property
    def half_label(self) -> str:
        return Half(self.half).label if self.half else ""


# --- invitations ----------------------------------------------------------------------------------------------------------


class SpeakerInvitation(models.Model):
    """A unit asks somebody of a register, its own or one above, for a part of a day; both sides see how it stands (R-113).

    `person` repeats the entry's, so that the database itself keeps one person from being promised twice at one time.
    """

    reporter = models.ForeignKey(Reporter, on_delete=models.PROTECT, related_name="invitations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="speaker_invitations")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="speaker_invitations")  # who asks
    held_on = models.DateField()
    half = models.CharField(max_length=10, choices=Half.choices())
    topic = models.CharField(max_length=250)
    audience = models.CharField(max_length=250)
    place = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=InvitationState.choices(), default=InvitationState.ASKED)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=250, blank=True)  # of a refusal, a withdrawal, a calling off
    outline_due_on = models.DateField(null=True, blank=True)  # set when it is accepted
    rating_ends_on = models.DateField(null=True, blank=True)  # set when it is accepted

    class Meta:
        indexes = [
            models.Index(fields=["unit", "-held_on"]),
            models.Index(fields=["reporter", "-held_on"]),
            models.Index(fields=["person", "held_on"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "held_on", "half"], condition=Q(state=InvitationState.ACCEPTED),
                name="speaker_promised_once_at_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[InvitationState.ASKED, InvitationState.ACCEPTED]) | ~Q(reason=""),
                name="speaker_invitation_refused_with_reason",
            ),
            models.CheckConstraint(
                condition=~Q(state=InvitationState.ACCEPTED)
                | Q(outline_due_on__isnull=False, rating_ends_on__isnull=False),
                name="speaker_invitation_accepted_has_days",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.topic

    @property
    def half_label(self) -> str:
        return Half(self.half).label

    @property
    def state_label(self) -> str:
        return InvitationState(self.state).label


class SpeakerOutline(models.Model):
    """A report outline as filed, with its checklist; a later filing counts instead of the one before (R-114)."""

    invitation = models.ForeignKey(SpeakerInvitation, on_delete=models.PROTECT, related_name="outlines")
    number = models.PositiveSmallIntegerField()
    file = models.FileField(upload_to="outlines/")
    file_name = models.CharField(max_length=200)
    slides = models.FileField(upload_to="outlines/", blank=True)
    slides_name = models.CharField(max_length=200, blank=True)
    checks = models.JSONField(default=list)  # values of OutlineCheck that the filer ticked
    note = models.CharField(max_length=400, blank=True)
    filed_at = models.DateTimeField()
    filed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["invitation", "number"], name="speaker_outline_once")]

    def __str__(self) -> str:
        return self.file_name

    @property
    def ticked(self) -> list[OutlineCheck]:
        return [one for one in OutlineCheck if one.value in self.checks]

    @property
    def missing(self) -> list[OutlineCheck]:
        return [one for one in OutlineCheck if one.value not in self.checks]


# --- after the report -------------------------------------------------------------------------------------------------------


class SpeakerRated(models.Model):
    """That an account has rated a report: it does so once. When, and what it said, stands nowhere."""

    invitation = models.ForeignKey(SpeakerInvitation, on_delete=models.CASCADE, related_name="rated")
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "account"], name="speaker_rated_once")]


class SpeakerScore(models.Model):
    """How many listeners gave a score for a criterion: sums alone, never an answer of somebody (R-116)."""

    invitation = models.ForeignKey(SpeakerInvitation, on_delete=models.CASCADE, related_name="scores")
    criterion = models.CharField(max_length=10, choices=Criterion.choices())
    score = models.PositiveSmallIntegerField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invitation", "criterion", "score"], name="speaker_score_once"),
            models.CheckConstraint(condition=Q(score__gte=1, score__lte=HIGHEST_SCORE), name="speaker_score_range"),
        ]


class SpeakerAssessment(models.Model):
    """What the officer of the inviting unit says of a report, by the same criteria, with a name."""

    invitation = models.OneToOneField(SpeakerInvitation, on_delete=models.PROTECT, related_name="assessment")
    scores: Any = models.JSONField()  # criterion → 1 … 5
    remark = models.TextField(blank=True)
    assessed_at = models.DateTimeField()
    assessed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    @property
    def lines(self) -> list[tuple[Criterion, int]]:
        return [(one, int(self.scores[one.value])) for one in Criterion if one.value in self.scores]
