"""The ledger and what it rests on. `done + exempt + owing = roster` holds in every `Tally` row by construction."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.utils.timezone import now

from quantriet.campaigns.vocab import (
    AdjustmentKind,
    CampaignState,
    CreditKind,
    CreditState,
    DeliveryState,
    DutyReason,
    DutyState,
    PlanState,
    ReceiptHow,
    RuleEffect,
    RuleKey,
    StudyForm,
    WebhookState,
)
from quantriet.library.models import GuidingDocument
from quantriet.library.vocab import ContentTier
from quantriet.org.models import Account, Person, Unit, WorkingBody, path_end


class Rulebook(models.Model):
    """A named set of dated settings, owned by a unit and usable in everything below it."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="rulebooks")
    name = models.CharField(max_length=160)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="rulebook_name_once")]

    def __str__(self) -> str:
        return self.name


class RuleValue(models.Model):
    """One setting with its validity and legal basis."""

    rulebook = models.ForeignKey(Rulebook, on_delete=models.CASCADE, related_name="values")
    key = models.CharField(max_length=40, choices=RuleKey.choices())
    value = models.DecimalField(max_digits=8, decimal_places=2)
    basis = models.CharField(max_length=250)  # the legal basis, as it is quoted in sentences
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rulebook", "key", "valid_from"], name="rule_value_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="rule_value_order"
            ),
        ]


class StudyCampaign(models.Model):
    """A round of study: several documents, one audience, a period (đợt học tập)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="campaigns")  # the organiser
    name = models.CharField(max_length=250)
    rulebook = models.ForeignKey(Rulebook, on_delete=models.PROTECT, related_name="campaigns")
    documents = models.ManyToManyField(GuidingDocument, through="CampaignDocument", related_name="campaigns")
    state = models.CharField(max_length=10, choices=CampaignState.choices(), default=CampaignState.DRAFT)
    form = models.CharField(max_length=14, choices=StudyForm.choices(), default=StudyForm.IN_PERSON)
    is_quick_briefing = models.BooleanField(default=False)
    has_current_affairs = models.BooleanField(default=False)
    planned_from = models.DateField()
    planned_to = models.DateField()
    plan_number = models.CharField(max_length=60, blank=True)  # reference number of the plan paper
    steering = models.ForeignKey(  # the committee that directs it, with its standing body
        WorkingBody, null=True, blank=True, on_delete=models.PROTECT, related_name="campaigns"
    )
    instructions = models.TextField(blank=True)  # requirements to lower units
    duty_kinds = models.JSONField(default=list)  # keys of DUTY_KINDS this campaign asks for
    handed_down_at = models.DateTimeField(null=True, blank=True)  # lower units schedule from here on, before opening
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    audience_synced_at = models.DateTimeField(null=True, blank=True)  # when the ledger last followed people and rules
    created_at = models.DateTimeField(default=now)

    class Meta:
        indexes = [models.Index(fields=["unit", "-planned_from"])]
        constraints = [
            models.CheckConstraint(condition=Q(planned_to__gte=F("planned_from")), name="campaign_period_order")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def takes_schedules(self) -> bool:
        """Whether lower units may schedule it: handed down, or open."""
        return self.state == CampaignState.OPEN or (
            self.state == CampaignState.DRAFT and self.handed_down_at is not None
        )


def schedulable(prefix: str = "") -> Q:
    """The condition of `StudyCampaign.takes_schedules`; `prefix` leads to the campaign ("campaign__")."""
    return Q(**{f"{prefix}state": CampaignState.OPEN}) | Q(
        **{f"{prefix}state": CampaignState.DRAFT, f"{prefix}handed_down_at__isnull": False}
    )


class CampaignDocument(models.Model):
    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="campaign_documents")
    document = models.ForeignKey(GuidingDocument, on_delete=models.PROTECT, related_name="campaign_documents")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["campaign", "document"], name="campaign_document_once")]


class CampaignPlan(models.Model):
    """A campaign as it appears at one lower unit, to be scheduled there (R-029, R-030)."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="plans")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="campaign_plans")
    path = models.CharField(max_length=255, default="", editable=False)  # the unit's, copied: counted by range
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="children")
    state = models.CharField(max_length=12, choices=PlanState.choices(), default=PlanState.TO_SCHEDULE)
    form = models.CharField(max_length=14, choices=StudyForm.choices(), blank=True)
    planned_from = models.DateField(null=True, blank=True)
    planned_to = models.DateField(null=True, blank=True)
    plan_number = models.CharField(max_length=60, blank=True)
    assignment = models.TextField(blank=True)  # who does what in this unit
    responsible = models.ForeignKey(Person, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    scheduled_at = models.DateTimeField(null=True, blank=True)
    first_held_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "unit"], name="plan_once_a_unit")]
        indexes = [models.Index(fields=["campaign", "path", "first_held_at"], name="plan_range")]

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self._state.adding:
            self.path = self.unit.path
        super().save(*args, **kwargs)


