"""Proposed paragraphs of a report: every sentence states figures, and what is not reported is never taken for zero.

A person reads, changes and confirms each section before the report is sent. Basis: B-08, B-17, R-036.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from quantriet.kit.numbers import printed_share, share, show_number, show_percent
from quantriet.reports.vocab import Before, Figures, Instruction, Named, Section, UnitRow

# So many are named in a sentence; the annexes and the Excel file name all.
MOST_NAMED = 5
MOST_MOVED = 3
BY_UNIT = "Phụ lục 1"
UNORGANISED = "Phụ lục 2, mục I"
SILENT = "Phụ lục 2, mục II"


def narrative(figures: Figures, before: Before | None = None) -> dict[Section, list[str]]:
    """The proposed paragraphs of every section; a section may be empty."""
    said = {
        Section.OVERVIEW: _overview(figures),
        Section.RESULTS: _results(figures),
        Section.COMPARISON: _comparison(figures, before),
        Section.PRAISE: _praise(figures),
        Section.URGE: _urge(figures),
        Section.SHORTCOMINGS: _shortcomings(figures),
        Section.PROPOSALS: _proposals(figures),
    }
    return {section: [one for one in paragraphs if one] for section, paragraphs in said.items()}


# --- numbers in words ------------------------------------------------------------------------------------------------


def moved_share(what: str, before: tuple[int, int], after: tuple[int, int]) -> str:
    """A rise or fall of a share in percentage points, taken from the printed values so that the paper adds up."""
    old, new = printed_share(*before), printed_share(*after)
    if old is None or new is None:
        return ""
    if old == new:
        return f"{what} giữ nguyên {show_percent(*after)}."
    verb, way = ("tăng", "lên") if new > old else ("giảm", "xuống")
    return (
        f"{what} {verb} {show_number(abs(new - old), 1)} điểm phần trăm "
        f"(từ {show_percent(*before)} {way} {show_percent(*after)})."
    )


def moved_count(what: str, before: int, after: int, noun: str) -> str:
    """A rise or fall of a count: "Số lớp tăng 12 lớp (từ 366 lên 378)."."""
    if before == after:
        return f"{what} giữ nguyên {show_number(after)} {noun}."
    verb, way = ("tăng", "lên") if after > before else ("giảm", "xuống")
    step = show_number(abs(after - before))
    return f"{what} {verb} {step} {noun} (từ {show_number(before)} {way} {show_number(after)})."


def listed(
    parts: Sequence[str], *, most: int | None = None, noun: str = "đơn vị", mark: str = ", ", where: str = ""
) -> str:
    """Parts in a row: "A, B và C"; beyond `most` the rest is counted, with the place where it is named."""
    shown = list(parts if most is None else parts[:most])
    rest = len(parts) - len(shown)
    if rest:
        return f"{mark.join(shown)} và {show_number(rest)} {noun} khác{f' ({where})' if where else ''}"
    if len(shown) < 2 or mark != ", ":
        return mark.join(shown)
    return f"{mark.join(shown[:-1])} và {shown[-1]}"


def called(campaign: str) -> str:
    """A campaign as sentences name it; many names begin with "Đợt" themselves."""
    return f"“{campaign}”" if campaign.lower().startswith("đợt") else f"đợt “{campaign}”"


def _small(label: str) -> str:
    return label[:1].lower() + label[1:]


def _until(figures: Figures) -> str:
    """The campaign's last day as a demand; once it has passed, the demand says so."""
    due, now = (_day(one) for one in (figures.due_on, figures.as_of))
    if due and now and due < now:
        return f"trong thời gian sớm nhất (đã quá thời hạn ngày {figures.due_on})"
    return f"chậm nhất ngày {figures.due_on}"


def _day(words: str) -> tuple[str, ...]:
    """The day in "tính đến 16:00 ngày 12/01/2026", to compare; empty when there is none."""
    found = re.search(r"(\d{2})/(\d{2})/(\d{4})", words)
    return found.groups()[::-1] if found else ()


