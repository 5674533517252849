"""The public portal: its weight, its requests per second beside a bare view, its search over two million clauses.

portal-page     a document's page for a cold phone, everything it asks for but pictures: under 100 kB
portal-rate     requests per second of portal pages against a bare Django view with one indexed read in the same server:
                at least 70% (the figure is bare / portal, at most 1 / 0.7)
portal-paint    in Chromium on a slow phone (processor slowed 4 times, slow 4G): when the largest piece of a public page stands,
                under 1.5 s, and how long scripts block, under 100 ms
portal-search   searches over 20,000 documents with 2 million clauses, on SQLite and, where DATABASE_URL names one, on
                PostgreSQL: under 100 ms at the server. QUANTRIET_PORTAL_DOCUMENTS and QUANTRIET_PORTAL_CLAUSES (of
                each document) set other sizes, to develop with.
"""

from __future__ import annotations

import datetime as dt
import http.client
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from bench.member_page import _IMPORTED, Phone, unpacked
from bench.registry import Figure, program

LIMIT_KB, LEAST_SHARE, SEARCH_LIMIT = 100, 0.7, 100.0
PAINT_LIMIT, BLOCKING_LIMIT = 1500.0, 100.0  # milliseconds
# A slow 4G line as browsers' own tools slow it down: milliseconds a request waits, bytes a second.
SLOW_4G = {"offline": False, "latency": 562.5, "downloadThroughput": 1_474_560 / 8, "uploadThroughput": 675_000 / 8}
SLOWER = 4  # times, of the processor
DOCUMENTS = int(os.environ.get("QUANTRIET_PORTAL_DOCUMENTS", "20000"))
CLAUSES = int(os.environ.get("QUANTRIET_PORTAL_CLAUSES", "100"))
SECONDS = float(os.environ.get("QUANTRIET_PORTAL_SECONDS", "8"))
LINES = 4  # connections that ask at a time
ROOT = Path(__file__).resolve().parent.parent
_FILES = re.compile(r'<link rel="(?:stylesheet|icon)" href="([^"]+)"|<script[^>]+src="([^"]+)"')


def seed_commune() -> int:
    """The demo of a commune; the key of its document with the most before the public."""
    from django.core.management import call_command

    from quantriet.library.models import PublicDocument

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with open(os.devnull, "w") as nowhere:
        call_command("seed", size="commune", stdout=nowhere)
    shown = PublicDocument.objects.filter(version__isnull=False, shows_text=True).first()
    assert shown is not None, "the demo has a published document"
    return shown.document_id


@contextmanager
def served() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "bench.bare:application", "--host", "127.0.0.1",
            "--port", str(port), "--workers", "1", "--blocking-threads", str(LINES), "--no-ws", "--log-level", "error",
        ],
        cwd=ROOT,
        env={**os.environ, "QUANTRIET_BENCH_BARE": "1", "PYTHONPATH": f"{ROOT}:{ROOT / 'src'}"},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(150):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
            except OSError:
                time.sleep(0.2)
        yield port
    finally:
        server.terminate()
        server.wait()


@program("portal-page")
def portal_page() -> Iterator[Figure]:
    pk = seed_commune()
    with served() as port:
        for name, address in (("a document", f"/documents/{pk}/"), ("the first page", "/")):
            phone = Phone(port)
            answer, body, size = phone.ask(address)
            assert answer.status == 200, f"{address} answered {answer.status}"
            assert not phone.cookies, f"a reader was given {phone.cookies}"
            waiting = [urljoin(address, one or other) for one, other in _FILES.findall(unpacked(answer, body))]
            weighed: dict[str, int] = {}
            while waiting:
                one = waiting.pop()
                if one in weighed or urlsplit(one).netloc:
                    continue
                answer, body, weight = phone.ask(one)
                assert answer.status == 200, f"{one} answered {answer.status}"
                weighed[one] = weight
                if one.endswith(".js"):
                    waiting += [urljoin(one, found) for found in _IMPORTED.findall(unpacked(answer, body))]
            yield Figure(f"{name}: the page itself", size / 1000, unit="kB")
            yield Figure(
                f"{name}: cold phone, with {len(weighed)} files, without pictures",
                (size + sum(weighed.values())) / 1000, limit=LIMIT_KB, unit="kB",
            )  # fmt: skip