class FormChange(models.Model):
    """An emergency change of form, postponement or replacement, with the instruction it rests on (R-034)."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="form_changes")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")  # where it applies, with all below
    situation = models.CharField(max_length=160)  # storm, epidemic …
    instruction = models.CharField(max_length=200)  # number, date and issuer of the instruction
    instruction_file = models.FileField(upload_to="instructions/", blank=True)
    form_before = models.CharField(max_length=14, choices=StudyForm.choices())
    form_after = models.CharField(max_length=14, choices=StudyForm.choices())
    postponed_to = models.DateField(null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")


class AudienceRule(models.Model):
    """Maps people to a duty and a tier. Rules are read in order; the first that matches a person decides (R-039)."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="audience_rules")
    order = models.PositiveSmallIntegerField(default=0)
    name = models.CharField(max_length=160)
    effect = models.CharField(max_length=8, choices=RuleEffect.choices(), default=RuleEffect.OBLIGE)
    tier = models.CharField(max_length=12, choices=ContentTier.choices(), default=ContentTier.GRASSROOTS)
    # Criteria, all optional, all must hold (lists: any of): see rules/audience.py::Criteria for the shape.
    criteria = models.JSONField(default=dict)
    basis = models.CharField(max_length=250, blank=True)
    accepts_credit = models.BooleanField(default=True)  # whether a study elsewhere counts for these people

    class Meta:
        ordering = ["order", "pk"]


class AudienceAdjustment(models.Model):
    """A person added to or removed from an audience by hand, with the reason."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="adjustments")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="audience_adjustments")
    kind = models.CharField(max_length=6, choices=AdjustmentKind.choices())
    tier = models.CharField(max_length=12, choices=ContentTier.choices(), default=ContentTier.GRASSROOTS)
    reason = models.CharField(max_length=250)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "person"], name="adjustment_once")]


class StudyDuty(models.Model):
    """One person owes one thing in one campaign: the ledger row. Written by `campaigns.actions` only."""

    # No index of their own for keys with which a longer index begins: opening a province writes half a million rows.
    campaign = models.ForeignKey(StudyCampaign, on_delete=models.PROTECT, related_name="duties", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="duties", db_index=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="duties")  # the cell it counts for
    kind = models.CharField(max_length=12)  # a key of DUTY_KINDS
    tier = models.CharField(max_length=12, choices=ContentTier.choices())
    state = models.CharField(max_length=8, choices=DutyState.choices(), default=DutyState.OWING)
    reason = models.CharField(max_length=16, choices=DutyReason.choices(), default=DutyReason.NOT_YET)
    sentence = models.CharField(max_length=400, blank=True)  # why, in one Vietnamese sentence
    due_on = models.DateField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "kind", "person"], name="duty_once"),
        ]
        indexes = [
            models.Index(fields=["campaign", "kind", "unit", "state"]),
            models.Index(fields=["person", "state"]),
        ]


class DutyChange(models.Model):
    """Every change of a duty's state, append-only: what was known of a person on an earlier day.

    A duty that follows its person to another unit leaves one line there (`state_after` empty) and one here.
    """

    duty = models.ForeignKey(StudyDuty, on_delete=models.CASCADE, related_name="changes", db_index=False)
    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="duty_changes", db_index=False)
    kind = models.CharField(max_length=12)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_index=False)  # where it counted then
    at = models.DateTimeField()
    state_before = models.CharField(max_length=8, blank=True)  # empty: the duty came into being
    state_after = models.CharField(max_length=8, choices=DutyState.choices(), blank=True)  # empty: it left this unit
    reason = models.CharField(max_length=16, choices=DutyReason.choices())
    sentence = models.CharField(max_length=400, blank=True)
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        indexes = [models.Index(fields=["campaign", "kind", "at"]), models.Index(fields=["duty", "at"])]


class StudyCredit(models.Model):
    """Recognition that a person studied the content elsewhere (miễn học), in both directions (R-045).

    A line is never overwritten by another decision: what was proposed, granted, refused and taken back stays with its
    names and moments, and a new recognition is a new line.
    """

    duty = models.ForeignKey(StudyDuty, on_delete=models.CASCADE, related_name="credits")
    kind = models.CharField(max_length=6, choices=CreditKind.choices(), default=CreditKind.SECTOR)
    held_by = models.CharField(max_length=200)  # who organised that class
    studied_on = models.DateField()
    documents = models.ManyToManyField(GuidingDocument, related_name="+")  # what that class covered
    evidence = models.CharField(max_length=250)
    paper = models.FileField(upload_to="credits/", blank=True)
    paper_name = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=9, choices=CreditState.choices(), default=CreditState.PROPOSED)
    sentence = models.CharField(max_length=400, blank=True)  # what the ledger says by it: granted, then taken back
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decision_note = models.CharField(max_length=250, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    withdrawal_reason = models.CharField(max_length=250, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["duty"], condition=Q(state__in=["proposed", "granted"]), name="one_live_credit"
            ),
            models.CheckConstraint(
                condition=Q(state="withdrawn", withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                | (~Q(state="withdrawn") & Q(withdrawn_at__isnull=True)),
                name="credit_withdrawal_paired",
            ),
        ]


class MaterialReceipt(models.Model):
    """The material of a document came to a person: opened in the handbook, or handed out on paper (R-125).

    Append-only: a tick that was wrong is taken back beside its own moment and name, and never overwritten. It stands in this
    room because it is counted against who must study; the library, below, knows of no person. It names no campaign: whoever
    studies the document in two of them was given it once.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="material_receipts", db_index=False)
    document = models.ForeignKey(GuidingDocument, on_delete=models.PROTECT, related_name="material_receipts")
    how = models.CharField(max_length=6, choices=ReceiptHow.choices())
    kind = models.CharField(max_length=12, blank=True)  # of an opened product: library.vocab.MaterialKind
    version = models.PositiveIntegerField(null=True, blank=True)  # of the content from which it was made
    nonce = models.CharField(
        max_length=120, unique=True
    )  # of the opening or of the sent list: a retry writes nothing twice
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "document"], condition=Q(how="handed", withdrawn_at__isnull=True),
                name="material_handed_once",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, how="handed"),
                name="material_withdrawal_paired",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["person", "document"], condition=Q(withdrawn_at__isnull=True), name="material_received"
            )
        ]


