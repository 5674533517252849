"""A list too long for a request is made by a job and offered when it is done."""

from pathlib import Path

import pytest
from django.conf import settings
from django.urls import reverse

from quantriet.kit.jobs import Worker
from quantriet.kit.time import now, today
from quantriet.org import actions
from quantriet.org.models import Appointment
from quantriet.org.tests import lists
from quantriet.org.web import people

pytestmark = pytest.mark.django_db


@pytest.fixture
def long_lists(monkeypatch, settings, tmp_path):
    """Three people are many here."""
    monkeypatch.setattr(people, "AT_ONCE", 3)
    settings.MEDIA_ROOT = str(tmp_path)


def files():
    return list((Path(settings.MEDIA_ROOT) / "exports").glob("*"))


def test_a_long_list_of_people_is_made_by_a_job_once_and_then_offered(cast, as_user, long_lists):
    client, url = as_user("organiser1"), reverse("people-list")
    Worker([]).run_all()
    for _ in range(2):
        asked = client.get(url, {"format": "xlsx", "kind": "member"}, follow=True)
        assert asked.redirect_chain == [("?kind=member", 302)]
        assert "Tệp Excel 9 người đang được lập" in asked.text
    assert Worker([]).run_all() == 1
    answer = client.get(url, {"format": "xlsx", "kind": "member"})
    rows = lists.cells_of(b"".join(answer.streaming_content))
    assert {row[0] for row in rows} >= {f"M{n}" for n in range(1, 10)}
    assert "M10" not in {row[0] for row in rows}
    assert len(files()) == 1
    # Another account, another filter: another file.
    assert as_user("leader1").get(url, {"format": "xlsx", "kind": "member"}).status_code == 302
    assert as_user("organiser1").get(url, {"format": "xlsx"}).status_code == 302


def test_a_file_made_for_other_rights_is_not_offered(cast, as_user, long_lists):
    client, url = as_user("organiser1"), reverse("people-list")
    client.get(url, {"format": "xlsx"})
    Worker([]).run_all()
    assert client.get(url, {"format": "xlsx"}).status_code == 200
    given = Appointment.objects.get(account=cast.accounts["organiser1"])
    actions.give_appointment(
        cast.accounts["organiser1"], by=None, at=now(), role=given.role, unit=cast.units["CB21"], valid_from=today()
    )
    assert client.get(url, {"format": "xlsx"}).status_code == 302


def test_a_short_list_is_given_at_once(cast, as_user):
    assert as_user("officer").get(reverse("people-list"), {"format": "xlsx"}).status_code == 200
