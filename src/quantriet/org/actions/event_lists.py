"""Decisions written as a list: all its rows become drafts, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from quantriet.kit import text
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.spreadsheets import gate, look, read_table
from quantriet.kit.time import local
from quantriet.org.actions.decisions import draft_decision
from quantriet.org.models import Account, OrgDecision, Unit, UnitKind
from quantriet.org.rules import event_rows
from quantriet.org.rules.events import Change
from quantriet.org.rules.secrecy import refuse_if_marked

MOST_TOLD = 100


@dataclass
class _Draft:
    number: str
    decided_on: date
    effective_on: date
    changes: list[Change]


def draft_from_list(
    *, unit: Unit, source: Path, file_name: str, number: str = "", decided_on: date | None = None,
    effective_on: date | None = None, issued_by: str = "", by: Account, at: datetime,
) -> list[OrgDecision]:  # fmt: skip
    """Prepare the decisions of an Excel list, one row an event; rows of one number are one decision.

    A row without a number belongs to the decision above it, the first to the number given beside the file.
    Refuses what is no list, no row recognised, and every row with an error, all at once with their numbers.
    """
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    gated = gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    seen = look(gated, event_rows.wanted())
    kinds = list(UnitKind.objects.values_list("code", "name", "short_name"))
    code_of = _codes(unit)
    drafts: list[_Draft] = []
    faults: list[Refusal] = []
    for sheet in seen.sheets:
        if sheet.mapping is None or sheet.name in event_rows.ASIDE:
            continue
        with read_table(gated, event_rows.wanted(), mapping=sheet.mapping) as table:
            for line in table:
                row = event_rows.read_event(line.cells, kinds, code_of)
                where = f"Dòng {line.number}"
                faults += [Refusal("decision.row", f"{where}: {said}", row=line.number) for said in row.errors]
                last = drafts[-1] if drafts else None
                if last is None or (row.number and row.number != last.number):
                    draft = _Draft(
                        row.number or number, row.decided_on or decided_on or local(at).date(),
                        row.effective_on or effective_on or local(at).date(), [],
                    )  # fmt: skip
                    if not draft.number:
                        faults.append(Refusal("decision.row", f"{where}: chưa có số quyết định.", row=line.number))
                    drafts.append(draft)
                if row.change:
                    drafts[-1].changes.append(row.change)
    if not drafts:
        raise Refusal(
            "decision.no_rows",
            "Không nhận ra sự kiện nào trong tệp; cần ít nhất hai cột “Sự kiện” và “Đơn vị”. Hãy dùng tệp mẫu.", field="file",
        )  # fmt: skip
    if faults:
        more = len(faults) - MOST_TOLD
        raise Refusals(faults[:MOST_TOLD] + ([Refusal("decision.row", f"Và {more} lỗi nữa.")] if more > 0 else []))
    with transaction.atomic():
        return [
            draft_decision(
                unit=unit, number=one.number, decided_on=one.decided_on, effective_on=one.effective_on, issued_by=issued_by,
                changes=one.changes, by=by, at=at,
            )
            for one in drafts
        ]  # fmt: skip


def _codes(unit: Unit) -> dict[str, str]:
    """Folded codes, and folded names that only one working unit has, to codes."""
    codes: dict[str, str] = {}
    doubled = set()
    rows = list(Unit.objects.active().under(unit).values_list("code", "name_folded"))  # type: ignore[attr-defined]
    for code, name in rows:
        if name in codes:
            doubled.add(name)
        codes[name] = code
    for name in doubled:
        del codes[name]
    codes |= {text.fold(code): code for code, _ in rows}
    return codes
