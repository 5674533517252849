"""Exports of Zoom, Teams and Meet in their shapes, languages, encodings, date orders and clocks."""

import codecs
import datetime as dt
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantriet.attendance.rules.meeting_logs import reading
from quantriet.attendance.rules.meeting_logs.moments import Order, likely_orders, read_length, read_stamp, zone_named
from quantriet.attendance.rules.meeting_logs.reading import Program, Shape
from quantriet.attendance.tests import meeting_log_texts as texts
from quantriet.kit import spreadsheets
from quantriet.kit.intervals import seconds
from quantriet.kit.refusal import Refusal

DAY = dt.date(2026, 11, 28)
HANOI = 7 * 60


def rows_of(text: str, delimiter: str = "") -> list[tuple[int, list[str]]]:
    import csv

    sign = delimiter or ("\t" if "\t" in text else ";" if text.count(";") > text.count(",") else ",")
    return list(enumerate(csv.reader(io.StringIO(text), delimiter=sign), start=1))


def read(text: str, **given):
    log = reading.read_log(rows_of(text), days=[DAY])
    order = log.orders[0]
    people, wrong = reading.connected(log, order=order, offset=given.get("offset", HANOI), day=DAY)
    return log, {one.name: one for one in people}, wrong


def minutes(one) -> int:
    return seconds(one.intervals) // 60


def clock(hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2026, 11, 28, hour - 7, minute, tzinfo=dt.UTC)


def test_zoom_participants_with_two_devices_and_the_waiting_room():
    log, people, wrong = read(texts.ZOOM)
    assert (log.program, log.shape, log.waiting, wrong) == (Program.ZOOM, Shape.TIMES, 1, [])
    # Two devices from 7:30 to 9:00 and from 8:50 to 11:05 are 215 minutes, not 225.
    assert minutes(people["CB thôn 1 - Nguyễn Văn Năm"]) == 215
    assert people["CB thôn 1 - Nguyễn Văn Năm"].intervals == ((clock(7, 30), clock(11, 5)),)


@pytest.mark.parametrize(
    ("text", "program", "name", "spans"),
    [
        (texts.ZOOM_VIETNAMESE, Program.ZOOM, "Nguyễn Văn Năm", [(clock(7, 30), clock(11))]),
        (texts.ZOOM_WEBINAR, Program.ZOOM, "Nguyễn Văn Năm", [(clock(7, 30), clock(10))]),
        (texts.ZOOM_WEBINAR, Program.ZOOM, "Trần Thị Hoa", [(clock(7, 30), clock(11))]),
        (texts.TEAMS, Program.TEAMS, "Nguyễn Văn Năm", [(clock(7, 30), clock(9)), (clock(10), clock(11))]),
        (texts.TEAMS_VIETNAMESE, Program.TEAMS, "Nguyễn Văn Năm", [(clock(7, 30), clock(11))]),
        (texts.TEAMS_OLD, Program.TEAMS, "Nguyễn Văn Năm", [(clock(7, 30), clock(9)), (clock(9, 10), clock(11))]),
        (texts.MEET, Program.MEET, "Nguyễn Văn Năm", [(clock(7, 30), clock(11))]),
        (texts.MEET_VIETNAMESE, Program.MEET, "Nguyễn Văn Năm", [(clock(7, 30), clock(11))]),
        (texts.MEET_EVENTS, Program.MEET, "Nguyễn Văn Năm", [(clock(7, 30), clock(9)), (clock(9, 10), clock(11))]),
    ],
)
def test_each_shape_gives_the_same_times(text, program, name, spans):
    log, people, wrong = read(text)
    assert (log.program, wrong, log.unread) == (program, [], [])
    assert list(people[name].intervals) == spans


def test_who_registered_and_did_not_come_is_nobody():
    assert "Lê Văn Vắng" not in read(texts.ZOOM_WEBINAR)[1]


def test_a_name_that_joined_and_never_left_is_open():
    _, people, _ = read(texts.TEAMS_OLD)
    assert people["Trần Thị Hoa"].open_since == (clock(7, 31),)


