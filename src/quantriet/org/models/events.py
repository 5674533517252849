"""Decisions on the organisation, the events they consist of, and which unit followed which."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from quantriet.org.models.accounts import Account
from quantriet.org.models.units import Unit
from quantriet.org.vocab import DecisionState, OrgEventKind


class OrgDecisionQuerySet(models.QuerySet[Any]):
    def light(self) -> OrgDecisionQuerySet:
        """Without what only taking it back needs: a reform keeps some megabytes."""
        return self.defer("undo")


class OrgDecision(models.Model):
    """A decision on the organisation: its events come into force together, on one day, all or none.

    Prepared by one account and, when units merge, confirmed by another (two-person rule); taken back by two as well.
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="decisions")  # all it changes lies under it
    number = models.CharField(max_length=60)
    decided_on = models.DateField()
    effective_on = models.DateField()
    issued_by = models.CharField(max_length=160, blank=True)
    state = models.CharField(max_length=10, choices=DecisionState.choices(), default=DecisionState.DRAFTED)
    revision = models.PositiveIntegerField(default=1)  # grows with every change: who confirms confirms what was seen
    problem = models.TextField(blank=True)  # why it could not come into force on its day
    prepared_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    in_force_at = models.DateTimeField(null=True, blank=True)
    reversal_asked_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reversal_asked_at = models.DateTimeField(null=True, blank=True)  # of a merger: another person takes it back
    ended_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)  # withdrawn or taken back
    ended_reason = models.CharField(max_length=250, blank=True)  # from the moment that it is asked for
    counts = models.JSONField(default=dict)  # what it did, in numbers, as it came into force
    undo = models.JSONField(default=dict)  # the rows as they were before: `actions.decisions` reads and writes it

    objects = OrgDecisionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["unit", "-effective_on"]), models.Index(fields=["state", "effective_on"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=DecisionState.IN_FORCE) | Q(in_force_at__isnull=False),
                name="decision_in_force_whole",
            )
        ]

    def __str__(self) -> str:
        return self.number


class OrgEvent(models.Model):
    """One change of the tree inside a decision; `details` has the shape of `rules.events.Change`."""

    decision = models.ForeignKey(OrgDecision, on_delete=models.CASCADE, related_name="events")
    order = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=OrgEventKind.choices())
    details = models.JSONField(default=dict)
    units = models.ManyToManyField(Unit, blank=True, related_name="org_events")  # whom it concerned, once in force

    class Meta:
        ordering = ["order", "pk"]
        constraints = [models.UniqueConstraint(fields=["decision", "order"], name="org_event_order")]


class UnitSuccession(models.Model):
    """A unit that came out of another by a merger or a split; n:m, so one row a pair."""

    event = models.ForeignKey(OrgEvent, on_delete=models.CASCADE, related_name="successions")
    origin = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="followed_by")
    successor = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="follows")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "origin", "successor"], name="succession_once")]
