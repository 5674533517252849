"""Fictitious units and people, made from lists by a seeded random number."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace

from quantriet.org.actions import NewPerson, NewUnit
from quantriet.org.rules.events import Change, Part
from quantriet.org.vocab import ROLES, Role

PASSWORD = "quantriet-2026"  # noqa: S105 (printed on purpose; a production start refuses these accounts)
FOUNDED = dt.date(2025, 7, 1)


@dataclass(frozen=True)
class Login:
    """A demo account: role, where it is appointed (a unit code or "cell" for the first cell), whether it is a person."""

    username: str
    role: Role
    at: str
    label: str


LOGINS = [
    Login("quantri", Role.ADMINISTRATOR, "root", ROLES[Role.ADMINISTRATOR].label),
    Login("canbo", Role.BOARD_OFFICER, "root", ROLES[Role.BOARD_OFFICER].label),
    Login("capuy", Role.ORGANISER, "committee", ROLES[Role.ORGANISER].label),
    Login("bithu", Role.CELL_SECRETARY, "cell", ROLES[Role.CELL_SECRETARY].label),
    Login("lanhdao", Role.LEADER, "root", ROLES[Role.LEADER].label),
    Login("kiemtra", Role.INSPECTOR, "root", ROLES[Role.INSPECTOR].label),
    Login("baocaovien", Role.SPEAKER, "root", ROLES[Role.SPEAKER].label),
    Login("bientap", Role.EDITOR, "root", ROLES[Role.EDITOR].label),
    Login("doanthe", Role.ASSOCIATION_REPORTER, "committee", ROLES[Role.ASSOCIATION_REPORTER].label),
    Login("dangvien", Role.MEMBER, "cell", ROLES[Role.MEMBER].label),
    Login("lamca", Role.MEMBER, "shift", "Đảng viên làm ca, tự học"),
]


MEMBERS = frozenset(("bithu", "baocaovien", "dangvien", "lamca"))  # who of them is a person on the list


@dataclass(frozen=True)
class Size:
    """How large a demo is."""

    root_name: str
    root_kind: str
    committees: int  # communes, wards, offices, enterprises directly under the root
    grassroots: int
    cells: int
    members: int


SIZES = {
    "commune": Size("Đảng ủy xã Tân Lĩnh (hư cấu)", "DANG_UY_XA", 0, 4, 18, 310),
    "city": Size("Thành ủy Tân Lĩnh (hư cấu)", "THANH_UY", 12, 36, 262, 4_400),
    "province": Size("Tỉnh ủy Tân Lĩnh (hư cấu)", "TINH_UY", 150, 1_400, 8_000, 165_000),
}

_SURNAMES = (
    ["Nguyễn"] * 38 + ["Trần"] * 12 + ["Lê"] * 10 + ["Phạm"] * 7 + ["Hoàng"] * 5 + ["Vũ"] * 4 + ["Đặng"] * 3 + ["Bùi"] * 3
    + ["Đỗ"] * 3 + ["Hồ", "Ngô", "Dương", "Lý", "Đinh", "Mai", "Trịnh", "Đoàn", "Phan", "Võ", "Lương", "Tô", "Hà"]
)  # fmt: skip
_MIDDLE_M = [
    "Văn",
    "Văn",
    "Văn",
    "Đức",
    "Quang",
    "Minh",
    "Hữu",
    "Xuân",
    "Ngọc",
    "Thanh",
    "Công",
    "Duy",
    "Trọng",
    "Mạnh",
]
_MIDDLE_F = ["Thị", "Thị", "Thị", "Thị Thu", "Thị Kim", "Thị Ngọc", "Thị Bích", "Thị Minh", "Thị Hồng", "Thị Thanh"]
_GIVEN_M = (
    "Bình Cường Dũng Đại Đạt Độ Giang Hải Hậu Hiếu Hòa Hùng Huy Khánh Kiên Lâm Long Lực Mạnh Nam Nghĩa Phong Phúc Quân Quyết "
    "Sơn Sửu Tài Thành Thắng Thuận Tiến Toàn Trung Tuấn Tùng Vinh Vượng Ổn Ước"
).split()
_GIVEN_F = (
    "Ánh Bích Chi Diệp Dung Duyên Đào Hà Hạnh Hằng Hiền Hoa Hồng Huệ Hương Hường Lan Liên Loan Mai Nga Ngân Nguyệt Nhung Oanh "
    "Phương Quyên Thảo Thơm Thu Thủy Tuyết Vân Xuân Yến Ế Ỷ"
).split()
_MINORITY = [
    ("Mông", ["Vàng A", "Giàng A", "Sùng A", "Thào A"], ["Pao", "Páo", "Chứ", "Dế", "Lử", "Sình"], "male"),
    ("Mông", ["Vàng Thị", "Giàng Thị", "Sùng Thị"], ["Mỷ", "Dua", "Sua", "Chú"], "female"),
    ("Thái", ["Lò Văn", "Cầm Văn", "Quàng Văn"], ["Ún", "Inh", "Phới", "Hặc"], "male"),
    ("Thái", ["Lò Thị", "Cầm Thị", "Quàng Thị"], ["Ế", "Ọi", "Xoan", "Pánh"], "female"),
    ("Ê Đê", ["Y Bhăm", "Y Thịnh", "Y Krông"], ["Niê", "Êban", "Mlô", "Ayŭn"], "male"),
    ("Ê Đê", ["H'Lan", "H'Ngăm", "H'Yer"], ["Niê", "Êban", "Byă", "Kđoh"], "female"),
    ("Cơ Ho", ["K'"], ["Brếu", "Tiêng", "Dĩn", "Loan"], "male"),
]
_PLACES = (
    "Ea Lan|Suối Ngần|Đồng Tâm|Hòa Lạc|Phú Ổn|Bình Trung|Thạch Khê|Yên Thượng|Nà Pheo|Tân Hợp|Vĩnh Đoài|Kim Quế|Lũng Vài|Mường Ảng Hạ|"
    "Xuân Đỗ|Cẩm Đàn|Long Trì|Ea Knuếc Thượng|Krông Ana Hạ|Thanh Ỷ"
).split("|")  # fmt: skip
_OFFICES = [
    ("Đảng ủy các cơ quan Đảng", "DANG_UY_CAC_CO_QUAN"),
    ("Đảng ủy Ủy ban nhân dân", "DANG_UY_UBND"),
    ("Đảng ủy khối doanh nghiệp", "DANG_UY_DOANH_NGHIEP"),
]
# Further communes of a province take a name with a direction or a landmark behind it.
_FURTHER = ("", " Đông", " Tây", " Nam", " Bắc", " Sơn", " Giang", " Phú")
# What a party base is of, and what its cells are called. {place}: "xã Ea Lan"; {name}: "Ea Lan". Their number is prime
# to that of the committees in each size, so that a committee meets each of them once.
_BODIES = [
    ("khu dân cư phía Bắc {place}", "thôn"), ("khu dân cư phía Nam {place}", "thôn"), ("Trường THPT {name}", "Tổ chuyên môn"),
    ("Công ty Chế biến nông sản {name}", "Phân xưởng"), ("Trung tâm Y tế {place}", "Khoa"), ("Công ty Vận tải {name}", "Đội xe"),
    ("Ban Quản lý dự án {place}", "Phòng chuyên môn"), ("Công an {place}", "Đội"), ("Ban Chỉ huy quân sự {place}", "Tiểu đội"),
    ("Bưu điện {name}", "Tổ"), ("Điện lực {name}", "Đội"), ("Hạt Kiểm lâm {name}", "Trạm"), ("Trường THCS {name}", "Tổ chuyên môn"),
    ("Đài Truyền thanh {place}", "Tổ"), ("Kho bạc khu vực {name}", "Phòng chuyên môn"), ("Công ty Cấp nước {name}", "Phân xưởng"),
    ("Trường Mầm non {name}", "Khối lớp"), ("Hợp tác xã Dịch vụ {name}", "Đội"), ("Văn phòng cấp ủy {place}", "Phòng chuyên môn"),
]  # fmt: skip
_JOBS = [
    "Nông dân",
    "Giáo viên",
    "Công chức",
    "Công nhân",
    "Bộ đội",
    "Công an",
    "Y sĩ",
    "Hưu trí",
    "Lái xe",
    "Kỹ sư",
    "Buôn bán",
]


def tree(size: Size) -> list[NewUnit]:
    """The units of a demo, parents first. Cells hang on grassroots organisations in turn; some organisations are cells."""
    units = [
        NewUnit("TL", size.root_name, size.root_kind, "", {"email": "thanhuy@tanlinh.example", "address": "Tân Lĩnh"})
    ]
    places = {"TL": "xã Tân Lĩnh" if size.root_kind == "DANG_UY_XA" else "Tân Lĩnh"}
    for index in range(size.committees):
        code = f"TL.{index + 1:02d}"
        if index < len(_OFFICES):
            name, kind = _OFFICES[index]
            name, places[code] = f"{name} Tân Lĩnh", "Tân Lĩnh"
        else:
            number = index - len(_OFFICES)
            further, own = divmod(number, len(_PLACES))
            sort, kind = ("phường", "DANG_UY_PHUONG") if number % 3 == 0 else ("xã", "DANG_UY_XA")
            places[code] = f"{sort} {_PLACES[own]}{_FURTHER[further]}"
            name = f"Đảng ủy {places[code]}"
        units.append(NewUnit(code, name, kind, "TL", {"email": f"dangbo{index + 1:02d}@tanlinh.example"}))
    parents = [unit.code for unit in units[1:]] or ["TL"]
    bases: list[tuple[str, str]] = []  # code, and what its cells are called
    taken: set[str] = set()
    lone_cells = size.grassroots // 5  # chi bộ cơ sở: an organisation that is one cell
    for index in range(size.grassroots):
        parent = parents[index % len(parents)]
        body, cell = _BODIES[index % len(_BODIES)]
        name = _body_name(body, places[parent], taken)
        code = f"{parent}.{index // len(parents) + 1:02d}"
        if index >= size.grassroots - lone_cells:
            units.append(NewUnit(code, f"Chi bộ cơ sở {name}", "CHI_BO_CO_SO", parent))
        else:
            email = f"{code.lower()}@tanlinh.example"
            units.append(NewUnit(code, f"Đảng bộ {name}", "DANG_BO_CO_SO", parent, {"email": email}))
            urban = cell == "thôn" and not places[parent].startswith("xã ")
            bases.append((code, "tổ dân phố" if urban else cell))
    for index in range(size.cells):
        parent, cell = bases[index % len(bases)]
        number = index // len(bases) + 1
        units.append(NewUnit(f"{parent}.{number:02d}", f"Chi bộ {cell} {number}", "CHI_BO", parent))
    return units


# Before the reform of 1 July 2025: districts stood between the province and its communes, and there were more communes.
OLD_FOUNDED = dt.date(2020, 6, 1)
_COMMUNES = ("DANG_UY_XA", "DANG_UY_PHUONG")


def before_reform(units: list[NewUnit]) -> tuple[list[NewUnit], list[Change]]:
    """The same organisation as it was until 30 June 2025, and the events that made it what it is; none without communes.

    Two communes of then have become one; the districts, some twelve communes each, are gone. Cells and grassroots
    organisations keep their codes.
    """
    communes = [unit for unit in units if unit.kind in _COMMUNES and unit.parent == "TL"]
    if not communes:
        return units, []
    gone = {unit.code for unit in communes}
    districts = [
        NewUnit(f"H{number + 1:02d}", f"Huyện ủy {place}", "HUYEN_UY", "TL")
        for number, place in enumerate(_PLACES[: max(2, (len(communes) + 11) // 12)])
    ]
    old: list[NewUnit] = []
    moved: dict[str, str] = {}
    changes: list[Change] = []
    below: dict[str, list[NewUnit]] = {}
    for unit in units:
        below.setdefault(unit.parent, []).append(unit)
    for number, unit in enumerate(communes):
        district = districts[number * len(districts) // len(communes)].code
        name = unit.name.removeprefix("Đảng ủy ").replace("phường ", "xã ")
        pair = [
            NewUnit(f"{district}.{number * 2 + place + 1:03d}", f"Đảng ủy {name}{more}", "DANG_UY_XA", district)
            for place, more in enumerate(("", " Mới"))
        ]
        old += pair
        for place, one in enumerate(below.get(unit.code, [])):
            moved[one.code] = pair[place % 2].code
        part = Part(unit.code, unit.name, unit.kind, "TL")
        changes.append(Change("merge", tuple(one.code for one in pair), (part,)))
    changes += [Change("dissolve", (one.code,)) for one in districts]
    kept = [replace(unit, parent=moved.get(unit.code, unit.parent)) for unit in units if unit.code not in gone]
    return [kept[0], *districts, *old, *kept[1:]], changes


def _body_name(body: str, place: str, taken: set[str]) -> str:
    """The name of an organisation of a place; where that is given away already, of the next place in the list."""
    for where in (place, *_PLACES):
        name = body.format(place=where, name=where.removeprefix("xã ").removeprefix("phường "))
        if name not in taken:
            break
    taken.add(name)
    return name


def members(size: Size, units: list[NewUnit], *, today: dt.date, seed: int = 2026) -> list[NewPerson]:
    """The people of a demo: posts in every committee, a few exempt, some of one name, some of minorities."""
    dice = random.Random(seed)  # noqa: S311 (demo data, the same every time)
    cells = [unit.code for unit in units if unit.kind in ("CHI_BO", "CHI_BO_CO_SO")]
    above = {unit.code: unit.parent for unit in units}
    kinds = {unit.code: unit.kind for unit in units}
    people: list[NewPerson] = []
    per_cell = size.members // len(cells)
    rest = size.members - per_cell * len(cells)
    heads_left = {
        code: ["BI_THU", "PHO_BI_THU", "CAP_UY_VIEN", "CAP_UY_VIEN"] for code in above if code not in set(cells)
    }
    heads_left["TL"] = [
        "BI_THU",
        "PHO_BI_THU_THUONG_TRUC",
        "PHO_BI_THU",
        *["UV_BAN_THUONG_VU"] * 6,
        "TRUONG_BAN",
        "PHO_TRUONG_BAN",
    ]
    for index, cell in enumerate(cells):
        for place in range(per_cell + (1 if index < rest else 0)):
            people.append(_member(dice, len(people), cell, place, above, kinds, heads_left, today))
    return people


def _member(
    dice: random.Random, number: int, cell: str, place: int, above: dict[str, str], kinds: dict[str, str],
    heads_left: dict[str, list[str]], today: dt.date,
) -> NewPerson:  # fmt: skip
    name, gender, ethnicity = _name(dice)
    age = min(max(int(dice.gauss(46, 13)), 21), 91)
    birth = today - dt.timedelta(days=age * 365 + dice.randrange(365))
    joined = max(birth.replace(day=1) + dt.timedelta(days=dice.randint(20, 34) * 365), dt.date(1960, 2, 3))
    joined = min(joined, today - dt.timedelta(days=dice.randint(40, 400)))
    posts: list[tuple[str, str, str]] = []
    if place == 0:
        posts.append(("BI_THU", cell, "grassroots"))
    elif place == 1:
        posts.append(("PHO_BI_THU", cell, "grassroots"))
    elif place in (2, 3):
        # Committee posts go to members of the cells below, one committee after another up the tree.
        unit = above[cell]
        while unit:
            if heads_left[unit]:
                level = "province" if unit == "TL" else "commune" if kinds[unit] != "DANG_BO_CO_SO" else "grassroots"
                posts.append((heads_left[unit].pop(0), unit, level))
                break
            unit = above[unit]
    # Old members keep their cell but not every meeting; a secretary is not exempt.
    exempt = "Tuổi cao, sức khỏe yếu" if age >= 78 and not posts else ""
    details = {
        "birth_date": birth.replace(month=1, day=1) if number % 50 == 7 else birth,
        "birth_precision": "year" if number % 50 == 7 else "day",
        "gender": gender,
        "ethnicity": ethnicity,
        "kind": "probationary" if (today - joined).days < 365 else "member",
        "official_on": joined + dt.timedelta(days=365) if (today - joined).days >= 365 else None,
        "occupation": "Hưu trí" if age >= 62 else dice.choice(_JOBS),
        "phone": f"09{dice.randrange(10**8):08d}" if dice.random() < 0.8 else "",
        "email": f"dv{number + 1:06d}@tanlinh.example" if dice.random() < 0.5 else "",
    }
    return NewPerson(f"TL{number + 1:06d}", name, cell, joined, details, tuple(posts), exempt)


def _name(dice: random.Random) -> tuple[str, str, str]:
    if dice.random() < 0.06:
        ethnicity, firsts, lasts, gender = dice.choice(_MINORITY)
        joint = "" if firsts == ["K'"] else " "
        return dice.choice(firsts) + joint + dice.choice(lasts), gender, ethnicity
    if dice.random() < 0.57:
        return f"{dice.choice(_SURNAMES)} {dice.choice(_MIDDLE_M)} {dice.choice(_GIVEN_M)}", "male", "Kinh"
    return f"{dice.choice(_SURNAMES)} {dice.choice(_MIDDLE_F)} {dice.choice(_GIVEN_F)}", "female", "Kinh"
