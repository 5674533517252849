"""The life of an import: upload, columns, preview, confirmation, writing. Nothing of the list is written before it is confirmed.

Every step may be killed and started again: a preview writes a plan file and then moves the state in one statement; the
writing is one transaction that ends with the state. Who comes second finds the state gone and stops.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files import File
from django.db import IntegrityError, OperationalError, transaction

from quantriet.audit.actions import record
from quantriet.kit.db import named_lock
from quantriet.kit.jobs import enqueue
from quantriet.kit.refusal import NotAllowed, Refusal
from quantriet.kit.spreadsheets import Gated, Look, Mapping, gate, look
from quantriet.kit.time import local
from quantriet.org import access
from quantriet.org.actions.import_members import MemberPlanner, Tell, quiet
from quantriet.org.actions.import_result import write_result
from quantriet.org.actions.import_units import PROPOSED, UnitPlanner, apply_units
from quantriet.org.actions.import_writing import PlanOutdated, apply_members
from quantriet.org.actions.people import CODE_LOCK
from quantriet.org.actions.questions import ask, unask
from quantriet.org.actions.units import TREE_LOCK
from quantriet.org.models import Account, IdentityDecision, ImportKind, ImportRun, ImportState, Unit
from quantriet.org.queries import imports as queries
from quantriet.org.rules import columns
from quantriet.org.rules.events import Change
from quantriet.org.rules.members import Status
from quantriet.org.rules.plan import PlanReader, PlanWriter
from quantriet.org.rules.secrecy import find_mark, refuse_if_marked
from quantriet.org.rules.understanding import Understanding, names_somebody, understood
from quantriet.org.vocab import Permission

PREVIEW_JOB = "quantriet.org.jobs.preview_import_job"
APPLY_JOB = "quantriet.org.jobs.apply_import_job"
RESULT_JOB = "quantriet.org.jobs.make_import_result_job"
NEEDED = {ImportKind.MEMBERS: Permission.PERSON_EDIT, ImportKind.UNITS: Permission.UNIT_EDIT}
# A job that said nothing for so long is taken for dead; the page offers to start it again.
QUIET_SECONDS = 120.0
_WRITTEN = (Status.NEW, Status.CHANGED, Status.MOVED)
_CHANGED_SINCE = "Danh sách trong hệ thống đã thay đổi sau khi xem trước nên chưa ghi gì. Đây là bản xem trước mới; hãy xem lại rồi xác nhận."
_NOT_WRITTEN = (
    "Chưa ghi gì: mỗi lần ghi đều vướng dữ liệu vừa được người khác ghi (thường là một mã đã có). Hãy xem lại bản xem trước "
    "rồi xác nhận lần nữa; nếu vẫn không được, hãy kiểm tra các mã trong tệp."
)
_BROKE = {
    ImportState.READING: "Có lỗi ngoài dự kiến khi đọc và so sánh tệp nên chưa xem trước được; chưa ghi gì. "
    "Hãy xem trước lại, hoặc bỏ lần nhập này; nếu vẫn lỗi, hãy báo người quản trị.",
    ImportState.APPLYING: "Có lỗi ngoài dự kiến khi ghi nên mọi thay đổi đã được bỏ, chưa ghi gì. "
    "Hãy xác nhận lại, hoặc bỏ lần nhập này; nếu vẫn lỗi, hãy báo người quản trị.",
}


# ------------------------------------------------------------------------------------------------------- upload, columns


def start_import(*, kind: str, unit: Unit, file_name: str, source: Path, by: Account | None, at: datetime) -> ImportRun:
    """Take a file in: check it, look at it, keep it.

    Refuses what is no list, what is marked secret (before anything is stored) and who may not write in the unit.
    Effects: the run with its file, audit "import.uploaded".
    """
    _require(by, kind, unit)
    digest = _digest(source)
    before = queries.same_file(kind, unit, digest)
    if before:
        # The same bytes were looked at before; the columns chosen then hold again.
        refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
        gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
        seen = Understanding.from_json(before.understanding)
    else:
        _, seen = first_look(kind=kind, unit=unit, file_name=file_name, source=source)
    run = ImportRun(
        kind=kind, unit=unit, account=by, file_name=file_name[:200], digest=digest, created_at=at, changed_at=at,
        understanding=seen.as_json(),
    )  # fmt: skip
    with transaction.atomic(), source.open("rb") as content:
        run.file.save(f"{run.digest[:16]}{Path(file_name).suffix.lower()[:8]}", File(content), save=False)
        try:
            run.save(force_insert=True)
            record(
                "import.uploaded", by=by, at=at, thing=run, unit=unit, after={"kind": kind, "sheets": len(seen.sheets)}
            )
        except BaseException:
            run.file.delete(save=False)
            raise
    return run


def first_look(*, kind: str, unit: Unit, file_name: str, source: Path) -> tuple[Gated, Understanding]:
    """Check a file at the door and say what was understood; nothing is stored."""
    refuse_if_marked(Path(file_name).stem.replace("_", " "), "Tên tệp")
    gated = gate(source, file_name, limit=settings.UPLOAD_LIMIT_BYTES)
    return gated, _understand(gated, kind, unit, None)


def _understand(gated: Gated, kind: str, unit: Unit, legacy: str | None) -> Understanding:
    seen = look(gated, columns.wanted(kind), legacy=legacy)
    if kind == ImportKind.MEMBERS and not any(sheet.mapping for sheet in seen.sheets):
        # Family and given name in columns of their own: the whole name is then no required column.
        seen = look(gated, columns.wanted(kind, split_name=True), legacy=legacy)
    _refuse_marked(seen)
    made = understood(seen, kind)
    made.legacy = legacy
    _place_sheets(made, unit, kind)
    return made


def _refuse_marked(seen: Look) -> None:
    for sheet in seen.sheets:
        where = f"trang “{sheet.name}”" if sheet.name else "tệp"
        refuse_if_marked(sheet.name, f"Tên {where}")
        first = sheet.mapping.header_row if sheet.mapping else None
        for row in sheet.head:
            filled = [cell for cell in row.cells if cell]
            # Above the table every cell may be a stamp; inside it only one that stands alone in its row.
            if first is None or row.number < first or len(filled) == 1:
                for cell in filled:
                    refuse_if_marked(cell, f"Dòng {row.number} của {where}")
        for said in sheet.header_texts.values():
            if find_mark(said) and len(said) < 30:
                refuse_if_marked(said, f"Tiêu đề cột của {where}")


def _place_sheets(seen: Understanding, unit: Unit, kind: str) -> None:
    """Find the unit that a sheet's name or title means, and notice a list that speaks of another unit."""
    directory = queries.directory(unit)
    elsewhere: list[str] = []
    for sheet in seen.used:
        here_any = False
        for said in (sheet.name, *sheet.titles):
            here, other = directory.spoken_of(said)
            cells = [place for place in here if place.holds_members and directory.inside(place)]
            if len(cells) == 1 and sheet.unit is None and kind == ImportKind.MEMBERS:
                sheet.unit = cells[0].pk
            # The superior's name stands above every unit's own; only a unit inside speaks for this list.
            here_any = here_any or any(directory.inside(place) for place in here)
            if other and not any(directory.inside(place) for place in here):
                elsewhere.append(said)
        if kind == ImportKind.MEMBERS and sheet.unit is None and sheet.name:
            named = [place for place in directory.named(sheet.name) if place.holds_members]
            sheet.unit = named[0].pk if len(named) == 1 else None
        if here_any:
            elsewhere = []
    seen.elsewhere = elsewhere[0][:200] if elsewhere else ""


