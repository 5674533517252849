#!/usr/bin/env python3
"""Check the log of Quán triệt without any of its code: edits, deletions, insertions, reordering, a cut tail.

    verify_log.py quantriet.sqlite3 [--anchor anchors/]     the database of an installation on SQLite
    verify_log.py postgres://…      [--anchor anchors/]     PostgreSQL, where the package psycopg is installed
    verify_log.py folder/           [--anchor anchors/]     the three files that psql wrote (docs/audit-log.md)

--anchor: anchor files or a folder of them, kept where the database cannot reach; only they show a tail cut with its seals.
Ends with 0 when all is well, 1 when something is wrong (the first wrong line stands there), 2 when it could not look.
"""

import csv
import datetime as dt
import hashlib
import json
import re
import sqlite3
import sys
from pathlib import Path

ERASED, LATE_HOURS = "(đã xóa)", 6
MOMENT = "to_char({0} at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
TABLES = {  # table: (order, columns); "@" is a moment, "#" a whole number, "{" JSON
    "audit_auditevent": (
        "id",
        "#id @at #actor_id actor_label verb thing_kind thing_id thing_label #unit_id unit_path #person_id {before {after",
    ),
    "audit_auditseal": (
        "number",
        "#number #first_id #last_id #count {gaps {late fingerprints @sealed_at previous digest",
    ),
    "audit_auditredaction": ("event_id", "#event_id part digest #erasure_id"),
}


def rows_of(source, table):
    order, columns = TABLES[table]
    kinds = columns.split()
    names = [name.lstrip("@#{") for name in kinds]
    if source.startswith("postgres"):
        import psycopg  # the one package that may be there

        shown = [
            MOMENT.format(name) if kind[0] == "@" else f"{name}::text" for kind, name in zip(kinds, names, strict=True)
        ]
        with psycopg.connect(source) as connection, connection.cursor(name=table) as cursor:
            yield from (
                read(kinds, row) for row in cursor.execute(f"select {', '.join(shown)} from {table} order by {order}")
            )
    elif Path(source).is_dir():
        csv.field_size_limit(2**31 - 1)
        with open(Path(source) / f"{table}.csv", encoding="utf-8", newline="") as file:
            yield from (read(kinds, [row[name] for name in names]) for row in csv.DictReader(file))
    else:
        connection = sqlite3.connect(f"file:{Path(source).resolve()}?mode=ro", uri=True)
        yield from (
            read(kinds, row) for row in connection.execute(f"select {', '.join(names)} from {table} order by {order}")
        )


