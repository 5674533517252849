# ruff: noqa: N999  the command is called "import"
"""quantriet import members FILE [--unit CODE] [--dry-run] [--format json] [--yes]; quantriet import units FILE …"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.org.actions import imports
from quantriet.org.models import ImportKind, ImportRun, ImportState, Unit
from quantriet.org.queries import imports as queries
from quantriet.org.rules import members
from quantriet.org.rules.understanding import Understanding

_COUNTED = ("new", "changed", "moved", "doubtful", "wrong", "same", "missing", "rows")


class Command(BaseCommand):
    """The command line sees the whole tree; it says what it would do and asks before it writes."""

    help = "Nhập danh sách đảng viên hoặc đơn vị từ tệp .xlsx, .xls, .ods, .csv."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "kind", choices=[kind.value for kind in ImportKind], help="members: đảng viên; units: đơn vị"
        )
        parser.add_argument("file", type=Path)
        parser.add_argument("--unit", default="", metavar="MÃ", help="mã đơn vị nhập vào (mặc định: đơn vị gốc)")
        parser.add_argument("--dry-run", action="store_true", help="chỉ xem trước, không ghi gì")
        parser.add_argument("--yes", action="store_true", help="ghi mà không hỏi lại")
        parser.add_argument("--elsewhere", action="store_true", help="vẫn nhập dù tiêu đề tệp ghi tên đơn vị khác")
        parser.add_argument("--convert", action="store_true", help="chuyển phông cũ (TCVN3, VNI) sang Unicode")
        parser.add_argument("--no-convert", action="store_true", help="giữ nguyên chữ của phông cũ")
        parser.add_argument("--result", type=Path, help="ghi tệp kết quả (.xlsx)")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["file"].is_file():
            raise CommandError(f"Không có tệp {options['file']}.")
        try:
            self._handle(options)
        except Refusal as refusal:
            if options["format"] == "json":
                self.stdout.write(
                    json.dumps({"refused": refusal.code, "sentence": refusal.sentence}, ensure_ascii=False)
                )
            raise CommandError(refusal.sentence) from refusal

    def _handle(self, options: dict[str, Any]) -> None:
        kind, path, unit = options["kind"], options["file"], self._unit(options["unit"])
        if options["dry_run"]:
            counts, rows = imports.dry_run(
                kind=kind, unit=unit, file_name=path.name, source=path, at=now(), convert=self._convert(options)
            )
            self._tell(options, kind, counts, rows, "dry-run")
            return
        run = imports.start_import(kind=kind, unit=unit, file_name=path.name, source=path, by=None, at=now())
        try:
            done = self._run(run, options)
        except BaseException:
            self._give_up(run)
            raise
        if not done:
            self._give_up(run)

    def _run(self, run: ImportRun, options: dict[str, Any]) -> bool:
        convert = self._convert(options)
        if Understanding.from_json(run.understanding).asks_encoding:
            if convert is None:
                raise Refusal("import.encoding", "Chữ trong tệp là phông cũ; hãy thêm --convert hoặc --no-convert.")
            imports.choose_encoding(run, by=None, at=now(), convert=convert)
        imports.start_preview(run, by=None, at=now(), accept_elsewhere=options["elsewhere"])
        imports.preview_import(run.pk, at=now())
        run = ImportRun.objects.select_related("unit__kind").get(pk=run.pk)
        if run.state != ImportState.READY:
            raise Refusal("import.refused", run.refusal or run.notice)
        rows = []
        with queries.open_plan(run) as plan:
            for section, line in plan.in_file_order(["wrong", "doubtful"]):
                rows.append({"status": section, **line})
        writes = sum(run.counts[status] for status in ("new", "changed", "moved"))
        if not writes:
            self._tell(options, run.kind, run.counts, rows, "nothing")
            return False
        if not options["yes"]:
            self._tell({**options, "format": "text"}, run.kind, run.counts, rows, "preview")
            if not sys.stdin.isatty() or input("Ghi vào danh sách? [c/K] ").strip().lower() not in (
                "c",
                "co",
                "có",
                "y",
            ):
                self.stderr.write("Chưa ghi gì. Thêm --yes để ghi mà không hỏi.")
                return False
        imports.confirm_import(
            run, by=None, at=now(), plan_digest=run.plan_digest, accept_elsewhere=options["elsewhere"]
        )
        imports.apply_import(run.pk, at=now())
        run = ImportRun.objects.select_related("unit__kind").get(pk=run.pk)
        if run.state != ImportState.DONE:
            raise Refusal("import.not_done", run.refusal or run.notice)
        if options["result"]:
            imports.write_rows(run, options["result"], at=now())
        if options["yes"] or options["format"] == "json":
            self._tell(options, run.kind, run.counts, rows, "done")
        else:
            self.stdout.write(members.outcome(run.kind, run.counts))
        return True

    def _give_up(self, run: ImportRun) -> None:
        run.refresh_from_db()
        if run.state in (ImportState.MAPPING, ImportState.READING, ImportState.READY):
            imports.cancel_import(run, by=None, at=now())

    def _unit(self, code: str) -> Unit:
        units = Unit.objects.select_related("kind")
        if code:
            found = units.filter(code=code).first()
            if found is None:
                raise CommandError(f"Không có đơn vị mã “{code}”.")
            return found
        roots = list(units.active().filter(parent__isnull=True)[:2])  # type: ignore[attr-defined]
        if len(roots) != 1:
            raise CommandError("Hãy cho biết đơn vị nhập vào: --unit MÃ (lập đơn vị gốc bằng createadmin).")
        return roots[0]

    def _convert(self, options: dict[str, Any]) -> bool | None:
        return True if options["convert"] else False if options["no_convert"] else None

    def _tell(
        self, options: dict[str, Any], kind: str, counts: dict[str, Any], rows: list[dict[str, Any]], outcome: str
    ) -> None:
        if options["format"] == "json":
            errors = [
                {"row": row["n"], "column": column, "sentence": sentence}
                for row in rows if row["status"] == "wrong" for column, sentence in row["e"]
            ]  # fmt: skip
            doubtful = [
                {"row": row["n"], "name": row["name"], "code": row.get("c", "")}
                for row in rows
                if row["status"] == "doubtful"
            ]
            told = {
                "outcome": outcome, **{name: counts.get(name, 0) for name in _COUNTED}, "errors": errors, "doubtful_rows": doubtful,
            }  # fmt: skip
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
            return
        self.stdout.write(members.outcome(kind, counts) if outcome == "done" else members.promise(kind, counts))
        for row in rows[:100]:
            if row["status"] == "wrong":
                for column, sentence in row["e"]:
                    self.stdout.write(f"  dòng {row['n']}, {column}: {sentence}")
            else:
                self.stdout.write(f"  dòng {row['n']}: {row['name']} – cần xác định người trùng tên")
        if len(rows) > 100:
            self.stdout.write(f"  … và {len(rows) - 100} dòng nữa")