class TallyQuerySet(models.QuerySet[Any]):
    def under(self, unit: Unit) -> TallyQuerySet:
        return self.filter(path__gte=unit.path, path__lt=path_end(unit.path))


class Tally(models.Model):
    """Counts of one unit's own duties; a roll-up is the sum over a path range, never a scan of people.

    `reported_at` is the first time any result came from this unit: without it the unit stands apart from zero (B-08).
    """

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    kind = models.CharField(max_length=12)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="tallies")
    path = models.CharField(max_length=255)  # the unit's path, copied so that the range read needs no join
    done = models.PositiveIntegerField(default=0)
    exempt = models.PositiveIntegerField(default=0)
    owing = models.PositiveIntegerField(default=0)
    reported_at = models.DateTimeField(null=True, blank=True)
    # What the sums of higher nodes hold of this row (NodeTally); an empty path: nothing. Written by folding alone.
    folded_path = models.CharField(max_length=255, default="", db_default="")
    folded_done = models.PositiveIntegerField(default=0, db_default=0)
    folded_exempt = models.PositiveIntegerField(default=0, db_default=0)
    folded_owing = models.PositiveIntegerField(default=0, db_default=0)
    folded_reported_at = models.DateTimeField(null=True, blank=True)
    is_behind = models.GeneratedField(  # told by the database: whoever changes the row need not know of folding
        expression=Case(
            When(
                Q(reported_at=F("folded_reported_at")) | Q(reported_at__isnull=True, folded_reported_at__isnull=True),
                path=F("folded_path"), done=F("folded_done"), exempt=F("folded_exempt"), owing=F("folded_owing"),
                then=Value(False),
            ),
            default=Value(True),
        ),
        output_field=models.BooleanField(), db_persist=True,
    )  # fmt: skip

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "kind", "unit"], name="tally_once")]
        indexes = [
            models.Index(fields=["campaign", "kind", "unit"], condition=Q(is_behind=True), name="tally_behind"),
            # Holds every column a board sums, so that a roll-up reads the index alone on both databases.
            models.Index(
                fields=["campaign", "kind", "path", "done", "exempt", "owing", "reported_at"], name="tally_range"
            ),
        ]


class TallyDay(models.Model):
    """By how much one unit's tally changed on one day: the tally of an earlier day is today's minus the days since.

    Kept beside `DutyChange`, because a province changes 165,000 duties but only some thousand pairs of unit and day.
    """

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="tally_days", db_index=False)
    kind = models.CharField(max_length=12)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    path = models.CharField(max_length=255)
    day = models.DateField()  # in Vietnam
    done = models.IntegerField(default=0)
    exempt = models.IntegerField(default=0)
    owing = models.IntegerField(default=0)
    # What the day sums of higher nodes hold of this row (NodeDay), where the tally of the unit is folded at all.
    folded_done = models.IntegerField(default=0, db_default=0)
    folded_exempt = models.IntegerField(default=0, db_default=0)
    folded_owing = models.IntegerField(default=0, db_default=0)
    is_behind = models.GeneratedField(
        expression=Case(
            When(done=F("folded_done"), exempt=F("folded_exempt"), owing=F("folded_owing"), then=Value(False)),
            default=Value(True),
        ),
        output_field=models.BooleanField(), db_persist=True,
    )  # fmt: skip

    objects = TallyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "kind", "unit", "day"], name="tally_day_once")]
        indexes = [
            models.Index(fields=["campaign", "kind", "unit"], condition=Q(is_behind=True), name="tally_day_behind"),
            # Covers the sum of the days since and the progress line, so that neither reads a row.
            models.Index(fields=["campaign", "kind", "day", "path", "done", "exempt", "owing"], name="tally_day_since"),
        ]