@dataclass(frozen=True)
class SheetChoice:
    """What an officer chose for one sheet."""

    index: int
    use: bool
    header_row: int
    depth: int
    columns: dict[int, str]
    unit: Unit | None = None


def choose_columns(
    run: ImportRun, *, by: Account | None, at: datetime, choices: Sequence[SheetChoice], accept_elsewhere: bool = False
) -> ImportRun:
    """Keep what the officer chose: which sheets, where the header stands, which column is what, whose sheet it is.

    Refuses without a sheet, without a column of names, and with one meaning given to two columns.
    """
    _require_run(run, by, ImportState.MAPPING, ImportState.READY)
    seen = Understanding.from_json(run.understanding)
    directory = queries.directory(run.unit)
    by_index = {choice.index: choice for choice in choices}
    for sheet in seen.sheets:
        choice = by_index.get(sheet.index)
        if choice is None:
            continue
        sheet.use = choice.use
        if not choice.use:
            continue
        where = f"trang “{sheet.name}”" if sheet.name else "bảng"
        keys = list(choice.columns.values())
        doubled = sorted({columns.label_of(run.kind, key) for key in keys if keys.count(key) > 1})
        if doubled:
            raise Refusal(
                "import.column_twice", f"Ở {where}, cột “{doubled[0]}” được chọn hai lần; mỗi ý nghĩa chỉ một cột."
            )
        if not names_somebody(set(keys), run.kind):
            needed = "Tên đơn vị" if run.kind == ImportKind.UNITS else "Họ và tên"
            raise Refusal(
                "import.no_name_column", f"Ở {where} chưa chọn cột “{needed}”; không có cột đó thì không nhập được."
            )
        sheet.mapping = Mapping(sheet.index, choice.header_row, choice.depth, choice.columns).as_json()
        sheet.unit = choice.unit.pk if choice.unit else None
        if choice.unit and not directory.inside(queries.place_of(choice.unit)):
            raise Refusal("import.unit_outside", f"{choice.unit.name} không thuộc {run.unit.name}.")
    if not seen.used:
        raise Refusal("import.no_sheet", "Chưa chọn trang tính nào để nhập.")
    seen.accepted_elsewhere = seen.accepted_elsewhere or accept_elsewhere
    with transaction.atomic():
        _move(run, ImportState.MAPPING, at, understanding=seen.as_json(), frm=(ImportState.MAPPING, ImportState.READY))
    return run