def _names(rows: Iterable[Named]) -> list[str]:
    return [f"{row.name} ({row.superior})" if row.superior else row.name for row in rows]


# --- sections --------------------------------------------------------------------------------------------------------


def _overview(figures: Figures) -> list[str]:
    basis = f"Kế hoạch {figures.plan_number}" if figures.plan_number else f"kế hoạch của {figures.organiser}"
    papers = listed(
        [f"{one.citation} của {one.issuing_body}" for one in figures.documents],
        most=MOST_NAMED, noun="văn bản", mark="; ",
    )  # fmt: skip
    studied = f" {papers}" if papers else " các văn bản của đợt"
    paragraphs = [
        f"Thực hiện {basis}, từ ngày {figures.period_from} đến ngày {figures.period_to}, {figures.unit} tổ chức học tập, "
        f"quán triệt{studied} trong {called(figures.campaign)}; hình thức: {_small(figures.form)}. "
        f"Số liệu {figures.as_of}."
    ]
    if figures.organising:
        done, waiting = figures.organising - len(figures.unorganised), len(figures.unorganised)
        rest = f"; còn {show_number(waiting)} đơn vị chưa tổ chức" if waiting else ""
        paragraphs.append(
            f"Đã có {show_number(done)}/{show_number(figures.organising)} đơn vị tổ chức học tập "
            f"({show_percent(done, figures.organising)}){rest}."
        )
    return paragraphs + _instructions(figures.instructions)


def _instructions(changes: Iterable[Instruction]) -> list[str]:
    """Changes of form: units that changed on one day for one reason stand in one sentence."""
    alike: dict[Instruction, list[str]] = {}
    for one in changes:
        alike.setdefault(replace(one, unit=""), []).append(one.unit)
    sentences = []
    for one, units in list(alike.items())[:MOST_NAMED]:
        later = f", lùi đến ngày {one.postponed_to}" if one.postponed_to else ""
        change = (
            f"chuyển hình thức học từ {_small(one.before)} sang {_small(one.after)}"
            if one.before != one.after
            else f"giữ hình thức {_small(one.after)}"
        )
        who = listed(units, most=MOST_NAMED)
        sentences.append(f"Ngày {one.on}, do {one.situation}, {who} {change}{later}, theo {one.basis}.")
    rest = sum(len(units) for units in list(alike.values())[MOST_NAMED:])
    if rest:
        sentences.append(
            f"Ngoài ra có {show_number(rest)} lần thay đổi hình thức học khác (ghi trong tệp Excel kèm theo)."
        )
    return sentences


def _results(figures: Figures) -> list[str]:
    return [
        _classes(figures),
        _people(figures),
        _groups(figures),
        _owing(figures),
        _catch_ups(figures),
        _leading(figures),
    ]


def _classes(figures: Figures) -> str:
    classes = figures.classes
    coming = f" Còn {show_number(classes.planned)} lớp đã lập, chưa học xong." if classes.planned else ""
    if not classes.held:
        return f"Chưa có lớp nào học xong và chốt điểm danh.{coming}"
    levels = [f"{show_number(one.classes)} lớp dành cho {_small(one.label)}" for one in classes.levels if one.classes]
    forms = [f"{show_number(one.classes)} lớp {_small(one.label)}" for one in classes.forms if one.classes]
    parts = (
        f", gồm {listed(levels)}" if len(levels) > 1 else f", đều {levels[0].split(' lớp ', 1)[1]}" if levels else ""
    )
    ways = f" Theo hình thức: {listed(forms)}." if len(forms) > 1 else ""
    catch_up = f" Trong đó có {show_number(classes.catch_up)} lớp học bù." if classes.catch_up else ""
    return (
        f"Đã tổ chức {show_number(classes.held)} lớp{parts}; tổng số {show_number(classes.sessions)} buổi, "
        f"{show_number(classes.venues)} địa điểm.{ways}{catch_up}{coming}"
    )