def test_a_hole_at_moments_nobody_knows_is_no_presence():
    _, people, _ = read(texts.MEET)
    hoa = people["Trần Thị Hoa"]
    assert (hoa.intervals, hoa.hole) == ((), 140 * 60)


@pytest.mark.parametrize(
    ("text", "names"),
    [(texts.ZOOM_UNIQUE, "Show unique users"), (texts.MEET_TOTALS, "Google Meet"),
     (texts.TEAMS.split("3. In-Meeting")[0].replace("3h 20m", "2h"), "3. In-Meeting Activities")],
)  # fmt: skip
def test_totals_are_refused_with_the_export_to_choose(text, names):
    with pytest.raises(Refusal) as refusal:
        reading.read_log(rows_of(text), days=[DAY])
    assert refusal.value.code == "log.totals_only"
    assert names in refusal.value.sentence


def test_what_is_no_log_is_refused():
    with pytest.raises(Refusal) as refusal:
        reading.read_log(rows_of("STT,Họ và tên,Ngày sinh\n1,Nguyễn Văn Năm,01/02/1970\n"), days=[DAY])
    assert refusal.value.code == "log.not_a_log"


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("11/28/2026 07:30:12 AM", clock(7, 30)), ("28/11/2026 7:30:12 SA", clock(7, 30)), ("28/11/2026 1:05:00 CH", clock(13, 5)),
        ("28 thg 11, 2026, 13:05", clock(13, 5)), ("Nov 28, 2026, 1:05 PM", clock(13, 5)), ("28.11.2026 13:05", clock(13, 5)),
        ("2026年11月28日 下午1:05", clock(13, 5)), ("2026-11-28T06:05:00Z", clock(13, 5)), ("2026-11-28 13:05:00 +0700", clock(13, 5)),
        ("13:05:00 28/11/2026", clock(13, 5)), ("28-11-2026 13h05", clock(13, 5)), ("11/28/26, 1:05:00\u202fPM", clock(13, 5)),
    ],
)  # fmt: skip
def test_moments_of_many_clocks(said, moment):
    stamp = read_stamp(said)
    order = likely_orders([stamp], [DAY])[0]
    assert stamp.moment(order, HANOI).replace(second=0) == moment


@pytest.mark.parametrize("said", ["", "-", "--", "N/A", "Nguyễn Văn Năm", "28/11/2026", "99:99 28/11/2026"])
def test_what_is_no_moment(said):
    assert read_stamp(said) is None


def test_the_order_of_dates_is_decided_by_evidence_or_left_open():
    def orders(*said, days=(DAY,)):
        return likely_orders([read_stamp(one) for one in said], days)

    assert orders("11/28/2026 7:30") == [Order.MONTH_FIRST]
    assert orders("28/11/2026 7:30") == [Order.DAY_FIRST]
    assert orders("28/11/2026 7:30", "11/28/2026 7:30") == []
    assert orders("11/11/2026 7:30", days=()) == [Order.DAY_FIRST]
    # Both can be read: the day of the class decides, else somebody is asked.
    assert orders("03/12/2026 7:30", days=[dt.date(2026, 12, 3)]) == [Order.DAY_FIRST]
    assert orders("03/12/2026 7:30", days=[dt.date(2026, 3, 12)]) == [Order.MONTH_FIRST]
    assert len(orders("03/12/2026 7:30", days=[])) == 2
    # Over midnight only one reading keeps the days together.
    assert orders("03/12/2026 23:30", "04/12/2026 0:30", days=[]) == [Order.DAY_FIRST]


def test_lengths_and_zones():
    assert [read_length(one) for one in ("211", "1h 29m 48s", "01:29:48", "1 giờ 29 phút", "3 hr 20 min", "x")] == [
        12660, 5388, 5388, 5340, 12000, None,
    ]  # fmt: skip
    assert [zone_named(one) for one in ("Join Time (UTC)", "(GMT+07:00) Bangkok", "Join Time", "UTC-05:30")] == [
        0,
        420,
        None,
        -330,
    ]


@given(st.text(max_size=60))
def test_no_text_breaks_the_reading_of_moments(said):
    stamp = read_stamp(said)
    if stamp is not None:
        for order in Order:
            stamp.moment(order, HANOI, DAY)
    read_length(said)


