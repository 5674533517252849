"""A generated province written straight into the database: the ground of the figures about size.

Names are made of syllables and belong to nobody. The same numbers give the same province.
"""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

FAMILY = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Vũ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Y",
    "H'",
    "Lò",
    "Giàng",
)
MIDDLE = ("Văn", "Thị", "Đức", "Minh", "Thanh", "Quốc", "Ngọc", "Hữu", "Xuân", "Thu")
GIVEN = (
    "An",
    "Ánh",
    "Bình",
    "Châu",
    "Dũng",
    "Đạt",
    "Giang",
    "Hà",
    "Hương",
    "Khánh",
    "Lan",
    "Mai",
    "Nam",
    "Ổn",
    "Phúc",
    "Sơn",
    "Tâm",
    "Ước",
    "Vinh",
    "Ý",
)
BATCH = 5000


def make_province(*, communes: int = 124, cells: int = 8000, people: int = 165_000) -> Any:
    """Write a province with its communes, cells and people; returns the province's unit."""
    from django.db import transaction

    from quantriet.kit import text
    from quantriet.org.actions.places import settle_units
    from quantriet.org.models import Person, PostHeld, PostKind, Unit, UnitKind, path_segment

    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    dice = random.Random(2026)
    since = dt.date(2020, 1, 1)

    def rows(parents: list[Unit | None], names: list[str], kind: str, codes: list[str]) -> list[Unit]:
        made = Unit.objects.bulk_create(
            [
                Unit(
                    code=code, name=name, name_folded=text.fold(name), sort_key=text.natural_key(name), kind=kinds[kind],
                    parent=parent, path=f"new:{code}", depth=parent.depth + 1 if parent else 0, established_on=since,
                    email=f"{code.lower()}@don-vi.example" if parent and not parent.parent_id else "",
                )
                for parent, name, code in zip(parents, names, codes, strict=True)
            ],
            batch_size=BATCH,
        )  # fmt: skip
        for unit in made:
            unit.path = (unit.parent.path if unit.parent else "") + path_segment(unit.pk)
        Unit.objects.bulk_update(made, ["path"], batch_size=400)
        settle_units(made, since)
        return made

    with transaction.atomic():
        (top,) = rows([None], ["Tỉnh ủy Tân Lĩnh"], "TINH_UY", ["T"])
        towns = rows(
            [top] * communes, [f"Đảng ủy xã Tân Lĩnh {number}" for number in range(1, communes + 1)], "DANG_UY_XA",
            [f"X{number:03d}" for number in range(1, communes + 1)],
        )  # fmt: skip
        parents = [towns[number % communes] for number in range(cells)]
        leaves = rows(
            parents, [f"Chi bộ thôn {number // communes + 1}" for number in range(cells)], "CHI_BO",
            [f"C{number:05d}" for number in range(cells)],
        )  # fmt: skip
        for start in range(0, people, BATCH):
            fresh = []
            for number in range(start, min(people, start + BATCH)):
                name = f"{dice.choice(FAMILY)} {dice.choice(MIDDLE)} {dice.choice(GIVEN)}"
                fresh.append(
                    Person(
                        code=f"{number:08d}", full_name=name, name_folded=text.fold(name), sort_key=text.name_key(name),
                        search_key=text.search_key(name),
                        birth_date=dt.date(1945, 1, 1) + dt.timedelta(days=dice.randrange(22_000)),
                        kind="member", unit=leaves[number % cells],
                    )
                )  # fmt: skip
            Person.objects.bulk_create(fresh, batch_size=1000)
        secretary = PostKind.objects.get(code="BI_THU")
        heads = Person.objects.filter(code__lt=f"{cells:08d}").values_list("pk", "unit_id")
        PostHeld.objects.bulk_create(
            (
                PostHeld(person_id=person, post=secretary, unit_id=unit, managed_by="commune", valid_from=since)
                for person, unit in heads
            ),
            batch_size=BATCH,
        )
    return top
