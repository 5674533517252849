"""The chain over the log: sealed in blocks, anchored, and every kind of damage found by the independent verifier."""

import csv
import datetime as dt
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from quantriet.audit import actions, queries, rules
from quantriet.audit.actions import chain
from quantriet.audit.models import AuditAnchor, AuditEvent, AuditRedaction, AuditSeal
from quantriet.kit.time import now
from scripts import verify_log

SCRIPT = Path(verify_log.__file__)


class Somebody:
    pk = 7

    def __str__(self):
        return "Nguyễn Thị Hường"


@pytest.fixture
def lines(db):
    """Ninety lines written in both ways, sealed in blocks of forty."""
    chain_block, chain.BLOCK = chain.BLOCK, 40
    thing = AuditEvent.objects.create(at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Vật")
    for n in range(9):
        actions.record(
            "person.changed", by=Somebody(), at=now(), thing=thing, person_id=n, before={"phone": None, "b": 1.5, "ả": "K' Brêu"},
            after={"phone": "0905", "n": n, "tệp": ["a", {"z": True, "a": "“”\\n"}]},
        )  # fmt: skip
    actions.record_many(
        "person.added", by=None, at=now(), lines=[(thing, None, {}, {"số": n, "a": "H'Hen Niê"}) for n in range(80)]
    )
    yield chain.seal_log(at=now())
    chain.BLOCK = chain_block


def export(folder: Path) -> Path:
    """The three files as psql writes them, from either database."""
    for table, (order, columns) in verify_log.TABLES.items():
        names = [name.lstrip("@#{") for name in columns.split()]
        with connection.cursor() as cursor, (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            shown = [
                verify_log.MOMENT.format(name) if kind[0] == "@" and connection.vendor == "postgresql" else name
                if connection.vendor == "sqlite" else f"{name}::text"
                for kind, name in zip(columns.split(), names, strict=True)
            ]  # fmt: skip
            cursor.execute(f"SELECT {', '.join(shown)} FROM {table} ORDER BY {order}")
            writer = csv.writer(file)
            writer.writerow(names)
            writer.writerows(cursor.fetchall())
    return folder


def verdict(folder: Path, *anchors: Path) -> str:
    """What the verifier finds wrong; empty when all is well."""
    places = list(verify_log.read_anchors(anchors))
    return verify_log.check(str(export(folder)), places)[0]


def test_sealing_covers_every_line_once_and_again_nothing(lines, tmp_path):
    assert lines == AuditEvent.objects.count() == 90
    seals = list(AuditSeal.objects.order_by("number"))
    assert [seal.count for seal in seals] == [40, 40, 10]
    assert seals[1].previous == seals[0].digest
    assert chain.seal_log(at=now()) == 0
    assert verdict(tmp_path) == ""
    assert queries.chain_state(at=now()).open_lines == 0


@pytest.mark.parametrize(
    "column, value",
    [
        ("at", "2001-01-01 00:00:00+00:00"), ("actor_id", 8), ("actor_id", None), ("actor_label", "Ai đó"), ("verb", "y"), ("thing_kind", "y"),
        ("thing_id", "2"), ("thing_label", "Vật khác"), ("unit_id", 1), ("unit_path", "1."), ("person_id", 5),
        ("before", '{"phone": "1"}'), ("after", '{"phone": "0905"}'), ("thing_label", "(đã xóa)"),
    ],
)  # fmt: skip
def test_an_edit_of_any_column_is_found_and_its_line_named(lines, tmp_path, column, value):
    pk = AuditEvent.objects.order_by("pk").values_list("pk", flat=True)[4]
    with connection.cursor() as cursor:
        cast = "::jsonb" if column in ("before", "after") and connection.vendor == "postgresql" else ""
        if column == "at" and connection.vendor == "sqlite":
            value = value.removesuffix("+00:00")
        cursor.execute(f"UPDATE audit_auditevent SET {column} = %s{cast} WHERE id = %s", [value, pk])
    assert verdict(tmp_path).startswith(f"dòng {pk}: nội dung khác")


def _pks():
    return list(AuditEvent.objects.order_by("pk").values_list("pk", flat=True))


def test_a_deleted_line_is_named(lines, tmp_path):
    pk = _pks()[50]
    AuditEvent.objects.filter(pk=pk).delete()
    assert verdict(tmp_path).startswith(f"dòng {pk}: đã bị xóa")


def test_two_lines_swapped_are_found(lines, tmp_path):
    first, second = _pks()[3], _pks()[60]
    for old, new in ((first, 10**9), (second, first), (10**9, second)):
        AuditEvent.objects.filter(pk=old).update(id=new)
    assert verdict(tmp_path).startswith(f"dòng {first}: nội dung khác")


def test_lines_renumbered_to_hide_a_deletion_are_found(lines, tmp_path):
    pks = _pks()
    AuditEvent.objects.filter(pk=pks[20]).delete()
    for pk in pks[21:]:
        AuditEvent.objects.filter(pk=pk).update(id=pk - 1)
    assert verdict(tmp_path).startswith(f"dòng {pks[20]}: nội dung khác")


def test_a_line_pushed_in_between_is_found(lines, tmp_path):
    pks = _pks()
    for pk in reversed(pks[30:]):
        AuditEvent.objects.filter(pk=pk).update(id=pk + 1)
    AuditEvent.objects.create(pk=pks[30], at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Chèn")
    assert verdict(tmp_path).startswith(f"dòng {pks[30]}: nội dung khác")


def test_a_line_put_into_an_old_gap_is_found(lines, tmp_path):
    gap = _pks()[-1] + 5
    AuditEvent.objects.create(
        pk=gap + 5, at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Sau khoảng trống"
    )
    chain.seal_log(at=now() - dt.timedelta(hours=7))
    AuditEvent.objects.create(pk=gap + 6, at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Mới nhất")
    chain.seal_log(at=now())
    assert verdict(tmp_path) == ""
    AuditEvent.objects.create(pk=gap, at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Chèn")
    chain.seal_log(at=now())
    assert verdict(tmp_path).startswith(f"dòng {gap}: chèn thêm")


def test_a_cut_tail_is_found_by_its_seal(lines, tmp_path):
    pk = _pks()[-1]
    AuditEvent.objects.filter(pk=pk).delete()
    assert verdict(tmp_path).startswith(f"dòng {pk}: đã bị xóa")


def test_a_tail_cut_with_its_seals_is_found_by_the_anchor(lines, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    chain.anchor_log(at=now())
    cut = AuditSeal.objects.get(number=3)
    AuditEvent.objects.filter(pk__gte=cut.first_id).delete()
    cut.delete()
    assert verdict(tmp_path) == ""
    assert verdict(tmp_path, tmp_path / "anchors").startswith("cắt đuôi: mốc neo")


def test_a_log_written_anew_is_found_by_the_anchor(lines, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    chain.anchor_log(at=now())
    AuditEvent.objects.filter(pk=_pks()[0]).update(actor_label="Ai đó")
    AuditSeal.objects.all().delete()
    chain.seal_log(at=now())
    assert verdict(tmp_path) == ""
    assert "nhật ký đã bị viết lại" in verdict(tmp_path, tmp_path / "anchors")


@pytest.mark.parametrize(
    "column, value",
    [
        ("first_id", 2), ("last_id", 41), ("count", 41), ("gaps", [[1, 1]]), ("late", [[1, 1]]), ("fingerprints", "0" * 320),
        ("sealed_at", dt.datetime(2001, 1, 1, tzinfo=dt.UTC)), ("previous", "1" * 64), ("digest", "1" * 64), ("number", 9),
    ],
)  # fmt: skip
def test_an_edited_seal_is_found(lines, tmp_path, column, value):
    AuditSeal.objects.filter(number=1).update(**{column: value})
    assert verdict(tmp_path)


def test_a_missing_seal_is_found(lines, tmp_path):
    AuditSeal.objects.filter(number=2).delete()
    assert verdict(tmp_path) == "thiếu dấu niêm số 2"


def test_late_lines_are_named_by_a_later_seal(lines, tmp_path, monkeypatch):
    """What a transaction on PostgreSQL does that took its numbers early and committed late."""
    gap = _pks()[-1] + 1
    AuditEvent.objects.create(pk=gap + 3, at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Trước")
    chain.seal_log(at=now())
    for pk in (gap, gap + 2):
        AuditEvent.objects.create(pk=pk, at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Muộn")
    monkeypatch.setattr(chain, "_takes_late", lambda: True)
    assert chain.seal_log(at=now()) == 2
    assert AuditSeal.objects.get(number=5).late == [[gap, gap], [gap + 2, gap + 2]]
    assert chain.seal_log(at=now()) == 0
    assert verdict(tmp_path) == ""
    AuditEvent.objects.filter(pk=gap).update(thing_label="Sửa")
    assert verdict(tmp_path).startswith(f"dòng {gap}: nội dung khác")


def test_erased_words_leave_the_chain_whole_and_cannot_hide_an_edit(lines, tmp_path):
    thing = AuditEvent.objects.order_by("pk").first()
    erasure = actions.record(
        "person.erased", by=Somebody(), at=now(), thing=thing, person_id=4, after={"account": None}
    )
    assert chain.redact_lines(person_id=4, account_id=None, erasure=erasure) == 1
    assert chain.redact_lines(person_id=4, account_id=None, erasure=erasure) == 0
    chain.seal_log(at=now())
    assert not AuditEvent.objects.filter(person_id=4).exclude(pk=erasure.pk).exclude(thing_label=rules.ERASED).exists()
    assert verdict(tmp_path) == ""
    row = AuditRedaction.objects.get()
    AuditEvent.objects.filter(pk=row.event_id).update(after={"phone": "khác"})
    assert verdict(tmp_path).startswith(f"dòng {row.event_id}: phần bị xóa")
    AuditEvent.objects.filter(pk=row.event_id).update(after={}, verb="y")
    assert verdict(tmp_path).startswith(f"dòng {row.event_id}: nội dung khác")


def test_a_redaction_without_an_erasure_is_found(lines, tmp_path):
    line = queries.lines_of(AuditEvent.objects.order_by("pk"))[3]
    AuditRedaction.objects.create(
        event_id=line.pk, part="content", digest=rules.content_digest(line), erasure_id=_pks()[0]
    )
    AuditEvent.objects.filter(pk=line.pk).update(thing_label=rules.ERASED, before={}, after={})
    assert "làm căn cứ" in verdict(tmp_path)


def test_an_anchor_goes_into_a_file_and_by_mail(lines, tmp_path, settings):
    settings.DATA_DIR, settings.ANCHOR_MAIL = tmp_path, "kiemtra@example.vn"
    at = dt.datetime(2026, 11, 28, 3, 0, tzinfo=dt.UTC)
    chain.anchor_log(at=at)
    chain.anchor_log(at=at + dt.timedelta(hours=1))
    written = (tmp_path / "anchors/2026-11.txt").read_text().splitlines()
    seal = AuditSeal.objects.order_by("-number").first()
    assert len(written) == 2
    assert written[0] == f"2026-11-28T03:00:00.000000Z seal=3 last={seal.last_id} digest={seal.digest}"
    assert [message.to for message in mail.outbox] == [["kiemtra@example.vn"]] * 2
    assert seal.digest in mail.outbox[0].body


def test_a_mail_that_does_not_leave_is_noted(lines, tmp_path, settings):
    settings.DATA_DIR, settings.ANCHOR_MAIL = tmp_path, "kiemtra@example.vn"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    anchor = chain.anchor_log(at=now())
    assert (anchor.mailed_to, bool(anchor.mail_error)) == ("", True)
    assert AuditAnchor.objects.count() == 1


def test_sealing_and_anchoring_that_lag_are_told(lines):
    state = queries.chain_state(at=now())
    assert not state.sealing_lags
    assert not state.anchoring_lags
    AuditEvent.objects.create(at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Vật")
    later = queries.chain_state(at=now() + dt.timedelta(hours=4))
    assert later.sealing_lags
    assert later.anchoring_lags
    assert later.open_lines == 1


def test_the_command_seals_at_once(db, capsys, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    AuditEvent.objects.create(at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Vật")
    call_command("seal-log", "--anchor")
    assert "niêm thêm 1 dòng" in capsys.readouterr().out
    assert AuditAnchor.objects.count() == 1


def test_the_verifier_uses_nothing_of_the_product_and_reads_a_database_file(tmp_path):
    assert "quantriet." not in SCRIPT.read_text().replace("quantriet.sqlite3", "")
    base = sqlite3.connect(tmp_path / "q.sqlite3")
    for table, (_order, columns) in verify_log.TABLES.items():
        base.execute(f"create table {table} ({', '.join(name.lstrip('@#{') for name in columns.split())})")
    at = dt.datetime(2026, 3, 9, 1, 2, 3, tzinfo=dt.UTC)
    line = rules.Line(
        1, at, None, "Hệ thống", "x.y", "org.person", "1", "H'Hen Niê", None, "", 1, {}, {"b": 1.5, "a": "ế"}
    )
    seal = rules.make_seal(1, rules.NO_SEAL, 1, [(1, rules.line_digest(line))], at, last_id=1)
    stored = "2026-03-09 01:02:03"
    base.execute(
        "insert into audit_auditevent values (?,?,?,?,?,?,?,?,?,?,?,?,?)",
        [1, stored, *line[2:11], json.dumps(line.before), '{"a": "ế", "b": 1.5}'],
    )
    base.execute(
        "insert into audit_auditseal values (1,1,1,1,'[]','[]',?,?,?,?)",
        [seal.fingerprints, stored, seal.previous, seal.digest],
    )
    base.commit()
    run = [sys.executable, "-I", str(SCRIPT), str(tmp_path / "q.sqlite3")]
    good = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (good.returncode, good.stdout[:3]) == (0, "OK:"), good.stdout + good.stderr
    base.execute("update audit_auditevent set verb = 'z'")
    base.commit()
    bad = subprocess.run(run, capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert bad.stdout.startswith("SAI: dòng 1: nội dung khác")
    assert subprocess.run([*run[:-1], "/khong/co"], capture_output=True, check=False).returncode == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=5), inside, max_size=3),
    max_leaves=6,
)  # fmt: skip
LINES = st.lists(
    st.tuples(
        st.integers(1, 3), st.text(max_size=6), st.dictionaries(st.text(max_size=4), JSON, max_size=3), st.booleans()
    ),
    min_size=1,
    max_size=12,
)


class Stored:
    """A log in memory, as the verifier's `rows_of` gives it."""

    def __init__(self, written, block):
        at = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)
        self.lines, number = [], 0
        for step, label, after, has_person in written:
            number += step
            self.lines.append(
                rules.Line(
                    number, at + dt.timedelta(microseconds=number), None, label, "a.b", "k", "1", label, None, "",
                    number if has_person else None, {}, after,
                )
            )  # fmt: skip
        self.seals, previous, last = [], rules.NO_SEAL, 0
        for start in range(0, len(self.lines), block):
            part = [(line.pk, rules.line_digest(line)) for line in self.lines[start : start + block]]
            seal = rules.make_seal(len(self.seals) + 1, previous, last + 1, part, at, last_id=part[-1][0])
            self.seals.append(seal)
            previous, last = seal.digest, seal.last_id

    def rows(self, source, table):
        if table == "audit_auditevent":
            names = ["id", *rules.Line._fields[1:]]
            yield from (
                dict(zip(names, line, strict=True)) | {"at": rules.moment(line.at), "after": json.loads(json.dumps(line.after))}
                for line in self.lines
            )  # fmt: skip
        elif table == "audit_auditseal":
            for seal in self.seals:
                yield {**seal.__dict__, "sealed_at": rules.moment(seal.sealed_at)}


@given(written=LINES, block=st.integers(1, 5), data=st.data())
def test_any_log_is_well_and_any_one_damage_is_found(written, block, data):
    with pytest.MonkeyPatch.context() as patch:
        log = Stored(written, block)
        patch.setattr(verify_log, "rows_of", log.rows)
        newest = log.seals[-1]
        anchors = [(newest.number, newest.digest, "neo")]
        assert verify_log.check("x.sqlite3", anchors)[0] == ""
        place = data.draw(st.integers(0, len(log.lines) - 1))
        line = log.lines[place]
        damage = data.draw(st.sampled_from(["edit", "delete", "swap", "cut", "reseal"]))
        if damage == "edit":
            column = data.draw(st.sampled_from(["actor_label", "verb", "thing_id", "unit_path", "thing_label"]))
            log.lines[place] = line._replace(**{column: getattr(line, column) + "x"})
        elif damage == "delete":
            del log.lines[place]
        elif damage == "swap":
            log.lines[place] = line._replace(thing_kind="khác", pk=line.pk)
        elif damage == "cut":
            seal = data.draw(st.integers(1, len(log.seals)))
            log.lines = [one for one in log.lines if one.pk < log.seals[seal - 1].first_id]
            del log.seals[seal - 1 :]
        else:
            seal = log.seals[data.draw(st.integers(0, len(log.seals) - 1))]
            log.seals[seal.number - 1] = type(seal)(**{**seal.__dict__, "count": seal.count + 1})
        assert verify_log.check("x.sqlite3", anchors)[0]


def test_a_worker_that_was_slower_seals_nothing_twice(lines, monkeypatch):
    stale = queries.newest_seal()
    AuditEvent.objects.create(at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Vật")
    chain.seal_log(at=now())
    asked = iter([stale])
    real = queries.newest_seal
    monkeypatch.setattr(queries, "newest_seal", lambda: next(asked, None) or real())
    assert chain.seal_log(at=now()) == 0
    assert AuditSeal.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_a_transaction_that_commits_late_is_sealed_by_name(tmp_path):
    """Two writers on PostgreSQL: the lower number shows itself after the higher one is under seal."""
    if connection.vendor != "postgresql":
        pytest.skip("one writer at a time")
    from threading import Event, Thread

    from django.db import transaction

    written, go_on = Event(), Event()
    late: list[int] = []

    def slow():
        try:
            with transaction.atomic():
                late.append(
                    AuditEvent.objects.create(at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Chậm").pk
                )
                written.set()
                go_on.wait(30)
        finally:
            connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert written.wait(30)
    AuditEvent.objects.create(at=now(), verb="x", thing_kind="x", thing_id="1", thing_label="Nhanh")
    assert chain.seal_log(at=now()) == 1
    go_on.set()
    thread.join(30)
    assert chain.seal_log(at=now()) == 1
    newest = AuditSeal.objects.order_by("-number").first()
    assert newest.late == [[late[0], late[0]]]
    assert verdict(tmp_path) == ""
