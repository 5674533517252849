"""People and the dated facts about them: moves, posts, exemptions, responsibilities."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quantriet.org.models.dated import Dated
from quantriet.org.models.units import Unit, path_end
from quantriet.org.vocab import (
    MEMBER_KINDS,
    BirthPrecision,
    Gender,
    LeavingReason,
    Level,
    PersonKind,
    ResponsibilityKind,
)


class PersonQuerySet(models.QuerySet["Person"]):
    def active(self) -> PersonQuerySet:
        return self.filter(left_on__isnull=True)

    def members(self) -> PersonQuerySet:
        return self.filter(kind__in=MEMBER_KINDS)

    def under(self, unit: Unit) -> PersonQuerySet:
        return self.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))


class Person(models.Model):
    """A human being, with or without a login. Names are kept as written (NFC)."""

    code = models.CharField(max_length=40, unique=True)  # member code; made by the product when the list has none
    full_name = models.CharField(max_length=160)
    name_folded = models.CharField(max_length=160)  # an index of its own would repeat the one with the birth date
    sort_key = models.CharField(max_length=320, db_index=True)  # given name first
    search_key = models.CharField(max_length=200, default="", blank=True)  # kit.text.search_key: all its words, folded
    birth_date = models.DateField(null=True, blank=True)  # 1 January when only the year is known
    birth_precision = models.CharField(max_length=4, choices=BirthPrecision.choices(), default=BirthPrecision.DAY)
    gender = models.CharField(max_length=10, choices=Gender.choices(), blank=True, default="")
    ethnicity = models.CharField(max_length=40, blank=True)
    kind = models.CharField(max_length=20, choices=PersonKind.choices(), default=PersonKind.MEMBER)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="people")  # the cell today
    joined_on = models.DateField(null=True, blank=True)
    official_on = models.DateField(null=True, blank=True)
    occupation = models.CharField(max_length=160, blank=True)
    phone = models.CharField(max_length=20, blank=True, db_index=True)
    email = models.EmailField(blank=True)
    address = models.CharField(max_length=200, blank=True)
    left_on = models.DateField(null=True, blank=True)
    left_reason = models.CharField(max_length=20, choices=LeavingReason.choices(), blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["unit", "sort_key"]),
            models.Index(fields=["name_folded", "birth_date"]),
            # Everything a count of members or a search under a unit asks for, so that it never touches the rows themselves.
            models.Index(fields=["unit", "left_on", "kind", "search_key", "id"], name="person_count"),
            # A walk along given names that never touches the rows: who is there, where, and how the whole name reads.
            models.Index(fields=["search_key", "unit", "left_on", "id"], name="person_search"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(left_on__isnull=True, left_reason="") | (Q(left_on__isnull=False) & ~Q(left_reason="")),
                name="person_leaving_paired",
            )
        ]

    def __str__(self) -> str:
        return self.full_name


class TransferQuerySet(models.QuerySet["MembershipTransfer"]):
    def done(self) -> TransferQuerySet:
        """Moves that happened: neither waiting for their day nor given up before it."""
        return self.filter(is_waiting=False, problem="")


class MembershipTransfer(models.Model):
    """A dated move between cells; the first one of a person has no `from_unit`. One dated ahead waits for its day."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="transfers")
    from_unit = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="transfers_out")
    to_unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="transfers_in")
    on = models.DateField()
    basis = models.CharField(max_length=160, blank=True)
    is_waiting = models.BooleanField(default=False)  # the person moves on that day
    planned_by = models.ForeignKey("org.Account", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    problem = models.CharField(max_length=250, blank=True)  # why it could not happen on its day
    event = models.ForeignKey("org.OrgEvent", null=True, blank=True, on_delete=models.PROTECT, related_name="transfers")

    objects = TransferQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["person", "-on"]),
            models.Index(fields=["on"], condition=Q(is_waiting=True), name="transfer_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(is_waiting=True), name="one_waiting_transfer")
        ]


class PostKind(models.Model):
    """A post in a committee or office: secretary, committee member, head of office …"""

    code = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    rank = models.PositiveSmallIntegerField(default=100)  # 1 is first in protocol
    is_head = models.BooleanField(default=False)  # the accountable head of the unit
    is_standing = models.BooleanField(default=False)  # member of the standing board: may chair, open and close
    is_leader = models.BooleanField(default=False)  # holds a leading or managing post

    def __str__(self) -> str:
        return self.name


class PostHeld(models.Model):
    """A person holds a post in a unit for a time; `managed_by` is the level that manages the post (R-012)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="posts")
    post = models.ForeignKey(PostKind, on_delete=models.PROTECT, related_name="holders")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    managed_by = models.CharField(max_length=20, choices=Level.choices(), blank=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    basis = models.CharField(max_length=160, blank=True)

    objects = Dated.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person"]), models.Index(fields=["unit", "post"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="post_held_order"
            ),
            models.UniqueConstraint(fields=["person", "post", "unit", "valid_from"], name="post_held_once"),
        ]


class ActivityExemption(models.Model):
    """A member is exempt from activities for a time (old age, illness), by a decision of the cell."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="exemptions")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    basis = models.CharField(max_length=160, blank=True)

    objects = Dated.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="exemption_order"
            )
        ]


class UnitResponsibility(models.Model):
    """A leader answers for a unit for a time (R-005)."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="responsibilities")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="responsible_leaders")
    kind = models.CharField(max_length=10, choices=ResponsibilityKind.choices(), default=ResponsibilityKind.DIRECT)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)
    basis = models.CharField(max_length=160, blank=True)

    objects = Dated.as_manager()
