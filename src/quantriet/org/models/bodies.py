"""Bodies made by decision beside the tree: steering committees and propaganda working groups."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quantriet.org.models.dated import Dated
from quantriet.org.models.people import Person
from quantriet.org.models.units import Unit
from quantriet.org.vocab import BodyKind, BodyRole, MemberCapacity


class WorkingBody(models.Model):
    """A body of a unit, made by decision for a time; its members keep their own posts (R-008, R-010)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="working_bodies")
    kind = models.CharField(max_length=12, choices=BodyKind.choices())
    name = models.CharField(max_length=200)
    # Who does the daily work of a steering committee (cơ quan thường trực).
    standing_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="stands_for")
    decision_number = models.CharField(max_length=60)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    objects = Dated.as_manager()

    class Meta:
        indexes = [models.Index(fields=["unit", "kind"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="working_body_order"
            ),
            models.CheckConstraint(
                condition=~Q(kind=BodyKind.STEERING) | Q(standing_unit__isnull=False), name="steering_has_standing_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class BodyMember(models.Model):
    """One person in a body, with the post for which they sit there."""

    body = models.ForeignKey(WorkingBody, on_delete=models.CASCADE, related_name="members")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="bodies")
    role = models.CharField(max_length=8, choices=BodyRole.choices(), default=BodyRole.MEMBER)
    capacity = models.CharField(max_length=12, choices=MemberCapacity.choices(), blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["body", "person"], name="body_member_once"),
            models.UniqueConstraint(fields=["body"], condition=Q(role=BodyRole.HEAD), name="body_has_one_head"),
        ]