def _people(figures: Figures) -> str:
    people = figures.people
    if not people.obliged:
        return "Chưa có ai trong danh sách phải học."
    ways = (
        (people.alone, "tự học có xác nhận"),
        (people.credited, "được công nhận đã học nơi khác"),
    )
    told = ", ".join(f"{show_number(number)} người {words}" for number, words in ways if number)
    credited = f", trong đó {told}" if told else ""
    said = (
        f"Đã học xong {show_number(people.done)}/{show_number(people.obliged)} người phải học, "
        f"đạt {show_percent(people.done, people.obliged)}{credited}."
    )
    if figures.silent:
        said += (
            f" Trong số phải học có {show_number(figures.silent_people)} người thuộc "
            f"{show_number(len(figures.silent))} đơn vị chưa báo cáo, chưa rõ kết quả"
        )
        said += (
            f"; riêng các đơn vị đã báo cáo đạt {show_number(people.done)}/{show_number(figures.heard_people)} người "
            f"({show_percent(people.done, figures.heard_people)})."
            if figures.heard_people
            else "."
        )
    if figures.classes.outsiders:
        said += f" Ngoài ra có {show_number(figures.classes.outsiders)} người ngoài Đảng dự học."
    return said


def _groups(figures: Figures) -> str:
    sentences = []
    tiers = [one for one in figures.tiers if one.people.obliged]
    if len(tiers) > 1:
        said = [_of_group(one.label, one.people.done, one.people.obliged) for one in tiers]
        sentences.append(f"Theo đối tượng: {'; '.join(said)}.")
    levels = [one for one in figures.classes.levels if one.called]
    if levels:
        said = [_of_group(one.label, one.attended, one.called) for one in levels]
        sentences.append(f"Dự đủ thời gian trên số được triệu tập, theo cấp học: {'; '.join(said)}.")
    sorts = [one for one in figures.sorts if one.people.obliged]
    if sorts:
        said = [_of_group(one.label, one.people.done, one.people.obliged) for one in sorts]
        sentences.append(f"Tỷ lệ tham gia học tập: {'; '.join(said)}.")
    return " ".join(sentences)


def _of_group(label: str, part: int, whole: int) -> str:
    return f"{_small(label)} {show_number(part)}/{show_number(whole)} người ({show_percent(part, whole)})"


def _owing(figures: Figures) -> str:
    people = figures.people
    sentences = []
    if people.owing:
        reasons = [
            (people.excused, "vắng có lý do"),
            (people.absent, "vắng không có lý do"),
            (people.retake, "vắng quá thời gian cho phép, phải học lại"),
            (people.waiting, "chưa có kết quả"),
        ]
        said = [f"{show_number(count)} người {words}" for count, words in reasons if count]
        sentences.append(f"Còn {show_number(people.owing)} người chưa học xong: {'; '.join(said)}.")
    if people.exempt:
        sentences.append(f"Miễn học {show_number(people.exempt)} người, không tính vào số phải học.")
    return " ".join(sentences)


def _catch_ups(figures: Figures) -> str:
    chain = figures.catch_ups
    if not chain.opened:
        return ""
    parts = [(chain.done, "đã học bù xong")]
    if chain.placed is None:
        parts.append((chain.following, "đang theo dõi"))
    else:
        parts += [(chain.placed, "đã xếp vào lớp sau"), (chain.following - chain.placed, "chờ xếp")]
    said = listed([f"{show_number(count)} người {words}" for count, words in parts if count > 0])
    late = f"; {show_number(chain.late)} người đã quá hạn mời học bù" if chain.late else ""
    return f"Đã đưa {show_number(chain.opened)} người vắng vào danh sách học bù: {said}{late}."


def _leading(figures: Figures) -> str:
    said = []
    for one in figures.leading:
        if one.persons:
            heads = f", trong đó {show_number(one.heads)} người đứng đầu" if one.heads else ""
            said.append(
                f"{_small(one.label)} {show_number(one.persons)} đồng chí ở {show_number(one.classes)} lớp{heads}"
            )
    return f"Lãnh đạo tham gia: {'; '.join(said)}." if said else ""


