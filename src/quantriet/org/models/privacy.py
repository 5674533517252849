"""What people ask about their own data."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from quantriet.org.models.accounts import Account
from quantriet.org.models.people import Person
from quantriet.org.vocab import RequestKind, RequestState


class DataRequest(models.Model):
    """A person asks to see, correct or erase what is kept about them; with its deadline and what became of it (P-06)."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="data_requests")
    kind = models.CharField(max_length=12, choices=RequestKind.choices())
    state = models.CharField(max_length=10, choices=RequestState.choices(), default=RequestState.RECEIVED)
    wish = models.TextField(blank=True)  # what is asked, in the person's words
    about = models.CharField(max_length=30, blank=True)  # of a correction: the field
    old_value = models.CharField(max_length=200, blank=True)
    proposed = models.CharField(max_length=200, blank=True)
    entered_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    is_proxy = models.BooleanField(default=False)  # entered by somebody else for the person (P-08)
    received_at = models.DateTimeField()
    due_on = models.DateField()  # the last day to settle it
    basis = models.CharField(max_length=200)  # of the deadline, as it stood
    taken_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True, blank=True)
    answer = models.TextField(blank=True)
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    is_applied = models.BooleanField(default=False)  # the correction was written, or the person erased

    class Meta:
        indexes = [models.Index(fields=["state", "due_on"], name="request_due")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=[RequestState.ANSWERED, RequestState.REFUSED])
                | (Q(decided_at__isnull=False) & ~Q(answer="")),
                name="request_answer_said",
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(state=RequestState.DONE), name="request_done_paired"
            ),
        ]

    def __str__(self) -> str:
        return f"{RequestKind(self.kind).label}: {self.person}"