def read(kinds, row):
    values = {}
    for kind, value in zip(kinds, row, strict=True):
        name = kind.lstrip("@#{")
        if kind[0] == "#":
            value = None if value in (None, "") else int(value)
        elif kind[0] == "{":
            value = json.loads(value)
        elif kind[0] == "@" and "T" not in value:  # SQLite: 2026-11-28 03:04:05[.000006]
            day, clock = value.split(" ")
            value = f"{day}T{clock if '.' in clock else clock + '.000000'}Z"
        values[name] = value
    return values


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def sha(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def line_digest(line, kept):
    fixed = "id at actor_id verb thing_kind thing_id unit_id unit_path person_id".split()
    actor = kept.get((line["id"], "actor")) or sha(canonical([line["actor_label"]]))
    content = kept.get((line["id"], "content")) or sha(canonical([line["thing_label"], line["before"], line["after"]]))
    return sha("\n".join([canonical([line[name] for name in fixed]), actor, content]))


def wrong_erasure(line, part, erasure):
    """Why this part of a line may not be missing, or nothing."""
    if not erasure or erasure["verb"] != "person.erased":
        return "không có dòng “xóa thông tin cá nhân” nào làm căn cứ"
    person, account = erasure["person_id"], erasure["after"].get("account")
    if part == "actor":
        fits, blank = account is not None and line["actor_id"] == account, line["actor_label"] == ERASED
    else:
        about = [("org.person", str(person)), *([("org.account", str(account))] if account is not None else [])]
        fits = line["person_id"] == person or (line["thing_kind"], line["thing_id"]) in about
        blank = (line["thing_label"], line["before"], line["after"]) == (ERASED, {}, {})
    return "" if fits and blank else "phần bị xóa không thuộc người có yêu cầu xóa, hoặc có chữ khác thế vào"


def numbers(spans):
    return {n for first, last in spans for n in range(first, last + 1)}


def check(source, anchors):
    """(what is wrong or nothing, a sentence of what was seen)."""
    redactions = list(rows_of(source, "audit_auditredaction"))
    kept = {(one["event_id"], one["part"]): one["digest"] for one in redactions}
    looked_at = {one[name] for one in redactions for name in ("event_id", "erasure_id")}
    lines, whole = {}, {}  # digests of all lines; the words of a few
    for line in rows_of(source, "audit_auditevent"):
        lines[line["id"]] = line_digest(line, kept)
        if line["id"] in looked_at:
            whole[line["id"]] = line
    for one in redactions:
        line = whole.get(one["event_id"])
        why = line and wrong_erasure(line, one["part"], whole.get(one["erasure_id"]))
        if why:
            return f"dòng {one['event_id']}: {why}", ""
    seals, previous, last, open_gaps = {}, "0" * 64, 0, {}
    for seal in rows_of(source, "audit_auditseal"):
        number, late = seal["number"], numbers(seal["late"])
        if number != len(seals) + 1:
            return f"thiếu dấu niêm số {len(seals) + 1}", ""
        if seal["previous"] != previous or seal["first_id"] != last + 1:
            return f"dấu niêm số {number} không nối với dấu trước", ""
        if not late <= open_gaps.keys():
            return f"dấu niêm số {number} nhận dòng muộn ngoài khoảng trống", ""
        inside = sorted(late | set(range(seal["first_id"], seal["last_id"] + 1)) - numbers(seal["gaps"]))
        if len(inside) != seal["count"] or len(seal["fingerprints"]) != 8 * len(inside):
            return f"dấu niêm số {number} bị sửa", ""
        found = []
        for place, n in enumerate(inside):
            print8 = seal["fingerprints"][8 * place : 8 * place + 8]
            if n not in lines:
                return f"dòng {n}: đã bị xóa sau khi niêm (dấu số {number})", ""
            found.append(lines[n])
            if not found[-1].startswith(print8):
                return f"dòng {n}: nội dung khác với lúc niêm (dấu số {number})", ""
        head = [
            number,
            seal["first_id"],
            seal["last_id"],
            seal["count"],
            seal["gaps"],
            seal["late"],
            seal["sealed_at"],
            previous,
        ]
        if sha("\n".join(["quantriet-seal-1", canonical(head), *found])) != seal["digest"]:
            return f"dấu niêm số {number} bị sửa", ""
        for n in late:
            del open_gaps[n]
        open_gaps.update(dict.fromkeys(numbers(seal["gaps"]), seal["sealed_at"]))
        seals[number], previous, last = seal["digest"], seal["digest"], seal["last_id"]
        newest = seal["sealed_at"]
    waiting = sum(n > last for n in lines)
    for n in sorted(open_gaps.keys() & lines.keys()):
        is_file = not source.startswith("postgres") and not Path(source).is_dir()
        hours = (
            dt.datetime.fromisoformat(newest[:-1]) - dt.datetime.fromisoformat(open_gaps[n][:-1])
        ).total_seconds() / 3600
        if is_file or hours > LATE_HOURS:
            return f"dòng {n}: chèn thêm vào chỗ đã niêm", ""
        waiting += 1
    for number, digest, where in anchors:
        if number not in seals:
            return (
                f"cắt đuôi: mốc neo {where} ghi dấu niêm số {number}, nhật ký chỉ còn đến dấu số {len(seals)} (dòng {last})",
                "",
            )
        if seals[number] != digest:
            return f"dấu niêm số {number} khác với mốc neo {where}: nhật ký đã bị viết lại", ""
    gone = len({one["event_id"] for one in redactions})
    return (
        "",
        f"{len(lines)} dòng, {len(seals)} dấu niêm, {len(anchors)} mốc neo khớp; {waiting} dòng chưa niêm, {gone} dòng đã xóa phần riêng theo yêu cầu",
    )


def read_anchors(places):
    for place in places:
        for file in sorted(place.glob("*.txt")) if place.is_dir() else [place]:
            for row, text in enumerate(file.read_text("utf-8").splitlines(), 1):
                found = re.search(r"seal=(\d+) .*digest=([0-9a-f]{64})", text)
                if not found:
                    raise ValueError(f"{file}:{row}: không phải mốc neo")
                yield int(found[1]), found[2], f"{file.name}:{row}"


def main(arguments):
    if not arguments or arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 2
    try:
        wrong, seen = check(arguments[0], list(read_anchors([Path(one) for one in arguments[1:] if one != "--anchor"])))
    except (OSError, sqlite3.Error, ImportError, ValueError, KeyError) as error:
        print(f"KHÔNG ĐỌC ĐƯỢC: {error}")
        return 2
    print(f"SAI: {wrong}" if wrong else f"OK: {seen}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