def _comparison(figures: Figures, before: Before | None) -> list[str]:
    if before is None:
        return ["Đây là báo cáo đầu tiên, chưa có số liệu trước để so sánh."]
    old, now = before.figures, figures
    sentences = [
        moved_share("Tỷ lệ học xong", (old.people.done, old.people.obliged), (now.people.done, now.people.obliged)),
        moved_count("Số người học xong", old.people.done, now.people.done, "người"),
        moved_count("Số lớp đã tổ chức", old.classes.held, now.classes.held, "lớp"),
        moved_count("Số đơn vị chưa báo cáo", len(old.silent), len(now.silent), "đơn vị"),
    ]
    if old.organising and now.organising:
        sentences.append(moved_count("Số đơn vị chưa tổ chức", len(old.unorganised), len(now.unorganised), "đơn vị"))
    if old.classes.outsiders or now.classes.outsiders:
        sentences.append(
            moved_count("Số người ngoài Đảng dự học", old.classes.outsiders, now.classes.outsiders, "người")
        )
    said = "; ".join(_small(one.removesuffix(".")) for one in sentences if one)
    paragraphs = [f"So với {before.name}: {said}."]
    rises, falls = moved_units(old.units, now.units)
    if rises:
        paragraphs.append(f"Đơn vị tăng nhiều nhất: {'; '.join(rises)}.")
    if falls:
        paragraphs.append(f"Đơn vị giảm: {'; '.join(falls)}.")
    return paragraphs


def moved_units(old: Sequence[UnitRow], now: Sequence[UnitRow]) -> tuple[list[str], list[str]]:
    """Units whose share rose and fell most; only those that had reported both times."""
    then = {row.unit_id: row for row in old if not row.is_silent}
    steps = []
    for row in now:
        earlier = then.get(row.unit_id)
        if earlier is None or row.is_silent:
            continue
        was, share_now = printed_share(earlier.done, earlier.obliged), printed_share(row.done, row.obliged)
        if was is not None and share_now is not None and was != share_now:
            way = "lên" if share_now > was else "xuống"
            words = (
                f"{row.name} (từ {show_percent(earlier.done, earlier.obliged)} {way} {show_percent(row.done, row.obliged)}, "
                f"{'tăng' if share_now > was else 'giảm'} {show_number(abs(share_now - was), 1)} điểm phần trăm)"
            )
            steps.append((share_now - was, row.name, words))
    steps.sort(key=lambda step: (-abs(step[0]), step[1]))
    rises = [words for step, _, words in steps if step > 0][:MOST_MOVED]
    return rises, [words for step, _, words in steps if step < 0][:MOST_MOVED]


def common_share(figures: Figures) -> Decimal | None:
    """The share that units are measured against: of the people in units that have reported."""
    return share(figures.people.done, figures.heard_people) if figures.heard_people > 0 else None


def praised_units(figures: Figures) -> list[UnitRow]:
    """Units below that have organised and reported everything and reach the common share, best first."""
    whole = common_share(figures)
    if whole is None:
        return []
    rows = [
        row
        for row in figures.units
        if not row.is_own and row.is_complete and row.done and (share(row.done, row.obliged) or Decimal(0)) >= whole
    ]
    return sorted(rows, key=lambda row: (-(share(row.done, row.obliged) or Decimal(0)), -row.obliged, row.name))


def slow_units(figures: Figures) -> list[UnitRow]:
    """Units below that have organised and reported and stay under the common share, lowest first.

    Who has not organised is named as such already; its few early results are no low share.
    """
    whole = common_share(figures)
    waiting = {(one.under, one.name) for one in figures.unorganised}
    praised = set(praised_units(figures))
    rows = [
        row
        for row in figures.units
        if not row.is_own and row.obliged and not row.is_silent and row.owing and (row.unit_id, row.name) not in waiting
        and whole is not None and (share(row.done, row.obliged) or Decimal(0)) <= whole and row not in praised
    ]  # fmt: skip
    return sorted(rows, key=lambda row: (share(row.done, row.obliged) or Decimal(0), -row.owing, row.name))


