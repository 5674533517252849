"""Lists on their way into the tree."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.timezone import now

from quantriet.org.models.accounts import Account
from quantriet.org.models.people import Person
from quantriet.org.models.units import Unit


class ImportKind(models.TextChoices):
    UNITS = "units"
    MEMBERS = "members"


class ImportState(models.TextChoices):
    """mapping → reading → ready → applying → done; every state before done may end in cancelled or refused."""

    MAPPING = "mapping"  # what was understood (columns, unit, encoding) waits for the officer
    READING = "reading"  # a job reads the file and compares it with what is stored
    READY = "ready"  # preview shown, waits for confirmation
    APPLYING = "applying"  # confirmed; a job writes, all or nothing
    DONE = "done"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class ImportRun(models.Model):
    """One file on its way into the tree; nothing of it is written before it is confirmed, then all or nothing."""

    kind = models.CharField(max_length=10, choices=ImportKind.choices)
    state = models.CharField(max_length=12, choices=ImportState.choices, default=ImportState.MAPPING)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="import_runs")  # rows must lie under it
    account = models.ForeignKey(  # null is the command line
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="import_runs"
    )
    confirmed_by = models.ForeignKey(  # said yes to the preview, and is the actor of all that it wrote
        Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    file_name = models.CharField(max_length=200)
    file = models.FileField(upload_to="imports/")
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=now)
    changed_at = models.DateTimeField(default=now)
    understanding = models.JSONField(default=dict)  # sheets, header rows, column mapping, encoding, what was left out
    plan = models.FileField(upload_to="imports/", blank=True)  # the previewed rows, org.rules.plan
    plan_digest = models.CharField(max_length=64, blank=True)
    stamp = models.BigIntegerField(default=0)  # last log entry the preview knew of; a later one asks for a new look
    counts = models.JSONField(default=dict)  # new, changed, moved, doubtful, wrong, same, missing
    notice = models.TextField(blank=True)  # a sentence for the next page: why the preview was made again
    refusal = models.TextField(blank=True)
    result = models.FileField(upload_to="imports/", blank=True)  # the uploaded rows with what became of each
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"]), models.Index(fields=["unit", "-created_at"])]

    def __str__(self) -> str:
        return self.file_name


class IdentityDecision(models.Model):
    """A doubtful row of an import: is it this person or somebody new? Asked once, remembered (B-06)."""

    fingerprint = models.CharField(max_length=64, unique=True)  # digest of the row's code, folded name, birth, phone
    incoming = models.JSONField()
    candidates = models.JSONField(default=list)  # person ids with the reasons
    runs = models.ManyToManyField(ImportRun, blank=True, related_name="questions")  # every import whose rows ask it
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="identity_questions")
    asked_at = models.DateTimeField(default=now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    is_new = models.BooleanField(default=False)  # decided: somebody else than every candidate
    takes_code = models.BooleanField(default=False)  # decided: the code of the list replaces the stored one

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, person__isnull=True, is_new=False)
                | Q(decided_at__isnull=False, person__isnull=False, is_new=False)
                | Q(decided_at__isnull=False, person__isnull=True, is_new=True),
                name="identity_decision_whole",
            )
        ]

    def __str__(self) -> str:
        return str(self.incoming.get("full_name", ""))