def choose_encoding(run: ImportRun, *, by: Account | None, at: datetime, convert: bool) -> ImportRun:
    """Read text of old fonts (TCVN3, VNI) as offered, or leave it as it stands; the file is looked at again."""
    _require_run(run, by, ImportState.MAPPING)
    seen = Understanding.from_json(run.understanding)
    if not seen.encoding:
        return run
    legacy = str(seen.encoding["choice"]) if convert else "none"
    again = _understand(_gated(run), run.kind, run.unit, legacy)
    again.encoding = {**seen.encoding, "applied": convert}
    with transaction.atomic():
        _move(run, ImportState.MAPPING, at, understanding=again.as_json(), frm=(ImportState.MAPPING,))
    return run


def start_preview(run: ImportRun, *, by: Account | None, at: datetime, accept_elsewhere: bool = False) -> ImportRun:
    """Let the file be read and compared in the background.

    Refuses while the columns do not suffice, while old fonts wait for a word, and while another unit's list is not accepted.
    """
    _require_run(run, by, ImportState.MAPPING, ImportState.READY)
    seen = Understanding.from_json(run.understanding)
    if not seen.used:
        raise Refusal(
            "import.no_sheet", "Chưa nhận ra bảng nào trong tệp; hãy chọn trang tính, dòng tiêu đề và các cột."
        )
    if seen.asks_encoding:
        raise Refusal("import.encoding", "Hãy chọn cách đọc chữ của tệp trước khi xem trước.")
    for sheet in seen.used:
        mapping = sheet.columns()
        if mapping is None or not names_somebody(set(mapping.columns.values()), run.kind):
            raise Refusal("import.no_name_column", "Chưa chọn cột họ và tên (tên đơn vị); hãy ghép lại các cột.")
    if seen.elsewhere and not (seen.accepted_elsewhere or accept_elsewhere):
        raise Refusal(
            "import.elsewhere",
            f"Tiêu đề của tệp ghi “{seen.elsewhere}”, không phải {run.unit.name}. Hãy kiểm tra lại tệp hoặc đơn vị nhập; "
            "nếu vẫn đúng thì đánh dấu xác nhận rồi xem trước.",
        )
    seen.accepted_elsewhere = seen.accepted_elsewhere or accept_elsewhere
    with transaction.atomic():
        _move(
            run, ImportState.READING, at, frm=(ImportState.MAPPING, ImportState.READY), understanding=seen.as_json(), notice="",
        )  # fmt: skip
        _tell_file(run.pk)(0, 0, "Đang chờ đến lượt")
        enqueue(PREVIEW_JOB, run.pk)
    return run


