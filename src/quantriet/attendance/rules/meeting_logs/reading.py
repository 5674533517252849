"""The rows of a meeting's export to connections, whatever program, language and shape.

A file is a heap of lines: summary lines, headings of sections, one or more tables. A line is the header of a table when it
names people and says something of time. What the table can tell is known by its columns:

times    joined and left, one line a connection (Zoom participants, Teams "3. In-Meeting Activities", Meet)
ends     left and how long, one line a connection (Meet's log of events)
acts     one line an act: joined, left (the older list of Teams)
spans    first join and last leave, one line a person: what lies between is not known where the length is shorter
totals   only how long: of no use for minutes

The richest kind of table in a file is read and the others are passed over, for they tell the same people once more.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from quantriet.attendance.rules.meeting_logs.moments import (
    Order,
    Stamp,
    likely_orders,
    read_length,
    read_stamp,
    zone_named,
)
from quantriet.attendance.rules.meeting_logs.names import said_key
from quantriet.kit.intervals import Interval, seconds, unite
from quantriet.kit.refusal import Refusal
from quantriet.kit.text import fold, squeeze


class Program(StrEnum):
    ZOOM = "zoom"
    TEAMS = "teams"
    MEET = "meet"
    OTHER = "other"

    @property
    def words(self) -> str:
        return {"zoom": "Zoom", "teams": "Microsoft Teams", "meet": "Google Meet", "other": "phần mềm họp khác"}[
            self.value
        ]


class Shape(StrEnum):
    TIMES = "times"
    ENDS = "ends"
    ACTS = "acts"
    SPANS = "spans"
    TOTALS = "totals"
    SUMMARY = "summary"


_RICHEST = (Shape.TIMES, Shape.ACTS, Shape.ENDS, Shape.SPANS, Shape.TOTALS)

# Headings of columns, folded, without what stands in brackets and without signs at their ends.
_HEADS = {
    "name": "name|full name|user name|username|participant|participant name|attendee|attendee name|display name|ten|ho va ten|"
    "ho ten|ten day du|ten nguoi dung|ten nguoi tham gia|ten nguoi tham du|nguoi tham gia|nguoi tham du|ten hien thi|nom|"
    "nom complet|nom et prenom|nombre|nombre completo|nome|nome completo|vollstandiger name|имя|полное имя|"
    "名前|氏名|姓名|全名|名称|이름|성명|nama|nama lengkap|ชื่อ|ชื่อเต็ม",
    "first": "first name|given name|prenom|nombre de pila|vorname|ten goi|名",
    "last": "last name|family name|surname|ho|ho va ten dem|ho dem|apellido|apellidos|nachname|姓",
    "email": "email|e-mail|user email|email address|mail|dia chi email|thu dien tu|email nguoi dung|dia chi thu dien tu|"
    "adresse e-mail|correo electronico|participant id|participant identifier|actor|upn|メールアドレス|电子邮件|이메일",
    "join": "join time|joined|time joined|joined at|start time of attendance|thoi gian tham gia|gio tham gia|gio vao|thoi diem vao|"
    "thoi gian vao|thoi diem tham gia|vao luc|tham gia luc|heure d'arrivee|heure de connexion|hora de entrada|hora de ingreso|"
    "hora de incorporacion|beitrittszeit|beitritt|время входа|время подключения|参加時刻|参加時間|加入时间|加入時間|참가 시간|waktu bergabung",
    "leave": "leave time|left|time exited|exit time|left at|time left|thoi gian roi khoi|thoi gian roi|gio roi|gio ra|thoi diem roi|"
    "thoi gian thoat|thoi diem thoat|thoi diem ra|roi luc|thoat luc|thoi diem roi khoi|heure de depart|hora de salida|"
    "austrittszeit|verlassen|время выхода|退出時刻|退出時間|离开时间|離開時間|나간 시간|waktu keluar",
    "first_join": "first join|first join time|tham gia lan dau|lan tham gia dau tien|lan dau tham gia|premiere connexion|"
    "primera incorporacion|erster beitritt",
    "last_leave": "last leave|last leave time|roi khoi lan cuoi|lan roi khoi cuoi cung|lan cuoi roi khoi|roi di lan cuoi|"
    "dernier depart|ultima salida|letztes verlassen",
    "length": "duration|time in session|thoi luong|thoi gian trong phien|thoi gian tham du|duree|duracion|dauer|длительность|"
    "продолжительность|期間|時間|时长|時長|기간|durasi|attendance duration|thoi luong tham gia",
    "total": "total duration|in-meeting duration|thoi luong trong cuoc hop|tong thoi luong|tong thoi gian|total time|"
    "duree totale|duracion total|gesamtdauer|meeting duration of participant",
    "act": "user action|action|event|event name|hanh dong|hanh dong cua nguoi dung|su kien|action de l'utilisateur|"
    "accion del usuario|benutzeraktion|действие",
    "stamp": "timestamp|time stamp|dau thoi gian|moc thoi gian|date|thoi gian|thoi diem|horodatage|marca de tiempo|zeitstempel",
    "waiting": "in waiting room|trong phong cho|waiting room",
    "attended": "attended|da tham du|da tham gia|co tham du",
    "role": "role|vai tro|rol|rolle",
    "topic": "topic|chu de|meeting topic|meeting title|tieu de cuoc hop|webinar id|meeting id|id cuoc hop|id hoi thao|webinar topic",
    "people": "participants|so nguoi tham gia|nguoi tham gia toi da|max concurrent views|# registered|unique viewers",
}
_HEAD_OF = {said: key for key, words in _HEADS.items() for said in words.split("|")}
# Lines with a heading and one value that say when the meeting was.
_BEGAN = frozenset(("meeting start time", "start time", "actual start time", "thoi gian bat dau cuoc hop", "thoi gian bat dau", "gio bat dau", "bat dau"))  # fmt: skip
_ENDED = frozenset(("meeting end time", "end time", "thoi gian ket thuc cuoc hop", "thoi gian ket thuc", "gio ket thuc", "ket thuc"))  # fmt: skip
_ZONE = frozenset(("time zone", "timezone", "mui gio"))
_CAME = re.compile(
    r"^(?:joined|join|da tham gia|tham gia|da vao|vao|a rejoint|se unio|beigetreten|joined before|da tham gia truoc)\b"
)
_WENT = re.compile(
    r"^(?:left|leave|da roi|roi|da thoat|thoat|a quitte|salio|verlassen|endpoint left|call ended|da rời)\b"
)
_NO = frozenset(("no", "khong", "non", "nein", "нет", "いいえ", "否"))
_YES = frozenset(("yes", "co", "oui", "si", "ja", "да", "はい", "是", "true"))

_SLACK = 90  # seconds by which programs round a length
MOST_ROWS = 100_000
_MOST_NAME = 160


class Question(StrEnum):
    """What a file leaves open and a person answers."""

    ORDER = "order"
    DAY = "day"
    PLACE = "place"  # its times lie in none of the class's sessions: the clock, or the class, is another


@dataclass(frozen=True)
class Heard:
    """One connection as the file has it; times not yet put into an order and a zone."""

    row: int
    name: str
    email: str
    joined: Stamp | None
    left: Stamp | None
    seconds: int | None


@dataclass
class Log:
    """A file understood: connections, and the evidence by which its times are read."""

    program: Program
    shape: Shape
    heard: list[Heard] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    offset: int | None = None  # minutes east of Greenwich, when the file says so
    began: Stamp | None = None
    ended: Stamp | None = None
    needs_day: bool = False
    waiting: int = 0  # rows of the waiting room, which is not the meeting
    unread: list[int] = field(default_factory=list)  # rows with a name whose times cannot be read
    tables: int = 1


@dataclass(frozen=True)
class Person:
    """One name of a log (with its e-mail) and when it was connected: united over its devices."""

    name: str
    email: str
    intervals: tuple[Interval, ...]  # ended connections
    open_since: tuple[dt.datetime, ...] = ()  # connections whose end the file does not know
    hole: int = 0  # seconds without a connection at moments the file does not tell; then nothing else is known
    rows: int = 1
    is_twice: bool = False  # two connections at once: two devices, or two people of one name


@dataclass
class _Table:
    columns: dict[str, int]
    shape: Shape
    unit: int  # of a bare length, in seconds
    zone: int | None
    rows: list[tuple[int, Sequence[str]]] = field(default_factory=list)


def read_log(rows: Iterable[tuple[int, Sequence[str]]], *, days: Iterable[dt.date]) -> Log:
    """Understand the rows (number, cells) of an export; `days` are those on which the class sits, as evidence for the dates.

    Refuses: nothing that lists people of a meeting, totals without times (with the export to choose), times of no kind.
    """
    tables: list[_Table] = []
    current: _Table | None = None
    program: Program | None = None
    began = ended = None
    offset: int | None = None
    for number, cells in rows:
        filled = [cell for cell in cells if cell and cell.strip()]
        if not filled:
            if current is not None and current.rows:
                current = None
            continue
        if len(cells) == 1 and "\t" in cells[0]:
            cells = cells[0].split("\t")  # a tab file named .csv whose first lines hold commas
        head = _header(cells)
        if head is not None:
            current = head
            if head.shape != Shape.SUMMARY:
                tables.append(head)
                program = program or _program(cells, head)
                offset = head.zone if offset is None else offset
            continue
        if current is not None and current.shape == Shape.SUMMARY:
            began = began or _cell_stamp(cells, current.columns.get("began"))
            ended = ended or _cell_stamp(cells, current.columns.get("ended"))
            current = None
            continue
        if len(filled) <= 2 and _line(filled) is not None:
            said, value = _head_words(filled[0]), filled[-1]
            if said in _BEGAN:
                began = began or read_stamp(value)
            elif said in _ENDED:
                ended = ended or read_stamp(value)
            elif said in _ZONE:
                offset = zone_named(value) if offset is None else offset
            elif current is not None:
                current = None  # "3. In-Meeting Activities": what comes next has a header of its own
            continue
        if current is not None:
            current.rows.append((number, cells))
    return _understood(tables, program or Program.OTHER, began, ended, offset, list(days))


def _line(filled: Sequence[str]) -> str | None:
    """What a line outside a table says: a fact of the meeting, or the heading of a section; None for anything else."""
    said = _head_words(filled[0])
    if len(filled) == 2:
        return said if said in _BEGAN or said in _ENDED or said in _ZONE else None
    return said if re.match(r"\d\. \D|(?:host|panelist|attendee|other attended) details|chi tiet", said) else None


def _understood(
    tables: list[_Table],
    program: Program,
    began: Stamp | None,
    ended: Stamp | None,
    offset: int | None,
    days: list[dt.date],
) -> Log:
    filled = [table for table in tables if table.rows]
    if not filled:
        if tables:
            raise Refusal(
                "log.empty",
                "Tệp có tiêu đề cột nhưng không có người nào. Hãy xuất lại nhật ký sau khi cuộc họp kết thúc.",
            )
        raise Refusal(
            "log.not_a_log",
            "Không nhận ra nhật ký cuộc họp trong tệp này: cần cột tên cùng cột giờ vào, giờ ra. "
            + _WHERE[Program.OTHER],
        )
    shape = next(one for one in _RICHEST if any(table.shape == one for table in filled))
    if shape == Shape.TOTALS:
        raise Refusal(
            "log.totals_only",
            f"Tệp này chỉ có tổng thời gian của từng người, không có giờ vào, giờ ra, nên không tính được phút có mặt của buổi học. {_WHERE[program]}",
        )
    log = Log(program, shape, offset=offset, began=began, ended=ended)
    chosen = [table for table in filled if table.shape == shape]
    log.tables = len(chosen)
    for table in chosen:
        if shape == Shape.ACTS:
            _acts(table, log)
        else:
            _connections(table, log)
    if not log.heard:
        raise Refusal("log.no_times", f"Không đọc được giờ vào, giờ ra của người nào trong tệp. {_WHERE[program]}")
    if _only_holes(log):
        raise Refusal(
            "log.totals_only",
            f"Tệp này chỉ có lần vào đầu, lần ra cuối và tổng thời gian; những lúc mất kết nối ở giữa thì không có giờ, nên không tính được phút có mặt. {_WHERE[program]}",
        )
    stamps = [stamp for one in log.heard for stamp in (one.joined, one.left) if stamp]
    stamps += [stamp for stamp in (began, ended) if stamp]
    log.orders = likely_orders(stamps, days)
    if not log.orders:
        raise Refusal(
            "log.orders",
            "Ngày trong tệp ghi lẫn hai kiểu (ngày/tháng và tháng/ngày) nên không đọc được. Hãy tải lại tệp gốc từ phần mềm họp, đừng mở rồi lưu lại bằng Excel.",
        )
    log.needs_day = any(not stamp.has_date for one in log.heard for stamp in (one.joined, one.left) if stamp)
    return log


_WHERE = {
    Program.ZOOM: "Trong Zoom, mở Reports → Usage → bấm số người tham gia, bỏ chọn “Show unique users” (Hiển thị người dùng duy nhất) rồi Export; với hội thảo thì lấy Attendee Report.",
    Program.TEAMS: "Trong Teams, mở cuộc họp → Attendance (Điểm danh) → Download; tệp phải có mục “3. In-Meeting Activities” (Hoạt động trong cuộc họp).",
    Program.MEET: "Với Google Meet, lấy báo cáo điểm danh có cột giờ tham gia, giờ thoát; người mất kết nối nhiều lần thì lấy nhật ký sự kiện Meet ở trang quản trị Google.",
    Program.OTHER: "Zoom: Reports → Usage → Participants → Export. Teams: Attendance → Download. Google Meet: báo cáo điểm danh gửi qua thư.",
}  # fmt: skip


def _only_holes(log: Log) -> bool:
    return all(_hole(one) > 0 for one in log.heard)


def _hole(one: Heard) -> int:
    """Seconds between the first join and the last leave that the length does not cover; 0 within rounding."""
    if one.joined is None or one.left is None or one.seconds is None:
        return 0
    start, end = dt.datetime.combine(dt.date.min, one.joined.clock), dt.datetime.combine(dt.date.min, one.left.clock)
    gap = int((end - start).total_seconds()) % 86_400 - one.seconds
    return gap if gap > _SLACK else 0


# --- headers ----------------------------------------------------------------------------------------------------


def _head_words(cell: str) -> str:
    said = fold(unicodedata.normalize("NFKC", cell)[:120])
    said = re.sub(r"\([^)]*\)?", " ", said)
    return re.sub(r"\s+", " ", said).strip(" \"'*:#.")


def _header(cells: Sequence[str]) -> _Table | None:
    """The table that this line heads; None for any other line. A line of data names no two columns."""
    found: dict[str, int] = {}
    zone: int | None = None
    texts = [_head_words(cell) for cell in cells]
    for place, said in enumerate(texts):
        key = _HEAD_OF.get(said)
        if said in _BEGAN and "began" not in found:
            found["began"] = place
        elif said in _ENDED and "ended" not in found:
            found["ended"] = place
        if key is not None and key not in found:
            found[key] = place
        if key in ("join", "leave", "stamp") and "(" in cells[place]:
            zone = zone_named(cells[place]) if zone is None else zone
    if "ho" in texts and "ten" in texts:  # Google's Vietnamese list: given name and family name
        found["last"], found["first"] = texts.index("ho"), texts.index("ten")
        found.pop("name", None)
    if "topic" in found and len(found) >= 2 and "join" not in found:
        return _Table(found, Shape.SUMMARY, 60, None)
    if not {"name", "email", "first"} & set(found):
        return None
    shape = _shape(found)
    if shape is None:
        return None
    lengths = [cells[found[key]] for key in ("length", "total") if key in found]
    is_seconds = any(re.search(r"second|giay|giây|\bsec\b", cell.lower()) for cell in lengths)
    return _Table(found, shape, 1 if is_seconds else 60, zone)


def _shape(found: dict[str, int]) -> Shape | None:
    if "join" in found and ("leave" in found or "length" in found):
        return Shape.TIMES
    if "first_join" in found:
        return Shape.SPANS
    if "act" in found and "stamp" in found and "length" not in found:
        return Shape.ACTS
    if ("leave" in found or "stamp" in found) and "length" in found:
        return Shape.ENDS
    if "length" in found or "total" in found:
        return Shape.TOTALS
    return None


def _program(cells: Sequence[str], table: _Table) -> Program | None:
    said = " | ".join(fold(cell[:120]) for cell in cells)
    if re.search(
        r"original name|ten goc|waiting room|phong cho|\bguest\b|\| khach\b|recording|user email|is guest|time in session",
        said,
    ):
        return Program.ZOOM
    if re.search(
        r"\(upn\)|in-meeting duration|trong cuoc hop|user action|hanh dong cua nguoi dung|\| role|vai tro|first join|participant id\b",
        said,
    ):
        return Program.TEAMS
    if re.search(
        r"time exited|time joined|thoi gian thoat|participant identifier|meeting code|first name|\bho\b", said
    ):
        return Program.MEET
    return Program.ZOOM if "total" in table.columns else None


def _cell_stamp(cells: Sequence[str], place: int | None) -> Stamp | None:
    return read_stamp(cells[place]) if place is not None and place < len(cells) else None


# --- rows -------------------------------------------------------------------------------------------------------


def clean_name(text: str) -> str:
    """A name as it is kept and shown: no control signs, one space between words, at most 160 letters."""
    kept = "".join(" " if unicodedata.category(sign)[0] == "C" else sign for sign in text[:600])
    return squeeze(kept)[:_MOST_NAME].strip()


def _who(cells: Sequence[str], columns: dict[str, int]) -> tuple[str, str]:
    def of(key: str) -> str:
        place = columns.get(key)
        return clean_name(cells[place]) if place is not None and place < len(cells) else ""

    name = of("name") or squeeze(f"{of('last')} {of('first')}")[:_MOST_NAME]
    email = of("email").lower()
    if "@" not in email or " " in email:
        email = ""
    return name or email, email


def _connections(table: _Table, log: Log) -> None:
    columns = table.columns
    join = columns.get("first_join") if table.shape == Shape.SPANS else columns.get("join")
    leave = columns.get("last_leave") if table.shape == Shape.SPANS else columns.get("leave")
    if table.shape == Shape.ENDS and leave is None:
        leave = columns["stamp"]
    length = (
        columns.get("total", columns.get("length"))
        if table.shape == Shape.SPANS
        else columns.get("length", columns.get("total"))
    )
    for number, cells in table.rows:
        name, email = _who(cells, columns)
        if not name:
            continue
        if _says(cells, columns.get("attended"), _NO):
            continue  # registered and did not come
        if _says(cells, columns.get("waiting"), _YES):
            log.waiting += 1
            continue
        joined, left = _cell_stamp(cells, join), _cell_stamp(cells, leave)
        seconds = read_length(cells[length], unit=table.unit) if length is not None and length < len(cells) else None
        if joined is None and (left is None or seconds is None):
            log.unread.append(number)
            continue
        log.heard.append(Heard(number, name, email, joined, left, seconds))


def _says(cells: Sequence[str], place: int | None, words: frozenset[str]) -> bool:
    return place is not None and place < len(cells) and fold(cells[place]) in words


def _acts(table: _Table, log: Log) -> None:
    """Pairs of joined and left of one name, in the order of the list."""
    columns = table.columns
    waiting: dict[tuple[str, str], list[Heard]] = defaultdict(list)
    for number, cells in table.rows:
        name, email = _who(cells, columns)
        stamp = _cell_stamp(cells, columns["stamp"])
        said = fold(cells[columns["act"]]) if columns["act"] < len(cells) else ""
        if not name:
            continue
        if stamp is None:
            log.unread.append(number)
        elif _CAME.match(said):
            waiting[name, email].append(Heard(number, name, email, stamp, None, None))
        elif _WENT.match(said):
            came = waiting[name, email].pop() if waiting[name, email] else None
            if came is not None:
                log.heard.append(Heard(came.row, name, email, came.joined, stamp, None))
            else:
                log.unread.append(number)
    log.heard += [one for several in waiting.values() for one in several]
    log.heard.sort(key=lambda one: one.row)


# --- people -----------------------------------------------------------------------------------------------------


def connected(log: Log, *, order: Order, offset: int, day: dt.date | None) -> tuple[list[Person], list[int]]:
    """The people of a log with their times in UTC, devices of one name united; and the rows whose times make no sense."""
    spans: dict[tuple[str, str], list[Interval]] = defaultdict(list)
    opened: dict[tuple[str, str], list[dt.datetime]] = defaultdict(list)
    holes: dict[tuple[str, str], int] = defaultdict(int)
    rows: dict[tuple[str, str], int] = defaultdict(int)
    shown: dict[tuple[str, str], Heard] = {}
    wrong: list[int] = []
    ended = log.ended.moment(order, offset, day) if log.ended else None
    for one in log.heard:
        key = (said_key(one.name), one.email)
        start = one.joined.moment(order, offset, day) if one.joined else None
        end = one.left.moment(order, offset, day) if one.left else None
        if start is None and end is not None and one.seconds is not None:
            start = end - dt.timedelta(seconds=one.seconds)
        if start is not None and end is None:
            # How long is known and the end is not: the end follows; nothing known: until the meeting ended, if that is known.
            end = start + dt.timedelta(seconds=one.seconds) if one.seconds is not None else ended
        if start is not None and end is not None and end < start and one.left and not one.left.has_date:
            end += dt.timedelta(days=1)  # a clock without a date, past midnight
        if start is None or (end is not None and not dt.timedelta() <= end - start <= dt.timedelta(hours=48)):
            wrong.append(one.row)
            continue
        shown.setdefault(key, one)
        rows[key] += 1
        hole = _hole(one) if one.joined and one.left else 0
        if hole:
            holes[key] += hole
        elif end is None:
            opened[key].append(start)
        else:
            spans[key].append((start, end))
    people = [
        Person(
            one.name, one.email, tuple(unite(spans[key])), tuple(sorted(opened[key])), holes[key], rows[key],
            is_twice=sum_of(spans[key]) > seconds(unite(spans[key])),
        )
        for key, one in shown.items()
    ]  # fmt: skip
    return people, wrong


def sum_of(intervals: Iterable[Interval]) -> int:
    """Seconds of all connections, each counted for itself."""
    return sum(seconds([one]) for one in intervals)
