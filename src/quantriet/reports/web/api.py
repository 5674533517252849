"""Reports for machines: the list, one with its figures, and the files as they were sent."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

from quantriet.kit.vocab import gettext_noop
from quantriet.kit.web import download
from quantriet.kit.web.api import LIMIT, Cursor, Key, Limit, Named, Page, Row, paged
from quantriet.org import access as org_access
from quantriet.org.models import path_end
from quantriet.org.vocab import Permission
from quantriet.org.web.door import ApiRequest, Door
from quantriet.reports import access, queries
from quantriet.reports.vocab import ReportState
from quantriet.reports.web.desk import DOCX, XLSX, file_name

door = Door(tags=["reports"])


class ReportOut(Row):
    id: int
    unit: Named
    campaign_id: int
    kind: str
    number: str
    subject: str
    as_of: dt.datetime
    done: int
    obliged: int
    state: str
    signed_on: dt.date | None
    signer_name: str
    sent_at: dt.datetime | None
    docx_digest: str
    xlsx_digest: str


class ReportDetail(ReportOut):
    """The report with its figures as they were frozen, and its words by section."""

    body: str
    place: str
    recipients: str
    signer_title: str
    corrects_id: int | None
    previous_id: int | None
    figures: dict[str, Any]
    texts: dict[str, str]


@door.read("/reports", Permission.REPORT_VIEW, Page[ReportOut], gettext_noop("List reports"))
def list_reports(
    request: ApiRequest, campaign: Key | None = None, under: Key | None = None, state: ReportState | None = None,
    limit: Limit = LIMIT, cursor: Cursor = "",
) -> Any:  # fmt: skip
    """Reports the token sees, by the moment of their figures, the latest first."""
    rows = access.reports_seen_by(request.account).select_related("unit")
    if campaign is not None:
        rows = rows.filter(campaign_id=campaign)
    if under is not None:
        unit = org_access.get_unit(request.account, under, Permission.REPORT_VIEW)
        rows = rows.filter(unit__path__gte=unit.path, unit__path__lt=path_end(unit.path))
    if state:
        rows = rows.filter(state=state)
    return paged(request, rows, ["-as_of", "-pk"], limit=limit, cursor=cursor)


@door.read("/reports/{pk}", Permission.REPORT_VIEW, ReportDetail, gettext_noop("One report"))
def get_report(request: ApiRequest, pk: Key) -> Any:
    """One report with everything it says."""
    found = access.get_report(request.account, pk)
    names = ("body", "place", "recipients", "signer_title", "corrects_id", "previous_id", "figures")
    return {
        **ReportOut.model_validate(found).model_dump(),
        **{name: getattr(found, name) for name in names},
        "texts": {str(section): str(one.get("text", "")) for section, one in found.narrative.items()},
    }


@door.read("/reports/{pk}/word", Permission.REPORT_VIEW, None, gettext_noop("Word file of a report"), file=DOCX)
def get_report_word(request: ApiRequest, pk: Key) -> Any:
    """The paper; of a sent report byte for byte what was sent."""
    found = access.get_report(request.account, pk)
    return download(io.BytesIO(queries.word_file(found)), name=f"{file_name(found)}.docx", kind=DOCX)


@door.read("/reports/{pk}/excel", Permission.REPORT_VIEW, None, gettext_noop("Excel file of a report"), file=XLSX)
def get_report_excel(request: ApiRequest, pk: Key) -> Any:
    """The tables; of a sent report byte for byte what was sent."""
    found = access.get_report(request.account, pk)
    return download(io.BytesIO(queries.excel_file(found)), name=f"{file_name(found)}.xlsx", kind=XLSX)