def resume_import(run: ImportRun, *, by: Account | None, at: datetime) -> ImportRun:
    """Start the job of a run again after its worker died; harmless when it is alive."""
    _require(by, run.kind, run.unit)
    with transaction.atomic():
        if run.state == ImportState.READING:
            enqueue(PREVIEW_JOB, run.pk)
        elif run.state == ImportState.APPLYING:
            enqueue(APPLY_JOB, run.pk)
        else:
            return run
        ImportRun.objects.filter(pk=run.pk).update(changed_at=at)
        _tell_file(run.pk)(0, 0, "Đang chờ đến lượt")
    return run


def may_cancel(run: ImportRun) -> bool:
    """Whether no worker is writing the run at this moment."""
    return run.state != ImportState.APPLYING or not queries.is_worked_on(run, APPLY_JOB, quiet_after=QUIET_SECONDS)


def cancel_import(run: ImportRun, *, by: Account | None, at: datetime) -> ImportRun:
    """Give a run up and throw its file away; nothing of it was written.

    Refuses while a job is writing it. A job that died, or one that has not begun, finds the run gone. Questions that no
    other import asks go with it.
    """
    frm = (ImportState.MAPPING, ImportState.READING, ImportState.READY, ImportState.APPLYING)
    _require_run(run, by, *frm)
    if not may_cancel(run):
        raise Refusal("import.writing", "Danh sách đang được ghi nên không bỏ được nữa; hãy đợi kết quả.")
    with transaction.atomic():
        _move(run, ImportState.CANCELLED, at, frm=frm)
        unask(run, list(run.questions.values_list("pk", flat=True)))
        record("import.cancelled", by=by, at=at, thing=run, unit=run.unit)
        transaction.on_commit(lambda: _forget_files(run))
    return run


# --------------------------------------------------------------------------------------------------------------- preview


def preview_import(run_id: int, *, at: datetime) -> None:
    """Read the file, compare it with what is stored and leave the plan for the officer. May run twice.

    A file that turns out marked secret is thrown away; a table that cannot be read goes back to the choice of columns.
    """
    run = ImportRun.objects.select_related("unit__kind", "account").filter(pk=run_id).first()
    if run is None or run.state != ImportState.READING:
        return
    try:
        _make_plan(run, at)
    except Refusal as refusal:
        _refused(run, refusal, at)
    except OperationalError:
        raise  # the database was busy or away: the job is tried again
    except Exception:
        with transaction.atomic():
            _move(
                run, ImportState.MAPPING, at, frm=(ImportState.READING,), notice=_BROKE[ImportState.READING], must=False
            )
        raise


def _refused(run: ImportRun, refusal: Refusal, at: datetime) -> None:
    with transaction.atomic():
        if refusal.code.startswith("sheet."):
            _move(run, ImportState.MAPPING, at, frm=(ImportState.READING,), notice=refusal.sentence)
        else:
            _move(
                run, ImportState.REFUSED, at, frm=(ImportState.READING, ImportState.APPLYING), refusal=refusal.sentence
            )
            if refusal.code == "secret.marked":
                # Neither the file nor anything read from it stays.
                ImportRun.objects.filter(pk=run.pk).update(understanding={}, file_name="", counts={})
            transaction.on_commit(lambda: _forget_files(run))


class _Repeated:
    """The plan of a file that was written already, while nothing has changed since: every row written then is the same now."""

    def __init__(self, before: ImportRun, seen: Understanding) -> None:
        self._before = before
        self.total, self.missing = int(before.counts["rows"]), int(before.counts["missing"])
        self.mostly_elsewhere = str(before.counts["elsewhere"])
        self.left_out, self.left_out_count = seen.left_out, seen.left_out_count
        self.questions: list[IdentityDecision] = []
        self.highest_code = 0

    def make(self) -> PlanWriter:
        """Write the plan anew from the one kept."""
        writer = PlanWriter()
        with queries.open_plan(self._before) as plan:
            for _, line in plan.in_file_order([*_WRITTEN, Status.SAME]):
                writer.add(Status.SAME, {key: line[key] for key in ("n", "h", "c", "name", "t") if key in line})
            for section in (Status.WRONG, "missing"):
                for line in plan.lines(section):
                    writer.add(section, line)
        return writer


