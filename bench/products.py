"""All products of one master from nothing to files, in under 10 s, and pictures to share below 400 kB."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Iterator
from typing import Any

from bench.registry import Figure, program

SECONDS, KILOBYTES = 10.0, 400.0
ROUNDS = 3
_WORDS = (
    "Cấp ủy quán triệt sâu sắc, thống nhất nhận thức, đổi mới phương pháp học tập theo hướng thiết thực, ngắn gọn, dễ hiểu, dễ nhớ; "
    "người đứng đầu chịu trách nhiệm về kết quả. "
)
# How many parts of each kind: a master as an office composes it, and one that nobody shortened.
USUAL = {"core": 6, "new": 4, "figure": 4, "question": 8, "meaning": 2, "explanation": 2}
LONG = {"core": 40, "new": 25, "figure": 15, "question": 60, "meaning": 10, "explanation": 10}


def _master(unit: Any, editor: Any, approver: Any, number: str, parts: dict[str, int], length: int) -> Any:
    """An approved master whose parts are all for one audience."""
    from quantriet.kit.time import now
    from quantriet.library import actions
    from quantriet.library.actions import masters
    from quantriet.library.vocab import Audience, PartKind

    document = actions.register_document(
        by=editor, at=now(), unit=unit, reference_number=number, issuing_body="Tỉnh ủy", level="province",
        issued_on=dt.date(2026, 11, 2), subject="về nâng cao chất lượng sinh hoạt chi bộ và học tập nghị quyết",
        paragraphs=["1. Nhiệm vụ", "Các cấp ủy thực hiện."],
    )  # fmt: skip
    clause = document.clauses.get(number="1")
    master = masters.compose_master(document, by=editor, at=now())
    for kind, count in parts.items():
        for at in range(count):
            words = f"{at + 1}. {_WORDS * (1 + at % length)}"
            said = masters.PartText(
                PartKind(kind), (Audience.RURAL,), f"Nội dung thứ {at + 1}", words,
                masters.parse_value("98,5") if kind == "figure" else None, "%" if kind == "figure" else "",
                "trang 3" if kind == "explanation" else "", clause,
            )  # fmt: skip
            masters.add_part(master, said, by=editor, at=now())
    masters.submit_master(master, revision=master.revision, by=editor, at=now())
    masters.approve_master(master, revision=master.revision, by=approver, at=now())
    return master


@program("products")
def products_of_a_master() -> Iterator[Figure]:
    from django.core.management import call_command

    from bench.province import make_province
    from quantriet.kit.time import now
    from quantriet.library.actions import materials
    from quantriet.library.models import Material, MaterialFile
    from quantriet.library.vocab import Audience, MaterialForm, MaterialKind, MaterialState
    from quantriet.org import actions as org_actions

    call_command("migrate", verbosity=0)
    top = make_province(cells=2, people=10)
    editor, approver = (
        org_actions.add_account(by=None, at=now(), username=name, display_name=name, password="mat-khau-do-tai")
        for name in ("editor", "approver")
    )
    kinds = [kind for kind in MaterialKind if kind.is_made]
    for what, number, parts, length in (("usual", "15-NQ/TU", USUAL, 1), ("long", "16-NQ/TU", LONG, 4)):
        master = _master(top, editor, approver, number, parts, length)
        times = []
        for _round in range(ROUNDS):
            asked = materials.ask_for(master, kinds, Audience.RURAL, by=editor, at=now())
            start = time.perf_counter()
            for one in asked:
                materials.make_material(one.pk, at=now())
            times.append(time.perf_counter() - start)
        assert Material.objects.filter(master=master, state=MaterialState.READY).count() == len(kinds)
        files = MaterialFile.objects.filter(material__master=master)
        size = f"{what} master, {sum(parts.values())} parts"
        yield Figure(
            f"{size}: all {len(kinds)} products, {files.count()} files", statistics.median(times), SECONDS, "s"
        )
        pictures = files.filter(form__in=[MaterialForm.SQUARE, MaterialForm.TALL]).order_by("-size")
        if pictures:
            yield Figure(f"{size}: the heaviest picture to share", pictures[0].size / 1000, KILOBYTES, "kB")
