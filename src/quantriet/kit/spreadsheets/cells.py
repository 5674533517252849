"""Read one cell: a date, a code, a telephone number, a yes. Says what is wrong in a sentence instead of raising.

Whoever imports a file wants all its errors at once, so each function returns `Parsed`: the value, or an error sentence,
and sometimes a note (what was assumed). An empty cell is `Parsed(None)`: whether that is an error, the caller knows.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from quantriet.kit import text

T = TypeVar("T")
Cell = str | int | float | bool | dt.date | dt.datetime | dt.time | dt.timedelta | None


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """What a cell says; exactly one of `value` and `error` is set, or none for an empty cell."""

    value: T | None = None
    error: str | None = None
    note: str | None = None


class Precision(StrEnum):
    """How much of a date is known."""

    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Day:
    """A date and how much of it is known; unknown parts stand as 1 ("1975" is 1 January 1975, YEAR)."""

    date: dt.date
    precision: Precision = Precision.DAY


def shown(value: Cell) -> str:
    """The cell as a person wrote it, for error sentences and for giving a file back."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, dt.datetime):
        return f"{value:%d/%m/%Y %H:%M}"
    if isinstance(value, dt.date):
        return f"{value:%d/%m/%Y}"
    if isinstance(value, dt.time):
        return f"{value:%H:%M}"
    return text.squeeze(str(value))


def parse_text(value: Cell) -> Parsed[str]:
    """Text with single spaces in composed form; numbers as they look."""
    return Parsed(shown(value) or None)


# ------------------------------------------------------------------------------------------------------------------ dates

EARLIEST = dt.date(1900, 1, 1)
LATEST = dt.date(2100, 12, 31)

