"""The Excel file of a report: the same figures as the paper, with every unit named."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from quantriet.kit.numbers import printed_share, show_percent
from quantriet.kit.spreadsheets import OutColumn, Sheet, write_workbook
from quantriet.reports.rules.paper import unit_note
from quantriet.reports.vocab import ClassGroup, Figures, Group, People, UnitRow

_SHARE = OutColumn("share", "Tỷ lệ", kind="percent")
_ONCE = "Mỗi người tính một lần, ở lớp đã dự đủ thời gian; chưa dự đủ thì tính ở lớp gần nhất được triệu tập."


def workbook(figures: Figures, *, title: str, at: datetime) -> bytes:
    """The workbook of these figures; same figures, title and moment, same bytes."""
    content = io.BytesIO()
    write_workbook(content, _sheets(figures, title), at=at, title=title)
    return content.getvalue()


def _sheets(figures: Figures, title: str) -> Sequence[Sheet]:
    heading = (title, f"{figures.campaign}, {figures.as_of}")
    sheets = [
        Sheet(
            "Tổng hợp",
            [
                OutColumn("what", "Nội dung", 62),
                OutColumn("value", "Số liệu", 16, "whole"),
                OutColumn("note", "Ghi chú", 50),
            ],
            _summary(figures),
            heading=heading,
        ),
        Sheet(
            "Theo đơn vị",
            [
                OutColumn("name", "Đơn vị", 36),
                OutColumn("obliged", "Phải học", 10, "whole"),
                OutColumn("done", "Đã học", 10, "whole"),
                _SHARE,
                OutColumn("owing", "Chưa học xong", 10, "whole"),
                OutColumn("exempt", "Miễn học", 10, "whole"),
                OutColumn("cells", "Đơn vị có người học", 10, "whole"),
                OutColumn("silent", "Chưa báo cáo", 10, "whole"),
                OutColumn("organising", "Nơi phải tổ chức", 10, "whole"),
                OutColumn("organised", "Đã tổ chức", 10, "whole"),
                OutColumn("classes", "Số lớp", 10, "whole"),
                OutColumn("outsiders", "Người ngoài Đảng", 10, "whole"),
                OutColumn("note", "Ghi chú", 24),
            ],
            (_unit(row) for row in figures.units),
            heading=heading,
            total=_total(figures.units),
            notes=("Ô trống ở cột Đã học là đơn vị chưa báo cáo, không phải bằng 0.",),
        ),
        Sheet(
            "Theo cấp học",
            _class_columns("Cấp học"),
            _classes(figures.classes.levels),
            heading=heading,
            total=_class_total(figures.classes.levels),
            notes=(_ONCE,),
        ),
        Sheet(
            "Theo hình thức",
            _class_columns("Hình thức"),
            _classes(figures.classes.forms),
            heading=heading,
            total=_class_total(figures.classes.forms),
            notes=(_ONCE,),
        ),
        Sheet(
            "Theo đối tượng",
            [
                OutColumn("label", "Đối tượng", 40),
                OutColumn("obliged", "Phải học", 11, "whole"),
                OutColumn("done", "Đã học", 11, "whole"),
                _SHARE,
                OutColumn("credited", "Trong đó đã học nơi khác", 11, "whole"),
                OutColumn("alone", "Trong đó tự học", 11, "whole"),
                OutColumn("excused", "Vắng có lý do", 11, "whole"),
                OutColumn("absent", "Vắng không lý do", 11, "whole"),
                OutColumn("retake", "Phải học lại", 11, "whole"),
                OutColumn("waiting", "Chưa có kết quả", 11, "whole"),
                OutColumn("exempt", "Miễn học", 11, "whole"),
            ],
            _groups(figures),
            heading=heading,
        ),
    ]
    if figures.unorganised or figures.silent:
        sheets.append(
            Sheet(
                "Chưa tổ chức, chưa báo cáo",
                [
                    OutColumn("name", "Đơn vị", 44),
                    OutColumn("superior", "Cấp trên trực tiếp", 40),
                    OutColumn("people", "Số người phải học", kind="whole"),
                    OutColumn("state", "Tình trạng", 18),
                ],
                _named(figures),
                heading=heading,
            )
        )
    if figures.instructions:
        sheets.append(
            Sheet(
                "Thay đổi hình thức",
                [
                    OutColumn("on", "Ngày", 12),
                    OutColumn("unit", "Đơn vị", 40),
                    OutColumn("situation", "Lý do", 40),
                    OutColumn("before", "Hình thức trước", 18),
                    OutColumn("after", "Hình thức sau", 18),
                    OutColumn("postponed_to", "Lùi đến ngày", 14),
                    OutColumn("basis", "Căn cứ", 44),
                ],
                (asdict(one) for one in figures.instructions),
                heading=heading,
            )
        )
    return sheets


def _summary(figures: Figures) -> Iterator[dict[str, Any]]:
    people, classes, chain = figures.people, figures.classes, figures.catch_ups
    lines: list[tuple[str, int | None, str]] = [
        ("Số lớp đã tổ chức", classes.held, ""),
        ("Số lớp học bù trong đó", classes.catch_up, ""),
        ("Số lớp còn phải học", classes.planned, ""),
        ("Số buổi", classes.sessions, ""),
        ("Số địa điểm, điểm cầu", classes.venues, ""),
        ("Người được triệu tập đến các lớp đã học", sum(one.called for one in classes.levels), ""),
        ("– dự đủ thời gian", sum(one.attended for one in classes.levels), ""),
        ("Người phải học", people.obliged, "Không kể người miễn học"),
        ("Trong đó thuộc đơn vị chưa báo cáo", figures.silent_people, "Chưa rõ kết quả, không coi là bằng 0"),
        ("Đã học xong", people.done, f"Đạt {show_percent(people.done, people.obliged)}"),
        ("– tự học có xác nhận", people.alone, ""),
        ("– được công nhận đã học nơi khác", people.credited, ""),
        ("Chưa học xong", people.owing, ""),
        ("– vắng có lý do", people.excused, ""),
        ("– vắng không có lý do", people.absent, ""),
        ("– phải học lại", people.retake, ""),
        ("– chưa có kết quả", people.waiting, ""),
        ("Miễn học", people.exempt, ""),
        ("Người ngoài Đảng dự học", classes.outsiders, ""),
        ("Đưa vào danh sách học bù", chain.opened, ""),
        ("– đã học bù xong", chain.done, ""),
        ("– đã xếp vào lớp sau", chain.placed, "" if chain.placed is not None else "Chỉ biết ở thời điểm hiện tại"),
        ("– quá hạn mời", chain.late, "" if chain.late is not None else "Chỉ biết ở thời điểm hiện tại"),
        ("Nơi phải tổ chức", figures.organising, ""),
        ("Nơi chưa tổ chức", len(figures.unorganised), ""),
        ("Đơn vị có người học", figures.cells, ""),
        ("Đơn vị chưa báo cáo", len(figures.silent), ""),
    ]
    lines += [
        (f"{one.label}: số đồng chí", one.persons, f"{one.classes} lớp; {one.heads} người đứng đầu")
        for one in figures.leading
    ]
    for what, value, note in lines:
        yield {"what": what, "value": value, "note": note}


def _unit(row: UnitRow) -> dict[str, Any]:
    silent = row.is_silent
    return {
        "name": row.name,
        "obliged": row.obliged,
        "done": None if silent else row.done,
        "share": None if silent else printed_share(row.done, row.obliged),
        "owing": None if silent else row.owing,
        "exempt": row.exempt,
        "cells": row.cells,
        "silent": row.silent_cells,
        "organising": row.organising,
        "organised": row.organised,
        "classes": row.classes,
        "outsiders": row.outsiders,
        "note": unit_note(row),
    }


def _total(rows: Sequence[UnitRow]) -> dict[str, Any]:
    sums = {
        key: sum(getattr(row, name) for row in rows)
        for key, name in (
            ("obliged", "obliged"), ("done", "done"), ("owing", "owing"), ("exempt", "exempt"), ("cells", "cells"),
            ("silent", "silent_cells"), ("organising", "organising"), ("organised", "organised"), ("classes", "classes"),
            ("outsiders", "outsiders"),
        )
    }  # fmt: skip
    return {"name": "Cộng", "share": printed_share(sums["done"], sums["obliged"]), **sums}


def _class_columns(label: str) -> list[OutColumn]:
    return [
        OutColumn("label", label, 44),
        OutColumn("classes", "Số lớp", kind="whole"),
        OutColumn("called", "Được triệu tập", kind="whole"),
        OutColumn("attended", "Dự đủ thời gian", kind="whole"),
        _SHARE,
    ]


def _classes(groups: Sequence[ClassGroup]) -> Iterator[dict[str, Any]]:
    for one in groups:
        yield {
            "label": one.label,
            "classes": one.classes,
            "called": one.called,
            "attended": one.attended,
            "share": printed_share(one.attended, one.called),
        }


def _class_total(groups: Sequence[ClassGroup]) -> dict[str, Any]:
    called, attended = sum(one.called for one in groups), sum(one.attended for one in groups)
    return {
        "label": "Cộng",
        "classes": sum(one.classes for one in groups),
        "called": called,
        "attended": attended,
        "share": printed_share(attended, called),
    }


def _groups(figures: Figures) -> Iterator[dict[str, Any]]:
    """The same people twice, by content tier and by sort; each way ends with its own sum."""
    for groups, label in ((figures.tiers, "Cộng theo nội dung học"), (figures.sorts, "Cộng theo thành phần")):
        for one in groups:
            yield _group(one)
        if groups:
            yield _group(Group("", label, sum((one.people for one in groups), People())))


def _group(one: Group) -> dict[str, Any]:
    people = one.people
    return {
        "label": one.label,
        "obliged": people.obliged,
        "done": people.done,
        "share": printed_share(people.done, people.obliged),
        "credited": people.credited,
        "alone": people.alone,
        "excused": people.excused,
        "absent": people.absent,
        "retake": people.retake,
        "waiting": people.waiting,
        "exempt": people.exempt,
    }


def _named(figures: Figures) -> Iterator[dict[str, Any]]:
    for state, rows in (("Chưa tổ chức", figures.unorganised), ("Chưa báo cáo", figures.silent)):
        for one in rows:
            yield {"name": one.name, "superior": one.superior, "people": one.people or None, "state": state}
