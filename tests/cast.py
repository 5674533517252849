"""The permanent cast: one small, fictitious province and the people who act in tests.

T  Tỉnh ủy Tân Lĩnh (province)
├── X1 Đảng ủy xã Ea Tam         A  Đảng bộ ... cells CB11, CB12 directly below
│     ├── CB11 Chi bộ thôn 1     members M1 … M6
│     └── CB12 Chi bộ thôn 2     members M7 … M9
├── X2 Đảng ủy xã Suối Ngần
│     └── CB21 Chi bộ thôn Thượng members M10, M11
└── DN Đảng ủy khối doanh nghiệp
      └── CS1 Chi bộ cơ sở Công ty Vận tải   member M12
"""

from __future__ import annotations

import datetime as dt
import pickle
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.db import connection

from quantriet.kit.db import execute, select
from quantriet.kit.time import now
from quantriet.org import actions
from quantriet.org.models import Account, Person, PostKind, Unit, UnitKind
from quantriet.org.vocab import Role

LONG_AGO = dt.date(2020, 1, 1)
PASSWORD = "mat-khau-thu-nghiem"

_UNITS = [
    ("T", "Tỉnh ủy Tân Lĩnh", "TINH_UY", None),
    ("X1", "Đảng ủy xã Ea Tam", "DANG_UY_XA", "T"),
    ("X2", "Đảng ủy xã Suối Ngần", "DANG_UY_XA", "T"),
    ("DN", "Đảng ủy khối doanh nghiệp Tân Lĩnh", "DANG_UY_DOANH_NGHIEP", "T"),
    ("CB11", "Chi bộ thôn 1", "CHI_BO", "X1"),
    ("CB12", "Chi bộ thôn 2", "CHI_BO", "X1"),
    ("CB21", "Chi bộ thôn Thượng", "CHI_BO", "X2"),
    ("CS1", "Chi bộ cơ sở Công ty Vận tải", "CHI_BO_CO_SO", "DN"),
]
_PEOPLE = [
    ("M1", "Nguyễn Thị Hường", "CB11", dt.date(1958, 3, 9)),
    ("M2", "Trần Văn Bình", "CB11", dt.date(1975, 5, 1)),
    ("M3", "H'Hen Niê", "CB11", dt.date(1990, 12, 31)),
    ("M4", "K' Brêu", "CB11", dt.date(1988, 1, 1)),
    ("M5", "Lê Thị Ánh", "CB11", dt.date(1995, 7, 15)),
    ("M6", "Phạm Đức Ổn", "CB11", dt.date(1949, 2, 3)),
    ("M7", "Trần Văn Bình", "CB12", dt.date(1981, 8, 20)),
    ("M8", "Vàng A Pao", "CB12", dt.date(1979, 4, 4)),
    ("M9", "Đỗ Thị Ỷ", "CB12", dt.date(1999, 9, 9)),
    ("M10", "Hoàng Văn Sửu", "CB21", dt.date(1966, 6, 6)),
    ("M11", "Lò Thị Ế", "CB21", dt.date(1993, 11, 23)),
    ("M12", "Bùi Quang Đại", "CS1", dt.date(1984, 10, 2)),
]
# account, role, unit, person
ACCOUNTS = [
    ("admin", Role.ADMINISTRATOR, "T", None),
    ("officer", Role.BOARD_OFFICER, "T", None),
    ("organiser1", Role.ORGANISER, "X1", None),
    ("organiser2", Role.ORGANISER, "X2", None),
    ("secretary11", Role.CELL_SECRETARY, "CB11", "M2"),
    ("secretary21", Role.CELL_SECRETARY, "CB21", "M10"),
    ("inspector", Role.INSPECTOR, "T", None),
    ("leader", Role.LEADER, "T", None),
    ("leader1", Role.LEADER, "X1", None),
    ("speaker", Role.SPEAKER, "T", None),
    ("editor", Role.EDITOR, "T", None),
    ("member1", Role.MEMBER, "CB11", "M1"),
    ("member10", Role.MEMBER, "CB21", "M11"),
]


@dataclass
class Cast:
    """Units by code, people by code, accounts by user name."""

    units: dict[str, Unit] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)

    @property
    def officer(self) -> Account:
        return self.accounts["officer"]


def make_cast() -> Cast:
    """Write the cast into the test database, through the actions every user goes through."""
    cast = Cast()
    at = now()
    kinds = {kind.code: kind for kind in UnitKind.objects.all()}
    posts = {post.code: post for post in PostKind.objects.all()}
    for code, name, kind, parent in _UNITS:
        cast.units[code] = actions.add_unit(
            by=None,
            at=at,
            code=code,
            name=name,
            kind=kinds[kind],
            parent=cast.units.get(parent or ""),
            valid_from=LONG_AGO,
        )
    for code, name, unit, birth in _PEOPLE:
        cast.people[code] = actions.add_person(
            by=None, at=at, code=code, full_name=name, unit=cast.units[unit], birth_date=birth, joined_on=LONG_AGO
        )
    for code, post, unit in [
        ("M2", "BI_THU", "CB11"),
        ("M8", "BI_THU", "CB12"),
        ("M10", "BI_THU", "CB21"),
        ("M5", "BI_THU", "X1"),
    ]:
        actions.give_post(
            cast.people[code],
            by=None,
            at=at,
            post=posts[post],
            unit=cast.units[unit],
            valid_from=LONG_AGO,
            managed_by="commune",
        )
    for username, role, unit, person in ACCOUNTS:
        account = actions.add_account(
            by=None,
            at=at,
            username=username,
            display_name=cast.people[person].full_name if person else username,
            password=PASSWORD,
            person=cast.people.get(person or ""),
            is_demo=False,
        )
        actions.give_appointment(account, by=None, at=at, role=role, unit=cast.units[unit], valid_from=LONG_AGO)
        cast.accounts[username] = account
    return cast


class KeptCast:
    """The cast written once through the actions, then row by row as it was: a third of a second less for each test.

    Keys stay the same, so what the first writing returned is right for every copy. A sequence never goes back below them.
    """

    def __init__(self) -> None:
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._cast = b""

    def write(self) -> Cast:
        if not self._cast:
            before = {table: set(rows) for table, rows in _everything().items()}
            cast = make_cast()
            after = _everything()
            self._rows = {table: [row for row in rows if row not in before[table]] for table, rows in after.items()}
            self._cast = pickle.dumps(cast)
        else:
            for table, rows in self._rows.items():
                if rows:
                    execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)
        return pickle.loads(self._cast)


def _everything() -> dict[str, list[tuple[Any, ...]]]:
    models = apps.get_models(include_auto_created=True)
    tables = [connection.ops.quote_name(one._meta.db_table) for one in models if one._meta.managed]
    return {table: select(f"SELECT * FROM {table}") for table in tables}
