"""The unit tree: a path of own primary keys in base 36 plus a parent key, and the dated versions of each unit."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quantriet.org.models.dated import Dated
from quantriet.org.vocab import DecisionBody, Level

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def path_segment(number: int) -> str:
    """A primary key as a path segment: base 36 with a closing dot."""
    text = ""
    while True:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
        if not number:
            return text + "."


def path_end(path: str) -> str:
    """The first string behind every path that starts with `path`: subtree = [path, path_end(path))."""
    return path[:-1] + "/"


def ancestor_ids(path: str) -> list[int]:
    """Primary keys from the root down to the unit itself, read from the path without a query."""
    return [int(segment, 36) for segment in path.split(".")[:-1]]


class UnitKind(models.Model):
    """A kind of organisation, with the years in which it exists (districts end on 30/6/2025)."""

    code = models.SlugField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    short_name = models.CharField(max_length=40, blank=True)
    level = models.CharField(max_length=20, choices=Level.choices())
    holds_members = models.BooleanField(default=False)  # people belong to it directly: a cell
    is_grassroots = models.BooleanField(default=False)  # counted as a tổ chức cơ sở đảng
    is_territorial = models.BooleanField(default=True)
    decision_body = models.CharField(max_length=30, choices=DecisionBody.choices())
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class UnitQuerySet(models.QuerySet["Unit"]):
    def active(self) -> UnitQuerySet:
        return self.filter(closed_on__isnull=True)

    def under(self, unit: Unit, *, itself: bool = True) -> UnitQuerySet:
        """The subtree of `unit`, as a range read."""
        inside = self.filter(path__gte=unit.path, path__lt=path_end(unit.path))
        return inside if itself else inside.exclude(pk=unit.pk)


class Unit(models.Model):
    """An organisation as it is now; `UnitVersion` keeps how it was."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=80, blank=True)
    name_folded = models.CharField(max_length=200, db_index=True)
    sort_key = models.CharField(max_length=220, db_index=True)
    kind = models.ForeignKey(UnitKind, on_delete=models.PROTECT, related_name="units")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=255, unique=True)  # own ids in base 36: "1.2a.3f."
    depth = models.PositiveSmallIntegerField(default=0)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=30, blank=True)
    address = models.CharField(max_length=200, blank=True)
    established_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects = UnitQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["parent", "sort_key"])]

    def __str__(self) -> str:
        return self.name

    @property
    def ancestor_ids(self) -> list[int]:
        return ancestor_ids(self.path)

    def contains(self, other: Unit) -> bool:
        """Whether `other` is this unit or below it."""
        return other.path.startswith(self.path)


class UnitPlace(models.Model):
    """Where a unit stood in the tree, from a day to a day: the tree as of a day is a range of these paths.

    Every day from the first one known is covered once. After a unit has closed its place says where its figures count:
    under the one unit that follows it, else where it stood (decision 0007).
    """

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="dated_places")
    path = models.CharField(max_length=255)
    is_active = models.BooleanField(default=True)  # the unit exists on these days
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the last day, included; empty is today's place

    objects = Dated.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["path", "valid_from", "valid_to", "is_active"], name="place_range"),
            models.Index(fields=["valid_to"], condition=Q(valid_to__isnull=False), name="place_past"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="unit_place_once_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="unit_place_order"
            ),
        ]


class Term(models.Model):
    """A committee's term (nhiệm kỳ); the numbers of its documents begin anew with it (P-02)."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="terms")
    name = models.CharField(max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField()

    objects = Dated.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="term_once"),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="term_order"),
        ]

    def __str__(self) -> str:
        return self.name


class UnitVersion(models.Model):
    """What a unit was called, of which kind and under whom, from a day on."""

    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="versions")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the last day, included
    name = models.CharField(max_length=200)
    kind = models.ForeignKey(UnitKind, on_delete=models.PROTECT)
    parent = models.ForeignKey(Unit, null=True, blank=True, on_delete=models.PROTECT, related_name="child_versions")
    decision_number = models.CharField(max_length=60, blank=True)

    objects = Dated.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "valid_from"], name="unit_version_once_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="unit_version_order"
            ),
        ]