class NodeTally(models.Model):
    """The folded tallies at and under a unit of the top three levels, summed: `Tally.folded_…` by `folded_path`.

    Kept for campaigns of thousands of units. Always exactly the sum of what the tallies say is folded, never quite today:
    a reader adds what the few tallies that are behind say beyond it (decision 0013).
    """

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    steps = models.PositiveSmallIntegerField()  # of the path: 1 is the top, 2 its children, 3 theirs
    path = models.CharField(max_length=255)
    done = models.IntegerField(default=0)
    exempt = models.IntegerField(default=0)
    owing = models.IntegerField(default=0)
    cells = models.IntegerField(default=0)  # units with people who must study
    told = models.IntegerField(default=0)  # of these, how many have reported

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "kind", "steps", "path"], name="node_tally_once")]


class NodeDay(models.Model):
    """By how much a `NodeTally` changed on one day, with the units that came to have people or to have reported."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12)
    steps = models.PositiveSmallIntegerField()  # of the path: 1 is the top, 2 its children, 3 theirs
    path = models.CharField(max_length=255)
    day = models.DateField()
    done = models.IntegerField(default=0)
    exempt = models.IntegerField(default=0)
    owing = models.IntegerField(default=0)
    cells = models.IntegerField(default=0)
    told = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["campaign", "kind", "steps", "path", "day"], name="node_day_once")
        ]


class StudyNotice(models.Model):
    """Tells units that a document will be studied later, so that they can arrange and avoid overlap (R-018)."""

    document = models.ForeignKey(GuidingDocument, on_delete=models.CASCADE, related_name="study_notices")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="study_notices")  # who tells its lower units
    expected = models.CharField(max_length=160)  # "quý I/2027, sau hội nghị của tỉnh"
    text = models.TextField()
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    units_told = models.PositiveIntegerField(default=0)


class CampaignReview(models.Model):
    """The preliminary review after a campaign: lessons, units to praise and to urge (R-036)."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="reviews")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="campaign_reviews")
    lessons = models.TextField()
    praise = models.TextField(blank=True)
    criticism = models.TextField(blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "unit"], name="review_once")]


class CampaignAssignment(models.Model):
    """An explicit task of one unit in a campaign (R-008); one of the mobilisation body leads people to take part (R-011)."""

    campaign = models.ForeignKey(StudyCampaign, on_delete=models.CASCADE, related_name="assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    task = models.CharField(max_length=500)
    is_mobilisation = models.BooleanField(default=False)
    due_on = models.DateField(null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["campaign", "unit"])]

    def __str__(self) -> str:
        return self.task


class WebhookSubscription(models.Model):
    """Another program that is told of changed duties under a unit, on behalf of the account that entered it.

    `last_change` is the key of the last `DutyChange` that was looked at: nothing is written where duties are settled.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="webhooks")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="webhooks")
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    kinds = models.JSONField(default=list)  # keys of DUTY_KINDS; empty: all
    salt = models.CharField(max_length=32)  # with the installation's key it makes the secret, which is kept nowhere
    state = models.CharField(max_length=8, choices=WebhookState.choices(), default=WebhookState.RUNNING)
    stopped_because = models.CharField(max_length=300, blank=True)
    last_change = models.BigIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)  # after a failure
    created_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["unit", "name"])]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One message to such a program, kept with what became of it; sent in the order of keys, at least once."""

    subscription = models.ForeignKey(WebhookSubscription, on_delete=models.CASCADE, related_name="deliveries")
    uid = models.CharField(
        max_length=40, unique=True
    )  # the same with every attempt, so that the receiver counts it once
    body = models.TextField()
    changes = models.PositiveIntegerField(default=0)
    is_test = models.BooleanField(default=False)
    state = models.CharField(max_length=9, choices=DeliveryState.choices(), default=DeliveryState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    claimed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)
    response_code = models.PositiveSmallIntegerField(null=True, blank=True)
    said = models.CharField(max_length=300, blank=True)  # how the answer began, or why there was none

    class Meta:
        indexes = [models.Index(fields=["subscription", "state"]), models.Index(fields=["created_at"])]
