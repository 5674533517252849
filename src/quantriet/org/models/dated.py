"""Rows that are valid from a day to a day."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import models
from django.db.models import Q

from quantriet.kit.time import today


class Dated(models.QuerySet[Any]):
    def on(self, day: date | None = None) -> Dated:
        """Rows valid on `day` (today when not given)."""
        day = day or today()
        return self.filter(valid_from__lte=day).filter(Q(valid_to__isnull=True) | Q(valid_to__gte=day))
