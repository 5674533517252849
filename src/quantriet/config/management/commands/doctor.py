"""quantriet doctor: what is wrong with this installation, and how to mend it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from quantriet.attendance.models import PresenceFact
from quantriet.audit.queries import chain_state
from quantriet.kit import jobs
from quantriet.kit.oidc import is_private_line
from quantriet.kit.sealing import unseal
from quantriet.kit.time import now, show_moment
from quantriet.org.models import Account, Appointment, AuthenticatorKey, Unit
from quantriet.portal import queries as portal_queries

SAFE_SQLITE = (3, 51, 3)
SAMPLE = 200  # keys of authenticators that are tried
LEAST_FREE_BYTES = 1024**3
FOLLOWED_WITHIN = timedelta(minutes=10)  # what follows from a check-in by code


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, what was seen, how to mend it."""

    what: str
    well: bool
    seen: str
    mend: str = ""
    grave: bool = True


class Command(BaseCommand):
    help = "Kiểm tra cài đặt: nói chỗ nào chưa ổn và cách sửa."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        findings = list(examine())
        for one in findings:
            sign = "●" if one.well else ("▲" if one.grave else "◐")
            self.stdout.write(f"{sign} {one.what}: {one.seen}")
            if not one.well:
                self.stdout.write(f"    cách sửa: {one.mend}")
        bad = [one for one in findings if not one.well and one.grave]
        self.stdout.write(f"\n{len(bad)} điều phải sửa." if bad else "\nCài đặt chạy được.")
        if bad:
            sys.exit(1)


def examine() -> Iterator[Finding]:
    """Look at everything an installation needs; stops early when the database cannot be read."""
    yield Finding(
        "Python",
        sys.version_info >= (3, 11),
        sys.version.split()[0],
        "cài Python 3.11 trở lên rồi xóa .venv và chạy lại make run",
    )
    yield from _data_folder()
    yield from _database()
    if not _readable():
        return
    yield from _schema()
    yield from _accounts()
    yield from _durable()
    yield from _sign_in()
    yield from _worker()
    yield from _backups()
    yield from _log()
    yield from _check_ins()
    yield from _mail()


def _data_folder() -> Iterator[Finding]:
    folder = Path(settings.DATA_DIR)
    writable = os.access(folder, os.W_OK) if folder.exists() else os.access(folder.parent, os.W_OK)
    yield Finding("Thư mục dữ liệu", writable, str(folder), f"cho phép ghi vào {folder}, hoặc đặt biến QUANTRIET_DATA")
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    yield Finding(
        "Đĩa còn trống",
        free > LEAST_FREE_BYTES,
        f"{free // 1024**2:,} MB".replace(",", "."),
        "dọn đĩa hoặc chuyển thư mục dữ liệu",
    )


def _database() -> Iterator[Finding]:
    if connection.vendor == "sqlite":
        version = sqlite3.sqlite_version_info
        yield Finding(
            "SQLite",
            version >= SAFE_SQLITE or version[:2] in ((3, 44), (3, 50)),
            f"{sqlite3.sqlite_version}",
            "bản này có lỗi WAL đã biết; sản phẩm tránh lỗi đó bằng khóa ghi riêng, nhưng nên nâng lên 3.51.3 khi có thể",
            grave=False,
        )
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        yield Finding("Cơ sở dữ liệu", False, str(error).strip(), "kiểm tra DATABASE_URL và máy chủ PostgreSQL")
    else:
        yield Finding(
            "Cơ sở dữ liệu",
            True,
            "PostgreSQL" if connection.vendor == "postgresql" else str(connection.settings_dict["NAME"]),
        )


def _readable() -> bool:
    try:
        connection.ensure_connection()
    except DatabaseError:
        return False
    return True


def _schema() -> Iterator[Finding]:
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    yield Finding(
        "Cấu trúc bảng",
        not missing,
        "đầy đủ" if not missing else f"thiếu {len(missing)} bước",
        "chạy: quantriet migrate",
    )


