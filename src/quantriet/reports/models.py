from django.db import models
from django.db.models import Q

from quantriet.campaigns.models import StudyCampaign
from quantriet.org.models import Account, Unit
from quantriet.reports.vocab import ReportKind, ReportState


class ReportTemplate(models.Model):
    """An office's own Word template for a kind of report; units below use it unless they have their own."""

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


class Report(models.Model):
    """A report of one unit on one campaign; once sent, its file is kept and reproduced byte for byte (B-17)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="reports")
    campaign = models.ForeignKey(StudyCampaign, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=20, choices=ReportKind.choices(), default=ReportKind.CAMPAIGN_RESULT)
    number = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=80, blank=True)
    signed_on = models.DateField(null=True, blank=True)
    as_of = models.DateTimeField()
    previous = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="following")
    figures = models.JSONField(default=dict)
    narrative = models.JSONField(default=dict)  # section → paragraphs, edited by a person
    recipients = models.TextField(blank=True)
    signer_title = models.CharField(max_length=160, blank=True)
    signer_name = models.CharField(max_length=160, blank=True)
    state = models.CharField(max_length=6, choices=ReportState.choices(), default=ReportState.DRAFT)
    template = models.ForeignKey(
        ReportTemplate, null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    docx = models.BinaryField(null=True)
    docx_digest = models.CharField(max_length=64, blank=True)
    xlsx = models.BinaryField(null=True)
    xlsx_digest = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["unit", "-as_of"]), models.Index(fields=["campaign", "unit"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(state=ReportState.DRAFT, sent_at__isnull=True)
                | Q(state=ReportState.SENT, sent_at__isnull=False, docx__isnull=False),
                name="report_sent_whole",
            )
        ]