_PAINTED = """() => new Promise((told) => {
  const found = {largest: 0, blocked: 0};
  new PerformanceObserver((list) => { for (const one of list.getEntries()) found.largest = one.startTime; })
    .observe({type: "largest-contentful-paint", buffered: true});
  new PerformanceObserver((list) => { for (const one of list.getEntries()) found.blocked += Math.max(0, one.duration - 50); })
    .observe({type: "longtask", buffered: true});
  setTimeout(() => told(found), 1500);
})"""


@program("portal-paint")
def portal_paint() -> Iterator[Figure]:
    from playwright.sync_api import sync_playwright  # only the development environment has it

    pk = seed_commune()
    with served() as port, sync_playwright() as playwright:
        chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for name, address in (("a document", f"/documents/{pk}/"), ("the first page", "/")):
            painted, blocked = [], []
            for _turn in range(5):
                context = browser.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
                page = context.new_page()
                tools = context.new_cdp_session(page)
                tools.send("Network.enable")
                tools.send("Network.emulateNetworkConditions", SLOW_4G)
                tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
                page.goto(f"http://127.0.0.1:{port}{address}", wait_until="load")
                seen = page.evaluate(_PAINTED)
                painted.append(seen["largest"])
                blocked.append(seen["blocked"])
                context.close()
            yield Figure(f"{name}: largest piece painted", statistics.median(painted), limit=PAINT_LIMIT, unit="ms")
            yield Figure(f"{name}: blocked by scripts", statistics.median(blocked), limit=BLOCKING_LIMIT, unit="ms")
        browser.close()


@program("portal-rate")
def portal_rate() -> Iterator[Figure]:
    pk = seed_commune()
    with served() as port:
        rates: dict[str, list[float]] = {}
        addresses = {"bare": f"/bare/{pk}/", "a document": f"/documents/{pk}/", "the first page": "/", "news": "/news/"}
        for _turn in range(3):  # by turns, so that a busy machine is unfair to all alike
            for name, address in addresses.items():
                rates.setdefault(name, []).append(_rate(port, address))
        bare = statistics.median(rates.pop("bare"))
        yield Figure("a bare view with one indexed read", bare, unit="requests/s")
        for name, measured in rates.items():
            rate = statistics.median(measured)
            yield Figure(f"{name}", rate, unit="requests/s")
            yield Figure(f"{name}: bare / portal", bare / rate, limit=1 / LEAST_SHARE, unit="×")