def _accounts() -> Iterator[Finding]:
    tables = set(connection.introspection.table_names())
    if "org_account" not in tables:
        return
    if not Unit.objects.exists():
        yield Finding(
            "Đơn vị", False, "chưa có đơn vị nào", "chạy: quantriet createadmin (hoặc quantriet seed để xem thử)"
        )
    if not Appointment.objects.on().filter(role="administrator", account__is_active=True).exists():
        yield Finding("Quản trị", False, "chưa ai có vai trò quản trị", "chạy: quantriet createadmin")
    sealed = (
        list(AuthenticatorKey.objects.values_list("sealed", flat=True)[:SAMPLE])
        if "org_authenticatorkey" in tables
        else []
    )
    lost = sum(unseal(one) is None for one in sealed)
    if sealed:
        yield Finding(
            "Khóa bí mật",
            not lost,
            "mở được khóa của các ứng dụng mã"
            if not lost
            else f"không mở được {lost}/{len(sealed)} khóa của ứng dụng mã đã xem",
            "khóa bí mật đã đổi (thường sau khi phục hồi): chép lại tệp secret-key cũ hoặc đặt lại QUANTRIET_SECRET_KEY; không còn khóa cũ thì quản "
            "trị bỏ lớp xác minh thứ hai của từng người tại trang tài khoản và in lại phiếu kích hoạt",
        )
    demo = Account.objects.filter(is_demo=True, is_active=True).count()
    yield Finding(
        "Tài khoản mẫu",
        not (demo and settings.PRODUCTION),
        f"{demo} tài khoản",
        "không dùng dữ liệu mẫu cho việc thật: đặt QUANTRIET_DATA sang thư mục mới rồi chạy quantriet createadmin",
    )


def _sign_in() -> Iterator[Finding]:
    needed = settings.SECOND_FACTOR_REQUIRED
    yield Finding(
        "Lớp xác minh thứ hai",
        needed or not settings.PRODUCTION,
        "bắt buộc với vai trò xem nhiều đơn vị"
        if needed
        else "không bắt buộc" + ("" if settings.PRODUCTION else " (chạy thử)"),
        "bỏ biến QUANTRIET_SECOND_FACTOR=0",
        grave=False,
    )
    if settings.OIDC_ISSUER:
        whole = bool(settings.OIDC_CLIENT_ID and settings.OIDC_CLIENT_SECRET and is_private_line(settings.OIDC_ISSUER))
        yield Finding(
            "Đăng nhập tập trung",
            whole,
            settings.OIDC_ISSUER,
            "đặt đủ QUANTRIET_OIDC_CLIENT_ID, QUANTRIET_OIDC_CLIENT_SECRET; địa chỉ phải là https",
        )
    if settings.PRODUCTION and not settings.ADDRESS_HEADER:
        yield Finding(
            "Địa chỉ người dùng",
            False,
            "lấy theo kết nối tới máy chủ",
            "nếu có máy chủ đứng trước (nginx …), đặt QUANTRIET_ADDRESS_HEADER=X-Real-IP để đếm lượt thử theo đúng nơi",
            grave=False,
        )


def _worker() -> Iterator[Finding]:
    if "django_tasks_db_dbtaskresult" not in connection.introspection.table_names():
        tables = [name for name in connection.introspection.table_names() if "taskresult" in name]
        if not tables:
            return
    seen, waiting = jobs.worker_seen_at(), jobs.queue_length()
    idle = seen is None or (now() - seen).total_seconds() > 600
    text = f"lần cuối {show_moment(seen)}" if seen else "chưa chạy lần nào"
    yield Finding(
        "Việc nền",
        not (idle and waiting),
        f"{text}, {waiting} việc đang chờ",
        "chạy: quantriet serve (hoặc riêng: quantriet work)",
    )
    failed = jobs.failures()
    if failed:
        last = failed[0]
        why = "tiến trình bị ngắt mỗi lần chạy" if last.error == jobs.WORKER_LOST else last.error.rpartition(".")[2]
        yield Finding(
            "Việc nền hỏng",
            False,
            f"{len(failed)} việc đã thử {jobs.ATTEMPTS} lần không xong; gần nhất {last.path.rpartition('.')[2]} lúc "
            f"{show_moment(last.finished_at)} ({why})",
            "xem nhật ký máy chủ để tìm nguyên nhân; sửa xong chạy: quantriet work --again",
            grave=False,
        )