_HOSTILE = st.text(alphabet=st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "=cmd|'/c calc'!A1",
        "+1+1",
        "@SUM(1)",
        "-2+3",
        "\x00\x07",
        "<script>alert(1)</script>",
        "'; DROP TABLE x;--",
        "\u202eabc",
        "A" * 300,
    ]
)


@settings(max_examples=60)
@given(st.lists(st.lists(_HOSTILE, min_size=8, max_size=8), max_size=6))
def test_hostile_cells_in_every_column_give_a_log_or_a_refusal(rows):
    table = [*rows_of(texts.ZOOM)[:5], *enumerate(rows, start=6)]
    try:
        log = reading.read_log(table, days=[DAY])
    except Refusal as refusal:
        assert refusal.sentence
        return
    for order in log.orders:
        people, _ = reading.connected(log, order=order, offset=HANOI, day=DAY)
        assert all(len(one.name) <= 160 and "\x00" not in one.name for one in people)


# --- files ------------------------------------------------------------------------------------------------------


def cells_of(tmp_path: Path, data: bytes, name: str = "log.csv", legacy: str | None = None):
    path = tmp_path / name
    path.write_bytes(data)
    return spreadsheets.read_cells(spreadsheets.gate(path, name), legacy=legacy, most_rows=1000)


ENCODINGS = {
    "utf-8": lambda text: text.encode(),
    "utf-8 with its mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "utf-16 little": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "utf-16 big": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "utf-16 without a mark": lambda text: text.encode("utf-16-le"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "text", [texts.ZOOM, texts.TEAMS, texts.TEAMS_OLD, texts.MEET_VIETNAMESE, texts.ZOOM_VIETNAMESE]
)
def test_every_encoding_reads_alike(tmp_path, encoding, text):
    found = cells_of(tmp_path, ENCODINGS[encoding](text))
    assert found.encoding is None
    log = reading.read_log([(row.number, row.cells) for row in found.rows], days=[DAY])
    plain = reading.read_log(rows_of(text), days=[DAY])
    assert [(one.name, one.joined, one.left) for one in log.heard] == [
        (one.name, one.joined, one.left) for one in plain.heard
    ]


def test_windows_1258_is_asked_and_then_read(tmp_path):
    import unicodedata

    marks = "\u0300\u0301\u0303\u0309\u0323"
    split = []
    for sign in texts.ZOOM_VIETNAMESE:
        parts = unicodedata.normalize("NFD", sign)
        tones = "".join(one for one in parts if one in marks)
        split.append(unicodedata.normalize("NFC", "".join(one for one in parts if one not in marks)) + tones)
    data = "".join(split).encode("cp1258")
    asked = cells_of(tmp_path, data)
    assert asked.encoding is not None
    assert asked.encoding.choice == "windows-1258"
    found = cells_of(tmp_path, data, legacy="windows-1258")
    log = reading.read_log([(row.number, row.cells) for row in found.rows], days=[DAY])
    assert [one.name for one in log.heard] == ["Nguyễn Văn Năm"]


def test_a_workbook_with_true_moments_reads_alike(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.append(["Name (Original Name)", "User Email", "Join Time", "Leave Time", "Duration (Minutes)"])
    sheet.append(["Nguyễn Văn Năm", None, dt.datetime(2026, 11, 28, 7, 30), dt.datetime(2026, 11, 28, 11), 210])
    book.save(tmp_path / "log.xlsx")
    found = spreadsheets.read_cells(spreadsheets.gate(tmp_path / "log.xlsx", "log.xlsx"), most_rows=100)
    log = reading.read_log([(row.number, row.cells) for row in found.rows], days=[DAY])
    people, _ = reading.connected(log, order=log.orders[0], offset=HANOI, day=DAY)
    assert people[0].intervals == ((clock(7, 30), clock(11)),)


def test_more_rows_than_are_read_are_refused(tmp_path):
    line = "Nguyễn Văn Năm,,28/11/2026 07:30:00,28/11/2026 11:00:00,210\n"
    with pytest.raises(Refusal) as refusal:
        cells_of(tmp_path, (texts.ZOOM_UNIQUE + line * 2000).encode())
    assert refusal.value.code == "sheet.too_many_rows"