def _rate(port: int, address: str) -> float:
    """Answers a second over some kept connections, after a warm one."""
    done = [0] * LINES
    end = time.monotonic() + SECONDS

    def ask(place: int) -> None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Accept-Encoding": "gzip", "User-Agent": "Mozilla/5.0 (Linux; Android 8.0)"}
        while time.monotonic() < end:
            line.request("GET", address, headers=headers)
            answer = line.getresponse()
            answer.read()
            assert answer.status == 200, f"{address} answered {answer.status}"
            done[place] += 1

    start = time.monotonic()
    threads = [threading.Thread(target=ask, args=(place,)) for place in range(LINES)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sum(done) / (time.monotonic() - start)


# --- search -------------------------------------------------------------------------------------------------------------------

_SYLLABLES = (
    "đảng viên chi bộ cấp ủy nghị quyết chỉ thị kết luận học tập quán triệt thực hiện lãnh đạo kiểm tra giám sát tuyên truyền "
    "nhân dân cán bộ công chức đoàn thể mặt trận tổ quốc chương trình hành động kế hoạch mục tiêu nhiệm vụ giải pháp trách "
    "nhiệm thời gian thảo luận báo cáo viên cơ sở xã phường tỉnh trung ương văn bản hướng dẫn quy định điều khoản mục điểm "
    "nông thôn mới kinh tế xã hội văn hóa giáo dục y tế quốc phòng an ninh môi trường số hóa chuyển đổi xanh bền vững"
).split()
# Words of every document, of some, of one; whole phrases; nothing at all.
SEARCHES = (
    "dang vien",
    "đảng viên",
    "nghi quyet",
    "hoc tap thuc hien",
    "chi bo thao luan",
    "tuhiem7",
    "van ban so 77",
    "khong co tu nay zzz",
)


@program("portal-search")
def portal_search() -> Iterator[Figure]:
    from django.db import connection

    from quantriet.portal.queries import public

    _write_library(DOCUMENTS, CLAUSES)
    yield Figure(f"{connection.vendor}: documents", DOCUMENTS)
    yield Figure(f"{connection.vendor}: clauses", DOCUMENTS * CLAUSES)
    for typed in SEARCHES:
        found = public.search(typed)
        times = []
        for _round in range(9):
            start = time.perf_counter()
            public.search(typed)
            times.append((time.perf_counter() - start) * 1000)
        yield Figure(
            f"{connection.vendor}: “{typed}” ({found.total} documents)",
            statistics.median(times),
            limit=SEARCH_LIMIT,
            unit="ms",
        )


def _write_library(documents: int, clauses: int) -> None:
    """Documents before the public with their clauses, written plainly; sentences come from a pool of some thousands."""
    from django.core.management import call_command
    from django.db import connection, transaction

    from quantriet.kit import text
    from quantriet.kit.db import drop_word_index, insert_many, keep_word_index, rows_were_written
    from quantriet.kit.time import now
    from quantriet.library.models import Clause, GuidingDocument, PublicDocument
    from quantriet.org import actions as org_actions
    from quantriet.org.models import UnitKind

    call_command("migrate", verbosity=0)
    dice = random.Random(4)
    at = now()
    account = org_actions.add_account(
        by=None, at=at, username="do", display_name="do", password="mat-khau-do-tai-01", is_demo=True
    )
    unit = org_actions.add_unit(
        by=None, at=at, code="T", name="Tỉnh ủy (đo)", kind=UnitKind.objects.get(code="TINH_UY"), parent=None,
        valid_from=dt.date(2020, 1, 1),
    )  # fmt: skip
    pool = [" ".join(dice.choices(_SYLLABLES, k=dice.randint(20, 60))).capitalize() + "." for _ in range(4000)]
    words_of = [set(text.index_words(one)) for one in pool]
    drop_word_index("library_publicdocument")
    first = dt.date(2000, 1, 1)
    batch: dict[str, list[tuple[object, ...]]] = {"document": [], "clause": [], "public": []}

    def write() -> None:
        with transaction.atomic():
            insert_many(
                GuidingDocument,
                [
                    "id", "unit_id", "number", "type_code", "body_code", "reference_number", "reference_folded", "issuing_body",
                    "level", "issued_on", "subject", "subject_folded", "status", "expiry_basis", "needs_no_programme", "text",
                    "file", "file_name", "registered_at", "registered_by_id",
                ],
                batch["document"],
            )  # fmt: skip
            insert_many(
                Clause, ["document_id", "order", "depth", "number", "label", "heading", "text"], batch["clause"]
            )
            insert_many(
                PublicDocument,
                ["document_id", "issued_on", "shows_text", "since_at", "changed_at", "words"],
                batch["public"],
            )
            for rows in batch.values():
                rows.clear()

    for key in range(1, documents + 1):
        day = first + dt.timedelta(days=key % 9000)
        number, subject = f"{key}-NQ/TU", f"Nghị quyết về việc số {key} (đo)"
        batch["document"].append((
            key, unit.pk, key, "NQ", "TU", number, text.fold(number), "Tỉnh ủy (đo)", "province", day, subject, text.fold(subject),
            "in_force", "", False, "", "", "", at, account.pk,
        ))  # fmt: skip
        chosen = dice.choices(range(len(pool)), k=clauses)
        words = set(text.index_words(f"{number} {subject} van ban so {key}"))
        for order, place in enumerate(chosen, 1):
            said = pool[place] if key % 1000 or order > 1 else f"Từ hiếm tuhiem{key // 1000}."
            batch["clause"].append((key, order, 0, str(order), f"mục {order}", "", said))
            words |= words_of[place]
        if not key % 1000:
            words.add(f"tuhiem{key // 1000}")
        batch["public"].append((key, day, True, at, at, " ".join(sorted(words))))
        if not key % 500:
            write()
    write()
    keep_word_index("library_publicdocument", "words")
    for model in (GuidingDocument, Clause, PublicDocument):
        rows_were_written(model, documents)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
