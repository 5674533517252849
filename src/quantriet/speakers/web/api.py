"""The registers of reporters for machines."""

from __future__ import annotations

import datetime as dt
from typing import Any

from quantriet.kit.time import today
from quantriet.kit.vocab import gettext_noop
from quantriet.kit.web.api import LIMIT, Cursor, Limit, Named, Page, Row, Words, paged
from quantriet.org.vocab import Permission
from quantriet.org.web.door import ApiRequest, Door
from quantriet.speakers import access
from quantriet.speakers.models import Reporter
from quantriet.speakers.queries import search
from quantriet.speakers.vocab import Half, ReporterKind, TheoryLevel

door = Door(tags=["speakers"])


class ReporterOut(Row):
    id: int
    kind: str
    person: str
    unit: Named
    is_specialist: bool
    theory_level: str
    profession: str
    since_year: int | None
    source: str
    decision_number: str
    decided_on: dt.date | None
    valid_from: dt.date
    fields: list[str]


def _shown(found: list[Reporter]) -> list[Any]:
    names = (
        "id", "kind", "unit", "is_specialist", "theory_level", "profession", "since_year", "source", "decision_number",
        "decided_on", "valid_from",
    )  # fmt: skip
    return [
        {name: getattr(one, name) for name in names}
        | {"person": one.person.full_name, "fields": [field.name for field in one.fields.all()]}
        for one in found
    ]


@door.read("/speakers", Permission.SPEAKER_VIEW, Page[ReporterOut], gettext_noop("List reporters and propagandists"))
def list_reporters(
    request: ApiRequest, q: Words = "", kind: ReporterKind | None = None, theory: TheoryLevel | None = None,
    free_on: dt.date | None = None, half: Half | None = None, limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """Standing entries on the registers of the token's units and of those above. `theory`: at least; `free_on`: neither busy
    nor promised on that day, or in that `half` of it."""
    wanted = search.Wanted(words=q, kind=kind, theory=theory, free_on=free_on, half=half)
    rows = search.fitting(access.reporters_seen_by(request.account), wanted, day=today())
    rows = rows.select_related("person", "unit").prefetch_related("fields")
    return paged(request, rows, ["pk"], limit=limit, cursor=cursor, show=_shown)