_MONTHS = {name: number for number, name in enumerate(
    "jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)}  # fmt: skip
_VI_MONTHS = {"gieng": 1, "mot": 1, "hai": 2, "ba": 3, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
              "muoi": 10, "muoi mot": 11, "muoi hai": 12, "chap": 12}  # fmt: skip

_YEAR = re.compile(r"(?:nam )?(\d{4})")
_FULL = re.compile(r"(\d\d)/(\d\d)/(\d{4})")  # by far the most frequent
_UNKNOWN_DAY = re.compile(r"[.?x_\-…0]*\s*[/.\-]\s*[.?x_\-…0]*\s*[/.\-]\s*(\d{4})")
_UNKNOWN_DAY_ONLY = re.compile(r"[.?x_…0]*\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{4})")
_MONTH_YEAR = re.compile(r"(?:thang )?(\d{1,2})\s*(?:[/.\-]|nam)\s*(\d{4})")
_THREE = re.compile(r"(\d{1,2})\s*[/.\-, ]\s*(\d{1,2})\s*[/.\-, ]\s*(\d{4}|\d{2})")
_ISO = re.compile(r"(\d{4})\s*[/.\-]\s*(\d{1,2})\s*[/.\-]\s*(\d{1,2})(?:[t ]00:00(?::00)?(?:\.0+)?)?")
_WORDS = re.compile(r"(?:ngay )?(\d{1,2}) thang (\d{1,2}|[a-z ]+?),? nam (\d{4})")
_ENGLISH = re.compile(r"(\d{1,2})[ \-/]?([a-z]{3})[a-z]*\.?[ \-/,]*(\d{4}|\d{2})")
_CLOCK = re.compile(r"\s+(?:00?:00(?::00)?|12:00:00 am)$")


def parse_day(value: Cell, *, earliest: dt.date = EARLIEST, latest: dt.date = LATEST) -> Parsed[Day]:
    """Read a date the Vietnamese way: day first.

    Takes real dates, Excel's serial numbers, dd/mm/yyyy, d-m-yy, dd.mm.yyyy, ISO, "12 tháng 3 năm 1975", ddmmyyyy, a month
    with year, a year alone, "../../1975". A year of two digits counts only when one century fits between `earliest` and
    `latest`. Impossible, doubtful and out-of-range dates are errors.
    """
    if value is None or value == "":
        return Parsed()
    found: Parsed[Day]
    if isinstance(value, dt.datetime):
        found = Parsed(Day(value.date()))
    elif isinstance(value, dt.date):
        found = Parsed(Day(value))
    elif isinstance(value, bool | dt.time | dt.timedelta):
        found = _no_day(value)
    elif isinstance(value, int | float):
        found = _day_of_number(value)
    else:
        found = _day_of_text(value, earliest, latest)
    if found.value is not None and not earliest <= found.value.date <= latest:
        # A year alone stands for the whole year.
        if found.value.precision is Precision.DAY or not earliest.year <= found.value.date.year <= latest.year:
            return Parsed(
                error=f"“{shown(value)}” nằm ngoài khoảng {earliest:%d/%m/%Y} – {latest:%d/%m/%Y}; hãy kiểm tra lại năm.",
            )
    return found


def _no_day(value: Cell) -> Parsed[Day]:
    return Parsed(error=f"“{shown(value)}” không phải là ngày; hãy ghi theo dạng ngày/tháng/năm, ví dụ 09/03/1975.")


def _make(day: int, month: int, year: int, value: Cell) -> Parsed[Day]:
    try:
        return Parsed(Day(dt.date(year, month, day)))
    except ValueError:
        if 12 < month <= 31 and 1 <= day <= 12:
            return Parsed(
                error=f"“{shown(value)}” không có tháng {month}; có thể ngày và tháng bị đảo chỗ, hãy ghi theo dạng ngày/tháng/năm.",
            )
        return Parsed(error=f"“{shown(value)}” là ngày không có trên lịch; hãy kiểm tra lại ngày, tháng, năm.")


def _day_of_number(value: int | float) -> Parsed[Day]:
    if 1900 <= value <= 2100 and float(value).is_integer():
        return Parsed(Day(dt.date(int(value), 1, 1), Precision.YEAR))
    if 61 <= value < 2_958_466:
        if value > 73_415:
            # Above the year 2100 a number is rather ddmmyyyy without its marks: 1031975.
            return _eight_digits(str(int(value)).zfill(8), value) if value >= 1_011_900 else _no_day(value)
        return Parsed(Day(dt.date(1899, 12, 30) + dt.timedelta(days=int(value))))
    if float(value).is_integer() and 1_000_000 <= value <= 99_999_999:
        return _eight_digits(str(int(value)).zfill(8), value)
    return _no_day(value)


def _eight_digits(digits: str, value: Cell) -> Parsed[Day]:
    """ddmmyyyy or yyyymmdd without marks; years of our time are no months, so never both."""
    for day, month, year in ((digits[:2], digits[2:4], digits[4:]), (digits[6:], digits[4:6], digits[:4])):
        if EARLIEST.year <= int(year) <= LATEST.year:
            return _make(int(day), int(month), int(year), value)
    return _no_day(value)


def _day_of_text(value: str, earliest: dt.date, latest: dt.date) -> Parsed[Day]:
    key = _CLOCK.sub("", text.fold(value).strip(" '`\"")).removeprefix("ngay ").strip()
    key = key.replace("ngay ", " ").strip()
    if not key or set(key) <= set("-–./?x_… "):
        return Parsed()
    if (found := _FULL.fullmatch(key)) and found.group(1) != "00" and found.group(2) != "00":
        return _make(int(found.group(1)), int(found.group(2)), int(found.group(3)), value)
    if found := _YEAR.fullmatch(key):
        return _of_year(int(found.group(1)), value)
    if found := _UNKNOWN_DAY.fullmatch(key):
        return _of_year(int(found.group(1)), value)
    if found := _ISO.fullmatch(key):
        year, month, day = map(int, found.groups())
        return _make(day, month, year, value)
    if found := _THREE.fullmatch(key):
        day, month = int(found.group(1)), int(found.group(2))
        years = _years(found.group(3), earliest, latest)
        if not years:
            return Parsed(error=f"“{shown(value)}” có năm không hợp lý; hãy ghi đủ bốn chữ số của năm.")
        if len(years) > 1:
            return Parsed(
                error=f"“{shown(value)}” ghi năm hai chữ số, không rõ là {years[0]} hay {years[1]}; hãy ghi đủ bốn chữ số.",
            )
        if day == 0 and month == 0:
            return _of_year(years[0], value)
        if day == 0:
            return _of_month(month, years[0], value)
        return _make(day, month, years[0], value)
    if found := _UNKNOWN_DAY_ONLY.fullmatch(key) or _MONTH_YEAR.fullmatch(key):
        return _of_month(int(found.group(1)), int(found.group(2)), value)
    if found := _WORDS.fullmatch(key):
        spelled = found.group(2)
        spelled_month = int(spelled) if spelled.isdigit() else _VI_MONTHS.get(spelled)
        return (
            _make(int(found.group(1)), spelled_month, int(found.group(3)), value) if spelled_month else _no_day(value)
        )
    if (found := _ENGLISH.fullmatch(key)) and found.group(2) in _MONTHS:
        years = _years(found.group(3), earliest, latest)
        if len(years) != 1:
            return Parsed(error=f"“{shown(value)}” ghi năm hai chữ số; hãy ghi đủ bốn chữ số của năm.")
        return _make(int(found.group(1)), _MONTHS[found.group(2)], years[0], value)
    if re.fullmatch(r"\d{7,8}", key):
        return _eight_digits(key.zfill(8), value)
    if re.fullmatch(r"\d{5}(?:\.0+)?", key):
        return _day_of_number(float(key))
    return _no_day(value)


def _of_year(year: int, value: Cell) -> Parsed[Day]:
    return Parsed(Day(dt.date(year, 1, 1), Precision.YEAR)) if year >= 1 else _no_day(value)


def _of_month(month: int, year: int, value: Cell) -> Parsed[Day]:
    made = _make(1, month, year, value)
    return Parsed(Day(made.value.date, Precision.MONTH)) if made.value else made


def _years(digits: str, earliest: dt.date, latest: dt.date) -> list[int]:
    if len(digits) == 4:
        return [int(digits)] if int(digits) >= 1 else []
    return [year for year in range(int(digits), 2200, 100) if earliest.year <= year <= latest.year]


# ------------------------------------------------------------------------------------------------------------------ codes

_SCIENTIFIC = re.compile(r"\d[.,]\d+[eE]\+?\d+")


def parse_code(value: Cell) -> Parsed[str]:
    """Read an identifier: numbers lose their ".0", text keeps its leading zeros; rounded and date-turned codes are errors."""
    if value is None or value == "":
        return Parsed()
    if isinstance(value, bool):
        return Parsed(error=f"“{shown(value)}” không phải là mã.")
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return Parsed(
            error=f"“{shown(value)}”: Excel đã đổi mã này thành ngày giờ; hãy định dạng cột là Văn bản (Text) rồi nhập lại mã.",
        )
    if isinstance(value, float):
        if not value.is_integer():
            return Parsed(error=f"“{shown(value)}” có phần thập phân nên không phải là mã.")
        value = int(value) if abs(value) < 1e18 else repr(value)
    if isinstance(value, int):
        if value < 0:
            return Parsed(error=f"“{value}” là số âm nên không phải là mã.")
        if value >= 10**15:
            return Parsed(
                error=f"“{value}” dài hơn 15 chữ số nên Excel đã làm tròn; hãy định dạng cột là Văn bản (Text) rồi nhập lại mã.",
            )
        return Parsed(str(value))
    code = text.squeeze(value).lstrip("'`")
    if _SCIENTIFIC.fullmatch(code):
        return Parsed(error=f"“{code}” đã bị Excel làm tròn; hãy định dạng cột là Văn bản (Text) rồi nhập lại mã.")
    if re.fullmatch(r"\d+\.0", code):
        code = code[:-2]
    return Parsed(code or None)


def restore_zeros(code: str, width: int) -> str:
    """Give back the leading zeros that Excel dropped from a code of digits of a known width."""
    return code.zfill(width) if code.isascii() and code.isdigit() else code


def common_width(codes: Iterable[str]) -> int | None:
    """The width that nearly all codes of digits have or had before zeros were lost; None when the codes vary freely.

    Widths like 12, 12, 11, 12, 10: most are 12, none is longer, so 12.
    """
    widths = Counter(len(code) for code in codes if code.isascii() and code.isdigit())
    if not widths:
        return None
    width = max(widths)
    full = widths[width]
    return width if full >= 3 and full * 10 >= sum(widths.values()) * 6 else None


# ------------------------------------------------------------------------------------------------------------- telephones

_OLD_MOBILES = {
    "0120": "070", "0121": "079", "0122": "077", "0126": "076", "0128": "078",
    "0123": "083", "0124": "084", "0125": "085", "0127": "081", "0129": "082",
    "0162": "032", "0163": "033", "0164": "034", "0165": "035", "0166": "036", "0167": "037", "0168": "038", "0169": "039",
    "0186": "056", "0188": "058", "0199": "059",
}  # fmt: skip
_MOBILE = re.compile(r"0[35789]\d{8}")
_LANDLINE = re.compile(r"02\d{9}")


def parse_phone(value: Cell) -> Parsed[str]:
    """Read one Vietnamese number, as digits with the leading zero: "+84 912.345.678" and 912345678.0 → "0912345678"."""
    if value is None or value == "":
        return Parsed()
    if isinstance(value, bool | dt.date | dt.time | dt.timedelta):
        return Parsed(error=f"“{shown(value)}” không phải là số điện thoại.")
    seen = shown(value)
    if not re.search(r"\d", seen):
        # A dash or "không" in the column means: none.
        return Parsed() if text.fold(seen) in {"", "-", "–", "k", "ko", "khong", "khong co", "x"} else _no_phone(seen)
    pieces = [piece for piece in re.split(r"[/;,\n]|\s-\s|\bhoac\b|\bvà\b", seen) if re.search(r"\d", piece)]
    numbers = [_digits(piece) for piece in pieces]
    if len(numbers) > 1 and not all(_valid(number) for number in numbers):
        # "0912,345,678": one number with commas.
        numbers = [_digits(seen)]
    number = numbers[0]
    if not _valid(number):
        return _no_phone(seen)
    notes = []
    if number[:4] in _OLD_MOBILES and len(number) == 11:
        notes.append(f"Số 11 chữ số {number} được đổi sang đầu số mới.")
        number = _OLD_MOBILES[number[:4]] + number[4:]
    if len(numbers) > 1:
        notes.append(f"Ô ghi {len(numbers)} số điện thoại, lấy số đầu tiên.")
    return Parsed(number, note=" ".join(notes) or None)


def _digits(piece: str) -> str:
    plus = piece.strip().startswith("+")
    digits = re.sub(r"\D", "", piece.split("máy lẻ")[0])
    if digits.startswith("0084"):
        digits = digits[4:]
    elif digits.startswith("84") and (plus or len(digits) in (11, 12)):
        digits = digits[2:]
    return digits if digits.startswith("0") or not digits else "0" + digits


def _valid(number: str) -> bool:
    return bool(
        _MOBILE.fullmatch(number) or _LANDLINE.fullmatch(number) or (len(number) == 11 and number[:4] in _OLD_MOBILES)
    )


def _no_phone(seen: str) -> Parsed[str]:
    return Parsed(
        error=f"“{seen}” không phải là số điện thoại Việt Nam (di động 10 chữ số, cố định 11 chữ số kể cả mã vùng)."
    )


# ---------------------------------------------------------------------------------------------------------- small choices

MALE, FEMALE = "male", "female"
_GENDERS = {
    "nam": MALE, "male": MALE, "m": MALE, "trai": MALE, "nam gioi": MALE, "ong": MALE,
    "nu": FEMALE, "female": FEMALE, "f": FEMALE, "gai": FEMALE, "nu gioi": FEMALE, "ba": FEMALE,
}  # fmt: skip


def parse_gender(value: Cell) -> Parsed[str]:
    """Read "Nam" or "Nữ" in their usual writings as "male" or "female"; bare digits are an error, offices differ."""
    seen = shown(value)
    key = text.fold(seen).strip(" .")
    if not key or key in {"-", "–"}:
        return Parsed()
    found = _GENDERS.get(key)
    return Parsed(found) if found else Parsed(error=f"“{seen}” không rõ giới tính; hãy ghi “Nam” hoặc “Nữ”.")


_YES = {"x", "co", "yes", "y", "true", "1", "v", "✓", "✔", "☑", "√", "da", "dung", "roi", "+", "ü"}
_NO = {"khong", "ko", "k", "no", "n", "false", "0", "-", "–", "chua", "sai", "☐", "✗", "✘"}


def parse_yes(value: Cell) -> Parsed[bool]:
    """Read a tick: x, có, 1, ✓ … are true; không, 0, - … are false; an empty cell stays unknown."""
    if isinstance(value, bool):
        return Parsed(value)
    seen = shown(value)
    key = text.fold(seen).strip(" .")
    if not key:
        return Parsed()
    if key in _YES:
        return Parsed(True)
    if key in _NO:
        return Parsed(False)
    return Parsed(error=f"“{seen}” không rõ là có hay không; hãy ghi “x” (có) hoặc để trống.")


_NUMBER = re.compile(
    r"-?\d+(?:[.,]\d+)?|-?\d{1,3}(?:\.\d{3})+(?:,\d+)?|-?\d{1,3}(?: \d{3})+(?:,\d+)?|-?\d{1,3}(?:,\d{3})+(?:\.\d+)?"
)


def parse_number(value: Cell) -> Parsed[int | float]:
    """Read a number in Vietnamese writing (1.234,5) or as Excel keeps it; a doubtful one ("1.234") is an error, not a guess."""
    if value is None or value == "":
        return Parsed()
    if isinstance(value, bool | dt.date | dt.time | dt.timedelta):
        return Parsed(error=f"“{shown(value)}” không phải là số.")
    if isinstance(value, int | float):
        if value != value or value in (float("inf"), float("-inf")):
            return Parsed(error=f"“{value}” không phải là số.")
        return Parsed(int(value) if float(value).is_integer() else value)
    seen = text.squeeze(value)
    percent = seen.endswith("%")
    bare = seen.rstrip("% ").strip()
    if bare in {"", "-", "–"}:
        return Parsed()
    if not _NUMBER.fullmatch(bare):
        return Parsed(error=f"“{seen}” không phải là số.")
    dots, commas = bare.count("."), bare.count(",")
    bare = bare.replace(" ", "")
    if dots and commas:
        decimal = "," if bare.rfind(",") > bare.rfind(".") else "."
        bare = bare.replace("." if decimal == "," else ",", "").replace(decimal, ".")
    elif dots == 1 and re.fullmatch(r"-?[1-9]\d{0,2}\.\d{3}", bare) and not percent:
        return Parsed(
            error=f"“{seen}” có thể là {bare.replace('.', '')} hoặc {bare.replace('.', ',')}; hãy ghi rõ (không dùng dấu chấm)."
        )
    elif commas == 1 and re.fullmatch(r"-?[1-9]\d{0,2},\d{3}", bare) and not percent:
        return Parsed(
            error=f"“{seen}” có thể là {bare.replace(',', '')} hoặc {bare}; hãy ghi rõ (không dùng dấu phẩy)."
        )
    elif dots > 1:
        bare = bare.replace(".", "")
    elif commas > 1:
        bare = bare.replace(",", "")
    else:
        bare = bare.replace(",", ".")
    number = float(bare)
    return Parsed(int(number) if number.is_integer() else number)
