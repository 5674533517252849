"""Classes keep the unit that held them; the tree only asks what it touches and what rests on it (decision 0007)."""

from __future__ import annotations

from datetime import datetime

from quantriet.classes.models import StudyClass
from quantriet.classes.vocab import RUNNING_STATES
from quantriet.kit.numbers import show_number
from quantriet.org.models import Account
from quantriet.org.vocab import Concern, TreeChange


class ClassFollower:
    """What the tree asks of classes; registered in `apps.py`."""

    def hindrances(self, change: TreeChange) -> list[str]:
        return []

    def concerns(self, change: TreeChange) -> list[Concern]:
        waiting = (
            StudyClass.objects.filter(unit__in=list(change.closing), state__in=RUNNING_STATES)
            .select_related("unit")
            .order_by("unit__sort_key", "pk")
        )
        number = waiting.count()
        if not number:
            return []
        names = tuple(f"{one.title} ({one.unit.name})" for one in waiting[:8])
        return [
            Concern(
                "Lớp học tập chưa chốt", number, names,
                "vẫn là lớp của đơn vị cũ; đơn vị kế tục thấy lớp và tiếp tục điểm danh, chốt lớp",
            )
        ]  # fmt: skip

    def follow(self, change: TreeChange, *, by: Account | None, at: datetime) -> None:
        """Nothing: a class stands under its unit, and so wherever that unit stands."""

    def rests_on(self, units: list[int], since: datetime) -> list[str]:
        number = StudyClass.objects.filter(unit__in=units).count()
        return [f"{show_number(number)} lớp học tập do đơn vị mới mở."] if number else []


FOLLOWER = ClassFollower()
