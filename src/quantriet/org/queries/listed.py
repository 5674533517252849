"""A list of people that somebody brings along: read in the limited child process, compared with the people within reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from django.conf import settings
from django.db.models import QuerySet

from quantriet.kit import spreadsheets
from quantriet.kit.refusal import Refusal
from quantriet.kit.spreadsheets import Column
from quantriet.kit.text import fold
from quantriet.kit.time import today
from quantriet.org.models import Person
from quantriet.org.rules.recognising import Candidate, ListedPerson, Recognition, recognise
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.vocab import BirthPrecision

# More lines than any class has people.
MOST_LINES = 5000
COLUMNS = (
    Column("code", "Mã đảng viên", ("Mã số đảng viên", "Mã số", "Mã ĐV", "Mã", "Số thẻ đảng viên", "Số thẻ đảng", "Số thẻ")),
    Column("name", "Họ và tên", ("Họ tên", "Họ và tên đảng viên", "Họ tên đảng viên", "Tên đảng viên", "Đồng chí")),
    Column("born", "Ngày sinh", ("Ngày, tháng, năm sinh", "Ngày tháng năm sinh", "Năm sinh", "Sinh ngày", "NTNS")),
    Column("cell", "Chi bộ", ("Tên chi bộ", "Chi bộ sinh hoạt", "Đơn vị", "Tên đơn vị", "Đơn vị sinh hoạt", "Nơi sinh hoạt")),
)  # fmt: skip


def read_list(source: Path, file_name: str) -> list[ListedPerson]:
    """The lines of a spreadsheet, read in the limited child process behind the gate.

    Refuses what is no list, what is marked secret, a list without code and name, and more than `MOST_LINES` lines.
    """
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    gated = spreadsheets.gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    lines: list[ListedPerson] = []
    table = spreadsheets.read_table(gated, COLUMNS)
    if table.encoding:  # old Vietnamese fonts: the preview shows the names as they will be understood
        table.close()
        table = spreadsheets.read_table(gated, COLUMNS, legacy=table.encoding.choice)
    with table:
        if not {"code", "name"} & set(table.columns):
            raise Refusal(
                "list.no_column", "Danh sách phải có cột mã đảng viên, hoặc cột họ và tên cùng chi bộ hay ngày sinh.",
                field="file",
            )  # fmt: skip
        for row in table:
            code, name, cell = (spreadsheets.shown(row.cells.get(key)).strip() for key in ("code", "name", "cell"))
            born = spreadsheets.parse_day(row.cells.get("born"), latest=today()).value
            if not (code or name):
                continue
            if len(lines) == MOST_LINES:
                raise Refusal(
                    "list.too_long", f"Danh sách có quá {MOST_LINES} dòng; hãy tách thành nhiều tệp.",
                    field="file",
                )  # fmt: skip
            day = born.date if born else None
            lines.append(
                ListedPerson(
                    row.number, code, name, cell or row.group or "", day,
                    year_only=born is not None and born.precision != spreadsheets.Precision.DAY,
                )
            )  # fmt: skip
    return lines


def recognise_people(
    lines: Sequence[ListedPerson], people: QuerySet[Person]
) -> tuple[list[Recognition], dict[int, Person]]:
    """Who each line means among `people`, in the order of the lines, and the people met; few statements however many."""
    by_code = {person.code: person for person in _in_portions(people, "code", {line.code for line in lines})}
    unknown_codes = {line.code for line in lines if line.code} - by_code.keys()
    elsewhere = {person.code for person in _in_portions(Person.objects.all(), "code", unknown_codes)}
    names = {fold(line.name) for line in lines if line.name and line.code not in by_code}
    by_name: dict[str, list[Candidate]] = defaultdict(list)
    found = {person.pk: person for person in by_code.values()}
    for person in _in_portions(people, "name_folded", names):
        by_name[person.name_folded].append(_candidate(person))
        found[person.pk] = person
    results = [
        recognise(
            line,
            by_code=_candidate(by_code[line.code]) if line.code in by_code else None,
            by_name=by_name.get(fold(line.name), ()),
            is_elsewhere=line.code in elsewhere,
        )
        for line in lines
    ]
    return results, found


def _candidate(person: Person) -> Candidate:
    return Candidate(
        person.pk, person.code, person.full_name, person.unit.name, person.birth_date,
        person.birth_precision != BirthPrecision.DAY,
    )  # fmt: skip


def _in_portions(people: QuerySet[Person], field: str, values: Iterable[str]) -> list[Person]:
    every = sorted(one for one in values if one)
    found: list[Person] = []
    for start in range(0, len(every), 500):
        found += people.filter(**{f"{field}__in": every[start : start + 500]}).select_related("unit__parent")
    return found