def _backups() -> Iterator[Finding]:
    if not Account.objects.exists():
        return
    state = portal_queries.backup_state(at=now())
    yield Finding(
        "Sao lưu",
        bool(state.last_backup and state.last_rehearsal and not state.problems),
        " ".join([state.sentence, *state.problems]),
        "chạy: quantriet backup --rehearse, hoặc xem trang Sao lưu (/desk/backups/)",
        grave=settings.PRODUCTION,
    )
    yield Finding(
        "Mã hóa bản sao lưu",
        bool(settings.BACKUP_KEY_FILE),
        "có khóa" if settings.BACKUP_KEY_FILE else "bản sao lưu không mã hóa, ai lấy được tệp là đọc được",
        "chạy: quantriet backup --make-key TỆP rồi đặt QUANTRIET_BACKUP_KEY; cất một bản khóa ở nơi khác",
        grave=False,
    )


def _log() -> Iterator[Finding]:
    """Lines of the log that wait too long for their seal, and seals that were not carried out of the database."""
    if "audit_auditseal" not in connection.introspection.table_names():
        return
    state = chain_state(at=now())
    sealed = f"đến dòng {state.seal.last_id}, dấu số {state.seal.number}" if state.seal else "chưa có dấu niêm"
    yield Finding(
        "Niêm nhật ký",
        not state.sealing_lags,
        f"{sealed}, {state.open_lines} dòng chờ niêm",
        "chạy việc nền (quantriet serve hoặc quantriet work), hoặc niêm ngay: quantriet seal-log",
        grave=False,
    )
    anchored = f"lần cuối {show_moment(state.anchor.at)}" if state.anchor else "chưa có mốc neo"
    unsent = f"; chưa gửi được thư: {state.anchor.mail_error}" if state.anchor and state.anchor.mail_error else ""
    yield Finding(
        "Mốc neo nhật ký",
        not state.anchoring_lags and not unsent,
        anchored + unsent,
        "chạy: quantriet seal-log --anchor; xem lại QUANTRIET_ANCHOR_MAIL và EMAIL_URL nếu thư không đi",
        grave=False,
    )


def _check_ins() -> Iterator[Finding]:
    """Check-ins by code that are on the disk and still without minutes, verdict and log line."""
    if "attendance_presencefact" not in connection.introspection.table_names():
        return
    oldest = PresenceFact.objects.filter(is_followed=False).order_by("pk").values_list("recorded_at", flat=True).first()
    yield Finding(
        "Tính kết quả từ mã quét",
        oldest is None or now() - oldest < FOLLOWED_WITHIN,
        "không còn lượt quét nào chờ" if oldest is None else f"lượt quét chờ lâu nhất từ {show_moment(oldest)}",
        "chạy việc nền (quantriet serve hoặc quantriet work); đang chạy mà vẫn chờ thì xem nhật ký máy chủ, lượt quét không mất",
        grave=False,
    )


def _durable() -> Iterator[Finding]:
    """What is acknowledged must be on the disk: the switches of the database that say so."""
    if connection.vendor == "sqlite":
        if connection.is_in_memory_db():  # nothing of it is meant to stay
            return
        with connection.cursor() as cursor:
            values = [cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
        yield Finding(
            "Ghi chắc xuống đĩa",
            values == [2, "wal"],
            f"synchronous={values[0]}, journal_mode={values[1]}",
            "không đổi init_command trong settings: cần synchronous=FULL và WAL",
        )
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
        )
        switches = dict(cursor.fetchall())
    off = sorted(name for name, value in switches.items() if value in ("off", "local"))
    yield Finding(
        "Ghi chắc xuống đĩa",
        not off,
        ", ".join(f"{name}={value}" for name, value in sorted(switches.items())),
        f"bật lại trong postgresql.conf: {', '.join(off)}",
    )


def _mail() -> Iterator[Finding]:
    to_files = settings.EMAIL_BACKEND.endswith("filebased.EmailBackend")
    yield Finding(
        "Thư điện tử",
        not to_files,
        "thư được ghi vào tệp, chưa gửi đi" if to_files else settings.EMAIL_BACKEND.rsplit(".", 2)[-2],
        "đặt EMAIL_URL=smtp+tls://tên:mật-khẩu@máy-chủ:587 để gửi thật",
        grave=False,
    )
