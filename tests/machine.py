"""A machine that calls the API with a key of somebody of the cast, and a world in which every operation finds something."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.models import Account, ApiToken
from quantriet.org.vocab import SCOPES, Permission
from quantriet.org.web.door import METER

ROOT = "/api/v1"


@dataclass
class Machine:
    """Calls with one key; a fresh account instance each time, as in a process of its own."""

    token: ApiToken
    secret: str

    def __post_init__(self) -> None:
        METER.forget()
        self.client = Client(raise_request_exception=False)

    def headers(self, more: dict[str, str]) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.secret}", **more}

    def get(self, path: str, values: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.client.get(_address(path), values or {}, headers=self.headers(headers))

    def send(self, path: str, body: Any, method: str = "post", **headers: str) -> Any:
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        call = getattr(self.client, method)
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return call(_address(path), text, content_type="application/json", headers=self.headers(more))


def _address(path: str) -> str:
    return path if path.startswith(("/api/", "http")) else ROOT + path


def machine(account: Account, *scopes: Permission, days: int = 30) -> Machine:
    """A machine with a key for these scopes, or for all that the account has."""
    from quantriet.org import access

    fresh = Account.objects.get(pk=account.pk)
    wanted = scopes or tuple(one for one in SCOPES if access.may_anywhere(fresh, one))
    token, secret = actions.make_token(
        fresh, name="Phần mềm thử", scopes=wanted, ends_on=today() + dt.timedelta(days=days), at=now()
    )
    return Machine(token, secret)


@dataclass
class World:
    """Something of everything, in the branch of commune X1, and the keys of it."""

    campaign: int
    study_class: int
    session: int
    entry: int
    fact: int
    excuse: int
    report: int
    document: int
    unit: int
    person: int
    post: int
    exemption: int


def make_world(cast: Any) -> World:
    """A running campaign with a class of today, a mark, an excuse and a draft report."""
    from quantriet.attendance import actions as attendance_actions
    from quantriet.attendance.tests import factories
    from quantriet.attendance.vocab import FactKind
    from quantriet.library.models import Clause, KeyPoint
    from quantriet.org.models import ActivityExemption, PostHeld
    from quantriet.reports import actions as report_actions

    campaign = factories.make_campaign(cast)
    made = factories.make_class(cast, campaign, ["M1", "M2", "M3", "M7"], times=((dt.time(0, 5), dt.time(0, 10)),))
    officer = cast.accounts["organiser1"]
    mark = made.mark("M2", FactKind.WHOLE, now())
    attendance_actions.record_marks([mark], by=officer, at=now())
    excuse = attendance_actions.ask_excuse(made.entries["M3"], session=None, reason="Nằm viện", by=officer, at=now())
    report = report_actions.draft_report(campaign, cast.units["X1"], by=officer, at=now())
    document = campaign.documents.get()
    clause = Clause.objects.create(document=document, order=1, number="3", label="mục 3", text="Nội dung")
    KeyPoint.objects.create(document=document, clause=clause, text="Điểm cốt lõi", order=1)
    exemption = actions.give_exemption(
        cast.people["M6"], by=officer, at=now(), reason="Tuổi cao", valid_from=today(), valid_to=None, basis=""
    )
    assert isinstance(exemption, ActivityExemption)
    fact = made.entries["M2"].facts.get()
    return World(
        campaign.pk, made.study_class.pk, made.session.pk, made.entries["M1"].pk, fact.pk, excuse.pk, report.pk,
        document.pk, cast.units["CB11"].pk, cast.people["M1"].pk, PostHeld.objects.get(person=cast.people["M2"]).pk,
        exemption.pk,
    )  # fmt: skip