def _written_already(run: ImportRun, seen: Understanding, at: datetime) -> ImportRun | None:
    """The earlier import of this very file, if all that decided about its rows is as it was."""
    before = queries.same_file(run.kind, run.unit, run.digest)
    if before is None or before.counts.get("doubtful") or "stamp_after" not in before.counts:
        return None
    then = Understanding.from_json(before.understanding)
    if (then.used, then.legacy) != (seen.used, seen.legacy) or before.applied_at is None:
        return None
    permission = NEEDED[ImportKind(run.kind)]
    paths = [access.paths_with(one, permission) if one else None for one in (run.account, before.account)]
    # Exemptions and posts end with a day, so another day asks again.
    same_day = local(before.applied_at).date() == local(at).date()
    if paths[0] != paths[1] or not same_day or queries.touched_since(before.counts["stamp_after"], paths[0]):
        return None
    return before


def _planner(run: ImportRun, at: datetime, tell: Tell) -> MemberPlanner | UnitPlanner | _Repeated:
    seen = Understanding.from_json(run.understanding)
    before = _written_already(run, seen, at)
    if before:
        return _Repeated(before, seen)
    made = MemberPlanner if run.kind == ImportKind.MEMBERS else UnitPlanner
    return made(gated=_gated(run), seen=seen, root=run.unit, account=run.account, day=local(at).date(), tell=tell)


def _make_plan(run: ImportRun, at: datetime) -> None:
    """Compare and keep the plan; the run moves in the last statement.

    From READING to READY. A confirmed run (APPLYING) stays so and is tried once more while the plan comes out the same; else
    it goes back to the officer with a word why. It is never seen in between: who is told that a list will be written
    finds it written or finds that word.
    """
    if run.account:
        _require(run.account, run.kind, run.unit)
    stamp = queries.stamp()
    planner = _planner(run, at, _tell_file(run.pk))
    writer = planner.make()
    old = run.plan.name
    try:
        with tempfile.TemporaryFile() as file:
            digest = writer.write(
                file, {"rows": planner.total, "elsewhere": planner.mostly_elsewhere, "made": planner.highest_code}
            )
            file.seek(0)
            run.plan.save(f"{run.digest[:16]}.plan", File(file), save=False)
    finally:
        writer.close()
    counts: dict[str, Any] = {status.value: writer.counts.get(status.value, 0) for status in Status}
    counts |= {"missing": planner.missing, "rows": planner.total, "elsewhere": planner.mostly_elsewhere}
    counts["proposed"] = writer.counts.get(PROPOSED, 0)
    seen = Understanding.from_json(run.understanding)
    seen.left_out, seen.left_out_count = planner.left_out, planner.left_out_count
    state, to, notice = ImportState(run.state), ImportState.READY, ""
    if state == ImportState.APPLYING:
        if digest != run.plan_digest:
            notice = _CHANGED_SINCE
        elif run.counts.get("again"):
            notice = _NOT_WRITTEN
        else:
            to, counts["again"] = ImportState.APPLYING, 1
    with transaction.atomic():
        kept = _move(
            run, to, at, frm=(state,), plan=run.plan.name, plan_digest=digest, stamp=stamp, counts=counts,
            understanding=seen.as_json(), notice=notice, must=False,
        )  # fmt: skip
        if kept:
            ask(run, planner.questions, at)
            if to == ImportState.APPLYING:
                enqueue(APPLY_JOB, run.pk)
    gone = old if kept else run.plan.name
    if gone:
        run.plan.storage.delete(gone)


# ----------------------------------------------------------------------------------------------------------------- write


def confirm_import(
    run: ImportRun, *, by: Account | None, at: datetime, plan_digest: str, accept_elsewhere: bool = False
) -> ImportRun:
    """Say yes to the preview as shown (`plan_digest`); a job writes it, all or nothing.

    Refuses when there is nothing to write, when the preview is another one than the officer saw, when decisions were made
    since, when the uploader's units reach further than those of whoever confirms, and when most rows belong elsewhere
    without a word to that. Effects: the run with who confirmed it, audit "import.confirmed", the job.
    """
    _require_run(run, by, ImportState.READY)
    if plan_digest != run.plan_digest:
        raise Refusal("import.other_preview", "Bản xem trước vừa được tính lại; hãy xem lại rồi xác nhận.")
    if not sum(run.counts.get(status, 0) for status in _WRITTEN):
        raise Refusal("import.nothing", "Không có gì để ghi: mọi dòng đều không đổi, cần xem hoặc lỗi.")
    if run.questions.filter(decided_at__gt=run.changed_at).exists():
        raise Refusal(
            "import.decided_since", "Đã có trường hợp mới được xác định; hãy cập nhật bản xem trước rồi xác nhận."
        )
    _refuse_wider(run, by)
    if run.counts.get("elsewhere") and not accept_elsewhere:
        raise Refusal("import.elsewhere", str(run.counts["elsewhere"]), field="accept_elsewhere")
    with transaction.atomic():
        _move(run, ImportState.APPLYING, at, frm=(ImportState.READY,), notice="", confirmed_by=by)
        told = {status.value: run.counts[status] for status in _WRITTEN if run.counts.get(status)}
        record("import.confirmed", by=by, at=at, thing=run, unit=run.unit, after=told)
        _tell_file(run.pk)(0, 0, "Đang chờ đến lượt")
        enqueue(APPLY_JOB, run.pk)
    return run