def _praise(figures: Figures) -> list[str]:
    rows = praised_units(figures)
    paragraphs = []
    if rows:
        full = sum(not row.owing for row in rows)
        named = "; ".join(_unit_share(row) for row in rows[:MOST_NAMED])
        lead = (
            f"Có {show_number(len(rows))} đơn vị trực thuộc tổ chức, báo cáo đầy đủ và đạt từ tỷ lệ chung "
            f"({show_percent(figures.people.done, figures.heard_people)}) trở lên"
        )
        if len(rows) <= MOST_NAMED:
            paragraphs.append(f"{lead}: {named}.")
        else:
            whole = f", trong đó {show_number(full)} đơn vị đạt 100%" if full else ""
            paragraphs.append(f"{lead}{whole}. Tiêu biểu: {named} (kết quả từng đơn vị tại {BY_UNIT}).")
    elif any(row.done for row in figures.units if not row.is_own):
        best = sorted(
            (row for row in figures.units if row.done and not row.is_own),
            key=lambda row: (-(share(row.done, row.obliged) or Decimal(0)), -row.obliged, row.name),
        )
        said = [_unit_share(row) for row in best[:MOST_MOVED]]
        paragraphs.append(
            "Chưa có đơn vị trực thuộc nào vừa tổ chức, báo cáo đầy đủ vừa đạt từ tỷ lệ chung trở lên; "
            f"tỷ lệ cao nhất: {'; '.join(said)}."
        )
    if figures.praise:
        paragraphs.append(figures.praise)
    return paragraphs


def _unit_share(row: UnitRow) -> str:
    return f"{row.name} ({_reached(row)})"


def _reached(row: UnitRow) -> str:
    return f"{show_number(row.done)}/{show_number(row.obliged)} người, đạt {show_percent(row.done, row.obliged)}"


def _urge(figures: Figures) -> list[str]:
    paragraphs = []
    mute = sorted(
        (row for row in figures.units if row.is_silent and not row.is_own), key=lambda row: (-row.obliged, row.name)
    )
    if mute:
        said = [f"{row.name} ({show_number(row.obliged)} người)" for row in mute]
        paragraphs.append(
            f"Có {show_number(len(mute))} đơn vị trực thuộc chưa báo cáo kết quả nào: "
            f"{listed(said, most=MOST_NAMED, mark='; ', where=SILENT)}."
        )
    paragraphs.append(_scattered(figures, {row.unit_id for row in mute}))
    if figures.unorganised:
        paragraphs.append(_unorganised(figures))
    slow = slow_units(figures)
    if slow:
        said = [f"{row.name} ({_reached(row)}, còn {show_number(row.owing)} người)" for row in slow]
        paragraphs.append(
            f"Có {show_number(len(slow))} đơn vị đã tổ chức nhưng chưa vượt tỷ lệ chung "
            f"({show_percent(figures.people.done, figures.heard_people)}); thấp nhất: "
            f"{listed(said, most=MOST_NAMED, mark='; ', where=BY_UNIT)}."
        )
    if figures.criticism:
        paragraphs.append(figures.criticism)
    return paragraphs


def _unorganised(figures: Figures) -> str:
    """Units directly below come first by name; what lies deeper under many is counted."""
    waiting = figures.unorganised
    direct = [one.name for one in waiting if not one.superior]
    lead = f"Có {show_number(len(waiting))} đơn vị chưa tổ chức học tập"
    if len(waiting) <= MOST_NAMED or len(direct) in (0, len(waiting)):
        return f"{lead}: {listed(_names(waiting), most=MOST_NAMED, mark='; ', where=UNORGANISED)}."
    deeper = show_number(len(waiting) - len(direct))
    return (
        f"{lead}, trong đó có {show_number(len(direct))} đơn vị trực thuộc ({listed(direct, most=MOST_NAMED)}) và "
        f"{deeper} đơn vị cấp dưới của các đơn vị trực thuộc (tên từng đơn vị tại {UNORGANISED})."
    )


