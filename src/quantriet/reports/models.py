"""Reports and the offices' own templates. What was sent is kept whole: figures, words, signer, both files."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from quantriet.campaigns.models import StudyCampaign
from quantriet.org.models import Account, Unit
from quantriet.reports.vocab import ReportKind, ReportState


class ReportTemplate(models.Model):
    """An office's own Word template for a kind of report; units below use it unless they have their own.

    Never overwritten: an earlier one stays as long as a sent report or the history names it.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="report_templates")
    kind = models.CharField(max_length=20, choices=ReportKind.choices())
    content = models.BinaryField()
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    uploaded_at = models.DateTimeField()
    uploaded_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "kind"], condition=Q(is_current=True), name="one_current_template")
        ]

    def __str__(self) -> str:
        return self.file_name


class ReportQuerySet(models.QuerySet[Any]):
    def light(self) -> ReportQuerySet:
        """Without what only the report's own pages and downloads need: a province's report is some megabytes."""
        return self.defer("docx", "xlsx", "figures", "before", "narrative")


class Report(models.Model):
    """A report of one unit on one campaign; once sent, its files are kept and given out byte for byte (B-17)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="reports")
    campaign = models.ForeignKey(StudyCampaign, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=20, choices=ReportKind.choices(), default=ReportKind.CAMPAIGN_RESULT)
    previous = models.ForeignKey(  # what its comparison rests on
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="following"
    )
    corrects = models.ForeignKey(  # a sent report that this one replaces
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    # --- the head and the foot of the paper
    superior = models.CharField(max_length=200, blank=True)
    body = models.CharField(max_length=200)
    number = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=80, blank=True)
    signed_on = models.DateField(null=True, blank=True)
    subject = models.CharField(max_length=400)
    recipients = models.TextField(blank=True)  # one a line
    authority = models.CharField(max_length=160, blank=True)  # "T/M BAN THƯỜNG VỤ"
    signer_title = models.CharField(max_length=160, blank=True)
    signer_name = models.CharField(max_length=160, blank=True)
    # --- what it says
    as_of = models.DateTimeField()  # the moment of the figures
    todays_tree = models.BooleanField(default=False)  # mapped to the structure of when they were taken, not of that day
    figures = models.JSONField(default=dict)  # vocab.Figures
    before = models.JSONField(null=True, blank=True)  # name and figures of `previous`, frozen with ours
    done = models.PositiveIntegerField(default=0)  # copied from the figures for lists
    obliged = models.PositiveIntegerField(default=0)
    # section → {"text": what stands in the paper, "proposed": what the figures propose, "confirmed": by a person}
    narrative = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)  # grows with every change: two editors never overwrite each other
    state = models.CharField(max_length=6, choices=ReportState.choices(), default=ReportState.DRAFT)
    template = models.ForeignKey(
        ReportTemplate, null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # The unit directly above when it was sent, which says when it took the report in hand.
    receiver = models.ForeignKey(
        Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="reports_to_receive"
    )
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    docx = models.BinaryField(null=True)
    docx_digest = models.CharField(max_length=64, blank=True)
    xlsx = models.BinaryField(null=True)
    xlsx_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    objects = ReportQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["unit", "-as_of"]),
            models.Index(fields=["campaign", "unit"]),
            models.Index(fields=["receiver"], condition=Q(received_at__isnull=True), name="report_waits_for_receiver"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ReportState.DRAFT, sent_at__isnull=True)
                | Q(state=ReportState.SENT, sent_at__isnull=False, docx__isnull=False, xlsx__isnull=False),
                name="report_sent_whole",
            ),
            models.CheckConstraint(
                condition=Q(received_at__isnull=True, received_by__isnull=True)
                | Q(
                    received_at__isnull=False, received_by__isnull=False, receiver__isnull=False, state=ReportState.SENT
                ),
                name="report_received_paired",
            ),
        ]

    def __str__(self) -> str:
        return f"Báo cáo {self.number}".strip() if self.number else f"Báo cáo (chưa có số) {self.subject}"

    @property
    def is_sent(self) -> bool:
        return self.state == ReportState.SENT

    @property
    def waits_for_receiver(self) -> bool:
        return self.receiver_id is not None and self.received_at is None