def _refuse_wider(run: ImportRun, by: Account | None) -> None:
    """The preview was made with the uploader's reach; who says yes to it must reach as far."""
    if by is None or by.pk == run.account_id:
        return
    permission = NEEDED[ImportKind(run.kind)]
    mine = access.paths_with(by, permission)
    theirs = access.paths_with(run.account, permission) if run.account else [""]
    if not all(any(path.startswith(top) for top in mine) for path in theirs):
        raise Refusal(
            "import.wider",
            f"Bản xem trước này lập theo phạm vi rộng hơn, của {run.account or 'máy chủ'}; "
            "hãy để người đó xác nhận, hoặc tải tệp lên lại.",
        )


def apply_import(run_id: int, *, at: datetime) -> None:
    """Write a confirmed plan in one transaction that ends with the state DONE. May run twice, may be killed at any moment.

    When people or units were written since the preview, the file is compared again; if anything would come out
    differently, the run goes back to the officer instead.
    """
    run = ImportRun.objects.select_related("unit__kind", "account", "confirmed_by").filter(pk=run_id).first()
    if run is None or run.state != ImportState.APPLYING:
        return
    try:
        for one in {run.account, run.confirmed_by}:
            _require(one, run.kind, run.unit)
        if _write(run, at):
            return
        _make_plan(run, at)
    except NotAllowed as refused:
        _refused(run, Refusal("import.not_allowed", refused.sentence), at)
    except Refusal as refusal:
        _refused(run, refusal, at)
    except OperationalError:
        raise  # the database was busy or away: the job is tried again
    except Exception:
        with transaction.atomic():
            notice = _BROKE[ImportState.APPLYING]
            _move(run, ImportState.READY, at, frm=(ImportState.APPLYING,), notice=notice, must=False)
        raise


def _write(run: ImportRun, at: datetime) -> bool:
    """Write the plan; False when it is no longer true."""
    paths = access.paths_with(run.account, NEEDED[ImportKind(run.kind)]) if run.account else None
    try:
        # The forms wait too: a whole list is entered, moved and numbered at once.
        with named_lock(TREE_LOCK), named_lock(CODE_LOCK):
            # Claims the run: of two jobs the second waits here, then finds the state gone.
            if not ImportRun.objects.filter(pk=run.pk, state=ImportState.APPLYING).update(changed_at=at):
                return True
            if queries.touched_since(run.stamp, paths):
                return False
            first = 0
            tell = _tell_file(run.pk)
            with queries.open_plan(run) as plan:
                if run.kind == ImportKind.MEMBERS:
                    first = apply_members(
                        plan, by=run.confirmed_by, at=at, day=local(at).date(), file_name=run.file_name, tell=tell
                    )
                else:
                    apply_units(plan, by=run.confirmed_by, at=at, day=local(at).date(), tell=tell)
            told = {status.value: run.counts[status] for status in Status if run.counts.get(status)}
            record(
                "import.applied",
                by=run.confirmed_by,
                at=at,
                thing=run,
                unit=run.unit,
                after={**told, "digest": run.digest},
            )
            counts = {**run.counts, "first_made": first, "stamp_after": queries.stamp()}
            ImportRun.objects.filter(pk=run.pk).update(
                state=ImportState.DONE, applied_at=at, changed_at=at, counts=counts, notice=""
            )
            enqueue(RESULT_JOB, run.pk)
    except (IntegrityError, PlanOutdated):
        # Somebody outside what this account sees took a code or wrote about a person in the meantime.
        return False
    with contextlib.suppress(OSError):
        queries.progress_path(run.pk).unlink()
    return True