def _scattered(figures: Figures, elsewhere: set[int]) -> str:
    """Silent cells under units that have reported in part: few by name, many by the unit they lie under."""
    cells = [one for one in figures.silent if one.under not in elsewhere]
    if not cells:
        return ""
    lead = f"Ngoài ra còn {show_number(len(cells))}" if elsewhere else f"Có {show_number(len(cells))}"
    if len(cells) <= MOST_NAMED:
        said = [
            f"{one.name} ({f'{one.superior}, ' if one.superior else ''}{show_number(one.people)} người)"
            for one in cells
        ]
        return f"{lead} chi bộ chưa báo cáo: {'; '.join(said)}."
    named = {row.unit_id: row.name for row in figures.units}
    under = Counter(one.under for one in cells if one.under in named)
    people = sum(one.people for one in cells)
    sentence = f"{lead} chi bộ chưa báo cáo, với {show_number(people)} người phải học"
    if not under:
        return f"{sentence} ({SILENT})."
    most = sorted(under.items(), key=lambda one: (-one[1], named[one[0]]))
    said = [f"{named[unit]} ({show_number(count)} chi bộ)" for unit, count in most]
    return (
        f"{sentence}, ở {show_number(len(most))} đơn vị trực thuộc{'; nhiều nhất' if len(most) > MOST_NAMED else ''}: "
        f"{listed(said, most=MOST_NAMED, mark='; ')} (tên từng chi bộ tại {SILENT})."
    )


def _shortcomings(figures: Figures) -> list[str]:
    people = figures.people
    said = []
    if figures.unorganised:
        said.append(
            f"còn {show_number(len(figures.unorganised))}/{show_number(figures.organising)} đơn vị chưa tổ chức học tập"
        )
    if figures.silent:
        said.append(f"còn {show_number(len(figures.silent))}/{show_number(figures.cells)} đơn vị chưa báo cáo kết quả")
    if people.absent:
        said.append(
            f"{show_number(people.absent)} người vắng không có lý do ({show_percent(people.absent, people.obliged)} số phải học)"
        )
    if people.retake:
        said.append(f"{show_number(people.retake)} người vắng quá thời gian cho phép, phải học lại")
    if figures.catch_ups.late:
        said.append(f"{show_number(figures.catch_ups.late)} người vắng chưa được mời học bù đúng hạn")
    paragraphs = [f"Qua số liệu, {'; '.join(said)}."] if said else []
    if not said and people.obliged and not people.owing:
        paragraphs.append("Qua số liệu, tất cả các đơn vị đã tổ chức và báo cáo; không còn người nào chưa học xong.")
    if figures.lessons:
        paragraphs.append(f"Bài học kinh nghiệm qua sơ kết: {figures.lessons}")
    return paragraphs


def _proposals(figures: Figures) -> list[str]:
    paragraphs = []
    if figures.unorganised:
        paragraphs.append(
            f"Đề nghị {show_number(len(figures.unorganised))} đơn vị chưa tổ chức hoàn thành việc học tập, quán triệt "
            f"{_until(figures)}."
        )
    if figures.silent:
        paragraphs.append(
            f"Đề nghị {show_number(len(figures.silent))} đơn vị chưa báo cáo gửi kết quả; cấp ủy cấp trên trực tiếp đôn đốc."
        )
    missed = figures.people.excused + figures.people.absent + figures.people.retake
    if missed:
        paragraphs.append(
            f"Đề nghị các cấp ủy xếp lớp học bù cho {show_number(missed)} người vắng hoặc phải học lại, hoàn thành "
            f"{_until(figures)}."
        )
    if figures.people.absent:
        paragraphs.append(
            f"Đề nghị chi bộ làm rõ lý do của {show_number(figures.people.absent)} người vắng không có lý do, "
            "kiểm điểm, xử lý theo quy định."
        )
    return paragraphs
