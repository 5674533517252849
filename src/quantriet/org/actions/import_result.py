"""Give an uploaded file back with what became of each row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from quantriet.kit.spreadsheets import (
    Gated,
    Mapping,
    OutColumn,
    Precision,
    Sheet,
    parse_day,
    read_table,
    status_sheet,
    write_workbook,
)
from quantriet.kit.time import local
from quantriet.org.models import ImportRun, ImportState, Unit
from quantriet.org.queries import imports as queries
from quantriet.org.rules import columns
from quantriet.org.rules.codes import made_code
from quantriet.org.rules.members import STATUS_WORDS, Status
from quantriet.org.rules.plan import Line, PlanReader
from quantriet.org.rules.understanding import SheetPlan, Understanding

_DONE_WORDS = {
    Status.NEW: "Đã thêm",
    Status.CHANGED: "Đã cập nhật",
    Status.MOVED: "Đã chuyển sinh hoạt",
    Status.DOUBTFUL: "Chưa nhập – cần xem",
    Status.WRONG: "Chưa nhập – lỗi",
    Status.SAME: "Không đổi",
}
_KINDS = {"code": "code", "phone": "code", "unit_code": "code", "parent_code": "code"}


def write_result(run: ImportRun, gated: Gated, target: Path, *, at: datetime, only: Sequence[str] = ()) -> None:
    """Write the rows of the file in its own columns with status and explanation; `only` some statuses."""
    seen = Understanding.from_json(run.understanding)
    done = run.state == ImportState.DONE
    units = dict(Unit.objects.values_list("pk", "name"))
    sections = [str(status) for status in Status if not only or status in only]
    with queries.open_plan(run) as plan:
        sheets = (_sheet(run, gated, seen, sheet, plan, sections, units, done) for sheet in seen.used)
        write_workbook(target, list(sheets), at=at, title=run.file_name)


def _sheet(
    run: ImportRun, gated: Gated, seen: Understanding, sheet: SheetPlan, plan: PlanReader, sections: list[str],
    units: dict[int, str], done: bool,
) -> Sheet:  # fmt: skip
    mapping = sheet.columns() or Mapping(sheet.index, 1, 1, {})
    # Columns that the import did not use come back as well: the officer gets the same file, with two columns more.
    everything = {int(index): f"_{index}" for index in sheet.texts} | mapping.columns
    whole = Mapping(mapping.sheet, mapping.header_row, mapping.depth, everything)
    out = [
        OutColumn(key, sheet.texts.get(str(index)) or columns.label_of(run.kind, key), kind=_KINDS.get(key, "as_read"))
        for index, key in sorted(everything.items())
    ]

    day = local(run.created_at).date()

    def rows() -> Iterator[tuple[int, dict[str, Any], str, str]]:
        made = int(run.counts.get("first_made") or 0)
        wanted = columns.wanted(run.kind, split_name=True)
        told = (entry for entry in plan.in_file_order(sections) if entry[1].get("h", 0) == sheet.index)
        entry = next(told, None)
        with read_table(gated, wanted, mapping=whole, legacy=seen.legacy) as table:
            for row in table:
                while entry and entry[1]["n"] < row.number:
                    entry = next(told, None)
                if entry is None:
                    return
                section, line = entry
                if line["n"] != row.number:
                    continue
                code = ""
                if done and run.kind == "members" and section == Status.NEW and "code" not in line["v"]:
                    made += 1
                    code = made_code(made)
                words = _DONE_WORDS if done else STATUS_WORDS
                yield (
                    row.number,
                    _dated(row.cells, mapping.columns.values(), day),
                    words[Status(section)],
                    sentence(section, line, units, done=done, code=code),
                )

    return status_sheet(sheet.name or "Danh sách", out, rows(), heading=())


def _dated(cells: dict[str, Any], keys: Iterable[str], today: date) -> dict[str, Any]:
    """The cells with Excel's bare day numbers (20591) as the days that were understood; a year stays a number."""
    shown = dict(cells)
    for key in columns.DAYS.intersection(keys):
        value = cells.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool):
            read = parse_day(value, latest=today).value
            if read and read.precision is Precision.DAY:
                shown[key] = read.date
    return shown


def sentence(section: str, line: Line, units: dict[int, str], *, done: bool = False, code: str = "") -> str:
    """What becomes of a row, in one sentence."""
    said: list[str] = []
    if section == Status.WRONG:
        said = [f"{label}: {problem}" for label, problem in line["e"]]
    elif section == Status.NEW:
        where = units.get(line.get("u", 0)) or line.get("pn", "")
        said = [f"{'Đã thêm' if done else 'Sẽ thêm'} vào {where}." if where else ""]
        if code:
            said.append(f"Được cấp mã {code}.")
        elif "code" not in line.get("v", {}) and "u" in line:
            said.append("Sẽ được cấp mã.")
    elif section == Status.MOVED:
        day = line["on"]
        said = [f"Từ {line['uf']} sang {units.get(line['u'], '')} từ ngày {day[8:]}/{day[5:7]}/{day[:4]}."]
    elif section == Status.DOUBTFUL:
        said = ["Có người trùng tên cần xác định trước khi nhập."]
    said += [f"{label}: “{before}” thành “{after}”." for label, before, after in line.get("d", ())]
    if line.get("posts"):
        said.append(f"Thêm {len(line['posts'])} chức vụ.")
    if line.get("ex"):
        said.append("Ghi miễn sinh hoạt.")
    said += line.get("t", ())
    return " ".join(part for part in said if part)