def make_import_result(run_id: int, *, at: datetime) -> None:
    """Keep the uploaded rows with what became of each as an Excel file."""
    run = ImportRun.objects.select_related("unit").filter(pk=run_id, state=ImportState.DONE).first()
    if run is None or run.result:
        return
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        write_result(run, _gated(run), Path(file.name), at=at)
        with open(file.name, "rb") as content:
            run.result.save(f"{run.digest[:16]}.xlsx", File(content), save=False)
    with transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(result=run.result.name)


def proposals(run: ImportRun) -> list[tuple[str, Change]]:
    """The events that a list made after a rearrangement speaks of, each with its sentence."""
    if run.kind != ImportKind.UNITS or run.state != ImportState.READY:
        return []
    with queries.open_plan(run) as plan:
        return [(line["words"], Change.from_json(line["change"])) for line in plan.lines(PROPOSED)]


def write_rows(run: ImportRun, target: Path, *, at: datetime, only: Sequence[str] = ()) -> None:
    """Write the uploaded rows with their statuses to `target`, now; `only` some statuses."""
    write_result(run, _gated(run), target, at=at, only=only)


# ---------------------------------------------------------------------------------------------------------------- inside


def dry_run(
    *, kind: str, unit: Unit, file_name: str, source: Path, at: datetime, convert: bool | None = None
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Say what an import would do, writing nothing at all: counts, and the rows that are wrong or doubtful."""
    gated, seen = first_look(kind=kind, unit=unit, file_name=file_name, source=source)
    if seen.encoding and seen.asks_encoding:
        if convert is None:
            raise Refusal("import.encoding", "Chữ trong tệp là phông cũ; hãy thêm --convert hoặc --no-convert.")
        seen = _understand(gated, kind, unit, str(seen.encoding["choice"]) if convert else "none")
    made = MemberPlanner if kind == ImportKind.MEMBERS else UnitPlanner
    planner = made(gated=gated, seen=seen, root=unit, account=None, day=local(at).date(), tell=quiet)
    writer = planner.make()
    counts: dict[str, Any] = {status.value: writer.counts.get(status.value, 0) for status in Status}
    counts |= {"missing": planner.missing, "rows": planner.total}
    with tempfile.TemporaryFile() as file:
        writer.write(file, {})
        writer.close()
        plan = PlanReader(file)
        told = [{"status": section, **line} for section, line in plan.in_file_order([Status.WRONG, Status.DOUBTFUL])]
    return counts, told


def _require(by: Account | None, kind: str, unit: Unit) -> None:
    if by is not None:
        access.require(by, NEEDED[ImportKind(kind)], unit)


def _require_run(run: ImportRun, by: Account | None, *states: ImportState) -> None:
    _require(by, run.kind, run.unit)
    if run.state not in states:
        raise Refusal("import.state", "Lần nhập này đã sang bước khác; hãy mở lại trang.")


def _move(
    run: ImportRun, to: ImportState, at: datetime, *, frm: Sequence[ImportState], must: bool = True, **new: Any
) -> bool:
    """The one way in which a run changes its state: only from the states named, in one statement."""
    moved = ImportRun.objects.filter(pk=run.pk, state__in=frm).update(state=to, changed_at=at, **new)
    if not moved:
        if must:
            raise Refusal("import.state", "Lần nhập này đã sang bước khác; hãy mở lại trang.")
        return False
    run.state, run.changed_at = to, at
    for name, value in new.items():
        setattr(run, name, value)
    return True


def _gated(run: ImportRun) -> Gated:
    gated = gate(Path(run.file.path), run.file_name or str(run.file.name), limit=settings.UPLOAD_LIMIT_BYTES)
    return replace(gated, path=Path(run.file.path))


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _tell_file(run_id: int) -> Tell:
    path = queries.progress_path(run_id)

    def tell(done: int, total: int, what: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({"done": done, "total": total, "what": what}))
        fresh.replace(path)

    return tell


def _forget_files(run: ImportRun) -> None:
    for kept in (run.file, run.plan, run.result):
        if kept:
            kept.storage.delete(str(kept.name))
    with contextlib.suppress(OSError):
        queries.progress_path(run.pk).unlink()
