"""One notice a person: in the inbox always, over the channels that kind and wishes allow, in its hours, once."""

import datetime as dt
import hashlib

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from quantriet.audit.models import AuditEvent
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import VIETNAM, local, now
from quantriet.notify import actions, queries
from quantriet.notify.actions import notices as notice_actions
from quantriet.notify.models import Message, Notice
from quantriet.notify.rules.times import Quiet, next_digest, read_quiet
from quantriet.notify.rules.ways import Wishes, channels_for
from quantriet.notify.vocab import (
    DIGEST_KIND,
    DigestPace,
    MessageState,
    NoticeChannel,
    NoticeGroup,
    NotificationKind,
)
from quantriet.org import actions as org_actions

NIGHT = Quiet(dt.time(21), dt.time(6, 30))
C = NoticeChannel


@pytest.fixture(autouse=True)
def edges(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def vn(day, hour, minute=0):
    """A moment of March 2026 on a Vietnamese clock."""
    return dt.datetime(2026, 3, day, hour, minute, tzinfo=VIETNAM)


def tell(cast, code="M1", **more):
    values = {
        "kind": "catch_up_reminder", "unit": cast.units["X1"], "subject": "Mời học bù", "body": "Kính gửi đồng chí.",
        "by": cast.officer, "at": now(), "link": "/me/",
    }  # fmt: skip
    return actions.send_notice(to=cast.people[code] if code in cast.people else cast.accounts[code], **values | more)


def reachable(cast, code="M1", *, email="huong@example.vn", phone=""):
    org_actions.change_person(cast.people[code], by=None, at=now(), email=email, phone=phone)
    cast.people[code].refresh_from_db()


def choose(cast, username="member1", *, at=None, **more):
    values = {
        "chosen": {}, "is_quiet": True, "quiet_from": None, "quiet_to": None, "quiet_mail": False,
        "pace": DigestPace.AT_ONCE, "digest_hour": 7, "digest_weekday": 0, "zalo_id": "",
    }  # fmt: skip
    return actions.save_preferences(cast.accounts[username], at=at or now(), **values | more)


# --- hours: pure ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (vn(9, 20, 59), None),
        (vn(9, 21), vn(10, 6, 30)),
        (vn(9, 23, 59), vn(10, 6, 30)),
        (vn(10, 0), vn(10, 6, 30)),
        (vn(10, 6, 29), vn(10, 6, 30)),
        (vn(10, 6, 30), None),
        (vn(31, 22), dt.datetime(2026, 4, 1, 6, 30, tzinfo=VIETNAM)),
    ],
)
def test_quiet_hours_go_over_midnight(at, until):
    assert NIGHT.until(at.astimezone(dt.UTC)) == until


def test_quiet_hours_within_a_day_and_none():
    noon = Quiet(dt.time(11, 30), dt.time(13))
    assert noon.until(vn(9, 12)) == vn(9, 13)
    assert noon.until(vn(9, 13)) is None
    assert noon.until(vn(9, 3)) is None
    assert Quiet(dt.time(7), dt.time(7)).until(vn(9, 7)) is None
    assert read_quiet(" 21:00-06:30 ") == NIGHT
    assert read_quiet("21h–6h30") == NIGHT
    assert read_quiet("") is None
    with pytest.raises(Refusal):
        read_quiet("tối")


@given(
    st.times(timezones=st.none()), st.times(timezones=st.none()),
    st.datetimes(dt.datetime(2000, 1, 1), dt.datetime(2090, 1, 1), timezones=st.just(dt.UTC)),
)  # fmt: skip
def test_quiet_always_ends_within_a_day_and_never_in_itself(begins, ends, at):
    quiet = Quiet(begins.replace(microsecond=0), ends.replace(microsecond=0))
    until = quiet.until(at)
    if until is not None:
        assert dt.timedelta(0) < until - at <= dt.timedelta(days=1)
        assert quiet.until(until) is None
        # No summer time in Vietnam: the clock that was asked for is the clock that is shown.
        assert local(until).time() == quiet.ends


@pytest.mark.parametrize(
    ("pace", "at", "goes"),
    [
        (DigestPace.AT_ONCE, vn(9, 3), vn(9, 3)),
        (DigestPace.DAILY, vn(9, 6, 59), vn(9, 7)),
        (DigestPace.DAILY, vn(9, 7), vn(10, 7)),
        (DigestPace.WEEKLY, vn(9, 6), vn(9, 7)),  # 9 March 2026 is a Monday
        (DigestPace.WEEKLY, vn(9, 7), vn(16, 7)),
        (DigestPace.WEEKLY, vn(10, 7), vn(16, 7)),
    ],
)
def test_digests_go_at_their_hour(pace, at, goes):
    assert next_digest(at, pace=pace, hour=7, weekday=0) == goes


def test_channels_follow_kind_wishes_and_need():
    kind = NotificationKind("x", NoticeGroup.SUMMONS)
    everything = list(C)
    assert channels_for(kind, Wishes(), reachable=everything, has_inbox=True) == [C.MAIL, C.PUSH, C.ZALO]
    wishes = Wishes(chosen={NoticeGroup.SUMMONS: frozenset({C.SMS})})
    assert channels_for(kind, wishes, reachable=everything, has_inbox=True) == [C.SMS]
    none = Wishes(chosen={NoticeGroup.SUMMONS: frozenset()})
    assert channels_for(kind, none, reachable=everything, has_inbox=True) == []
    # Who has nothing else gets a text message; who has an inbox does not cost the office one.
    assert channels_for(kind, Wishes(), reachable=[C.SMS], has_inbox=False) == [C.SMS]
    assert channels_for(kind, Wishes(), reachable=[C.SMS], has_inbox=True) == []
    only_mail = NotificationKind("x", channels=frozenset({C.MAIL}))
    assert channels_for(only_mail, Wishes(), reachable=everything, has_inbox=True) == [C.MAIL]


# --- sending --------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_notice_is_one_row_with_one_message_a_channel(cast):
    reachable(cast, phone="0912345678")
    choose(cast, chosen={NoticeGroup.CATCH_UP: [C.MAIL, C.SMS, C.ZALO]}, zalo_id="2468458835296197922", is_quiet=False)
    told = tell(cast, brief="Mời dự lớp học bù, 07:30 ngày 09/03/2026.", attachment=("a.ics", "text/calendar", "BEGIN"))
    assert told.channels == (C.MAIL, C.SMS, C.ZALO)
    assert Notice.objects.count() == 1
    Worker([]).run_all()
    rows = {one.channel: one for one in Message.objects.all()}
    assert {one.state for one in rows.values()} == {MessageState.SENT}
    assert rows["sms"].body == "Moi du lop hoc bu, 07:30 ngay 09/03/2026."
    assert (rows["sms"].address, rows["sms"].is_fake) == ("84912345678", True)
    assert rows["zalo"].body == "Mời dự lớp học bù, 07:30 ngày 09/03/2026.\nXem: http://localhost:8000/me/"
    [sent] = mail.outbox
    assert (sent.to, sent.attachments[0].filename) == (["huong@example.vn"], "a.ics")
    event = AuditEvent.objects.get(verb="notice.made")
    assert event.person_id == cast.people["M1"].pk


@pytest.mark.django_db
def test_who_has_no_mail_finds_it_in_the_inbox_and_who_has_nothing_is_told_of(cast):
    with_account, without = tell(cast, "M1"), tell(cast, "M3")
    assert (with_account.way, with_account.is_reached) == ("inbox", True)
    assert (without.way, without.is_reached) == ("none", False)
    assert not Message.objects.exists()
    assert queries.inbox(cast.accounts["member1"]).count() == 1
    # The account that comes later finds what was told before.
    assert Notice.objects.filter(person=cast.people["M3"]).count() == 1


@pytest.mark.django_db
def test_the_same_notice_is_told_once_over_each_channel(cast):
    reachable(cast)
    first, second = tell(cast, dedupe_key="a:1"), tell(cast, dedupe_key="a:1")
    assert (first.is_new, second.is_new) == (True, False)
    assert Notice.objects.count() == Message.objects.count() == 1
    twin = Message.objects.get()
    twin.pk, twin.dedupe_key = None, None
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@pytest.mark.django_db
def test_an_address_entered_later_gets_the_same_notice_once(cast):
    assert tell(cast, dedupe_key="a:1").way == "inbox"
    assert not tell(cast, dedupe_key="a:1").is_new
    reachable(cast)
    later = tell(cast, dedupe_key="a:1")
    assert (later.is_new, later.way) == (True, "mail")
    assert not tell(cast, dedupe_key="a:1").is_new
    assert (Notice.objects.count(), Message.objects.count()) == (1, 1)
    # A key that is somebody else's sends nothing to the wrong person.
    reachable(cast, "M3", email="hen@example.vn", phone="0912345678")
    assert not tell(cast, "M3", dedupe_key="a:1").is_new
    assert Message.objects.count() == 1


@pytest.mark.django_db
def test_a_mail_that_an_older_version_queued_is_not_sent_again(cast):
    reachable(cast)
    actions.send_mail(
        kind="catch_up", unit=cast.units["X1"], address="huong@example.vn", subject="x", body="y", by=None, at=now(),
        to_person=cast.people["M1"], dedupe_key="a:1",
    )  # fmt: skip
    assert not tell(cast, dedupe_key="a:1").is_new
    assert Message.objects.count() == 1
    assert Notice.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.req("B-18")
@pytest.mark.parametrize("field", ["subject", "body", "brief"])
def test_marked_content_is_refused_and_nothing_kept(cast, field):
    with pytest.raises(Refusal) as refused:
        tell(cast, **{field: "TUYỆT MẬT\nNội dung"})
    assert refused.value.code == "secret.marked"
    assert not Notice.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("link", ["https://example.test/", "//example.test", "javascript:alert(1)"])
def test_a_notice_leads_nowhere_outside(cast, link):
    with pytest.raises(ValueError, match="this house"):
        tell(cast, link=link)


@pytest.mark.django_db
def test_quiet_hours_hold_what_rings_and_let_mail_and_urgent_notices_pass(cast):
    reachable(cast, phone="0912345678")
    with time_machine.travel(vn(9, 22, 15), tick=False):
        choose(cast, chosen={NoticeGroup.CATCH_UP: [C.MAIL, C.SMS]})
        tell(cast)
        Worker([]).run_all()
        held = Message.objects.get(channel=C.SMS)
        assert (held.state, held.next_try_at, held.attempts) == (MessageState.HELD, vn(10, 6, 30), 0)
        assert Message.objects.get(channel=C.MAIL).state == MessageState.SENT
        urgent = tell(cast, is_urgent=True)
        Worker([]).run_all()
        assert set(urgent.notice.messages.values_list("state", flat=True)) == {MessageState.SENT}
    assert actions.requeue_due(at=vn(10, 6, 29)) == []
    assert actions.requeue_due(at=vn(10, 6, 30)) == [held.pk]
    assert actions.deliver(held.pk, at=vn(10, 6, 30)).state == MessageState.SENT
    assert actions.requeue_due(at=vn(11, 9)) == []


@pytest.mark.django_db
def test_a_person_chooses_other_hours_none_and_mail_too(cast):
    reachable(cast, phone="0912345678")
    both = {NoticeGroup.CATCH_UP: [C.MAIL, C.SMS]}

    def states(at, **wishes):
        with time_machine.travel(at, tick=False):
            choose(cast, chosen=both, **wishes)
            told = tell(cast)
            Worker([]).run_all()
            return dict(told.notice.messages.values_list("channel", "state"))

    assert states(vn(9, 23), is_quiet=False) == {"mail": "sent", "sms": "sent"}
    assert states(vn(9, 23), quiet_mail=True) == {"mail": "held", "sms": "held"}
    noon = {"quiet_from": dt.time(11), "quiet_to": dt.time(14)}
    assert states(vn(9, 12), **noon) == {"mail": "sent", "sms": "held"}
    assert states(vn(9, 23), **noon) == {"mail": "sent", "sms": "sent"}
    with pytest.raises(Refusal) as refused:
        choose(cast, quiet_from=dt.time(11))
    assert refused.value.field == "quiet_to"
    with pytest.raises(Refusal):
        choose(cast, zalo_id="abc")


@pytest.mark.django_db
def test_a_units_own_address_knows_no_quiet_hours(cast, settings):
    settings.QUIET_HOURS = "00:00-23:59"
    message = actions.send_mail(
        kind="unit_reminder", unit=cast.units["T"], address="xa@example.test", subject="x", body="y", by=None, at=now(),
        to_unit=cast.units["X1"],
    )  # fmt: skip
    assert actions.deliver(message.pk, at=vn(9, 23)).state == MessageState.SENT


@pytest.mark.django_db
def test_a_digest_gathers_and_goes_once(cast):
    reachable(cast)
    with time_machine.travel(vn(9, 9), tick=False):
        choose(cast, pace=DigestPace.DAILY)
        for number in range(3):
            tell(cast, subject=f"Việc {number}")
        prompt = tell(cast, kind="summons", subject="Giấy mời")
        assert prompt.notice.messages.get().state == MessageState.QUEUED
        Worker([]).run_all()
        assert [one.subject for one in mail.outbox] == ["Giấy mời"]
        assert actions.gather_digests(at=now()) == 0
        assert queries.unread_count(cast.accounts["member1"]) == 4  # in the inbox at once
    with time_machine.travel(vn(10, 7), tick=False):
        assert actions.gather_digests(at=now()) == 1
        assert actions.gather_digests(at=now()) == 0
        Worker([]).run_all()
    carrier = Message.objects.get(kind=DIGEST_KIND)
    assert carrier.state == MessageState.SENT
    assert carrier.carried.count() == 3
    letter = mail.outbox[1]
    assert letter.subject == "3 thông báo mới"
    assert all(f"Việc {number}" in letter.body for number in range(3))
    assert len(mail.outbox) == 2


@pytest.mark.django_db
def test_of_two_workers_one_sends_the_digest(cast, monkeypatch):
    reachable(cast)
    choose(cast, pace=DigestPace.DAILY, at=vn(9, 9))
    tell(cast, at=vn(9, 9))
    real = notice_actions._digest_body

    def meanwhile(channel, some):
        monkeypatch.setattr(notice_actions, "_digest_body", real)
        assert actions.gather_digests(at=vn(10, 8)) == 1
        return real(channel, some)

    monkeypatch.setattr(notice_actions, "_digest_body", meanwhile)
    assert actions.gather_digests(at=vn(10, 8)) == 0
    assert Message.objects.filter(kind=DIGEST_KIND).count() == 1


@pytest.mark.django_db
def test_what_waits_follows_a_changed_pace(cast):
    reachable(cast)
    choose(cast, pace=DigestPace.WEEKLY, at=vn(9, 9))
    tell(cast, at=vn(9, 9))
    assert Message.objects.get().next_try_at == vn(16, 7)
    choose(cast, pace=DigestPace.AT_ONCE, at=vn(10, 9))
    assert actions.gather_digests(at=vn(10, 9)) == 1


@pytest.mark.django_db
def test_a_failing_gateway_is_tried_again_and_a_refusal_is_not(cast, settings, monkeypatch):
    reachable(cast, phone="0912345678")
    choose(cast, chosen={NoticeGroup.CATCH_UP: [C.SMS]}, is_quiet=False)
    from quantriet.notify import actions as outbox
    from quantriet.notify.tests import fakes

    gateway = fakes.MemoryGateway()
    monkeypatch.setattr(outbox, "gateway_for", lambda channel: gateway)
    tell(cast)
    message = Message.objects.get()
    Message.objects.update(address=fakes.BUSY)
    at, pauses = now(), []
    for _ in range(actions.ATTEMPTS):
        done = actions.deliver(message.pk, at=at)
        if done.next_try_at:
            pauses.append((done.next_try_at - at).total_seconds() / 60)
            at = done.next_try_at
            actions.requeue_due(at=at)
    assert pauses == [1, 2, 4, 8]
    assert (done.state, done.next_try_at) == (MessageState.FAILED, None)
    Message.objects.update(address=fakes.UNKNOWN)
    actions.retry_message(done, by=cast.officer, at=at)
    done = actions.deliver(message.pk, at=at)
    assert (done.state, done.next_try_at, done.attempts) == (MessageState.FAILED, None, 1)
    Message.objects.update(address="84912345678")
    actions.retry_message(done, by=cast.officer, at=at)
    assert actions.deliver(message.pk, at=at).reference == "m-1"
    assert gateway.taken[0][2] == f"qt-{message.pk}"


@pytest.mark.django_db
def test_keepers_of_a_unit_hear_beside_its_letter(cast):
    units = [cast.units["X1"], cast.units["CB11"]]
    keepers = queries.keepers_of(units, day=local(now()).date())
    assert [one.username for one in keepers[cast.units["X1"].pk]] == ["organiser1"]
    assert [one.username for one in keepers[cast.units["CB11"].pk]] == ["secretary11"]
    told = actions.tell_keepers(
        kind="unit_reminder", unit=cast.units["T"], to=cast.units["X1"], keepers=keepers[cast.units["X1"].pk],
        subject="Nhắc", body="…", by=cast.officer, at=now(),
    )  # fmt: skip
    assert told == 1
    assert queries.unread_count(cast.accounts["organiser1"]) == 1


@pytest.mark.django_db
def test_old_notices_go_and_what_was_sent_stays(cast):
    reachable(cast)
    tell(cast, at=now() - dt.timedelta(days=401))
    tell(cast)
    assert actions.prune_notices(at=now()) == 1
    assert (Notice.objects.count(), Message.objects.count()) == (1, 2)


# --- pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_inbox_counts_opens_and_marks(as_user, cast):
    first = tell(cast, subject="Mời học bù lần một")
    tell(cast, subject="Mời học bù lần hai")
    client = as_user("member1")
    page = client.get(reverse("my-notices")).content.decode()
    assert "2 thông báo chưa đọc" in page
    assert "Mời học bù lần hai" in page
    opened = client.get(reverse("my-notice", args=[first.notice.pk])).content.decode()
    assert 'href="/me/"' in opened
    assert queries.unread_count(cast.accounts["member1"]) == 1
    assert "lần một" not in client.get(reverse("my-notices"), {"unread": "1"}).content.decode()
    assert client.post(reverse("my-notices-read")).status_code == 303
    assert queries.unread_count(cast.accounts["member1"]) == 0
    assert "Đã đọc hết" in client.get(reverse("my-notices"), {"unread": "1"}).content.decode()


@pytest.mark.django_db
def test_the_unread_count_stands_on_every_page_for_one_query(as_user, cast):
    client = as_user("officer")
    client.get(reverse("home"))
    tell(cast, "officer", kind="webhook")
    with CaptureQueriesContext(connection) as caught:
        page = client.get(reverse("home")).content.decode()
    assert '<span class="count"><span class="visually-hidden">chưa đọc: </span>1</span>' in page
    assert len([one for one in caught if "notify_notice" in one["sql"]]) == 1
    with CaptureQueriesContext(connection) as caught:
        client.get(reverse("message-list"), {"format": "xlsx"})
    assert not [one for one in caught if 'FROM "notify_notice"' in one["sql"]]


@pytest.mark.django_db
def test_a_notice_of_another_is_not_there(as_user, cast):
    other = tell(cast, "M1").notice
    for username in ("member10", "officer", "admin"):
        assert as_user(username).get(reverse("my-notice", args=[other.pk])).status_code == 404
    as_user("officer").post(reverse("my-notices-read"))
    other.refresh_from_db()
    assert other.read_at is None


@pytest.mark.django_db
def test_the_inbox_asks_the_same_number_of_queries_for_one_and_three_rows(as_user, cast):
    client = as_user("member1")

    def queries_of():
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse("my-notices")).status_code == 200
        return len(caught)

    tell(cast)
    queries_of()
    one = queries_of()
    tell(cast)
    tell(cast)
    assert queries_of() == one


@pytest.mark.django_db
def test_ways_of_many_are_read_in_two_queries(cast):
    with CaptureQueriesContext(connection) as one:
        queries.ways_of([cast.people["M1"]])
    with CaptureQueriesContext(connection) as many:
        queries.ways_of(cast.people.values())
    assert len(one) == len(many) == 2


@pytest.mark.django_db
def test_preferences_are_kept_and_shown_again(as_user, cast):
    client = as_user("member1")
    assert "21:00–06:30" in client.get(reverse("my-notice-preferences")).content.decode()
    values = {
        "summons": ["mail", "sms"], "catch_up": [], "work": ["mail"], "system": [], "is_quiet": "on",
        "quiet_from": "22h", "quiet_to": "5:30", "pace": "weekly", "digest_hour": "8", "digest_weekday": "4",
        "zalo_id": "2468458835296197922",
    }  # fmt: skip
    assert client.post(reverse("my-notice-preferences"), values).status_code == 303
    kept = queries.preference_of(cast.accounts["member1"])
    wishes = queries.wishes_of(kept)
    assert wishes.chosen[NoticeGroup.SUMMONS] == {C.MAIL, C.SMS}
    assert wishes.chosen[NoticeGroup.CATCH_UP] == frozenset()
    assert wishes.quiet == Quiet(dt.time(22), dt.time(5, 30))
    assert (kept.pace, kept.digest_hour, kept.digest_weekday, kept.zalo_id) == ("weekly", 8, 4, values["zalo_id"])
    page = client.get(reverse("my-notice-preferences")).content.decode()
    assert 'value="22:00"' in page
    wrong = client.post(reverse("my-notice-preferences"), values | {"quiet_to": "tối"})
    assert "Ghi giờ theo dạng 21:00" in wrong.content.decode()
    same = client.post(reverse("my-notice-preferences"), values | {"quiet_to": values["quiet_from"]})
    assert "phải khác nhau" in same.content.decode()
    half = client.post(reverse("my-notice-preferences"), values | {"quiet_to": ""})
    assert "phải có cả giờ bắt đầu và giờ kết thúc" in half.content.decode()


@pytest.mark.django_db
def test_a_browser_is_added_and_switched_off_by_its_own_account_alone(as_user, cast):
    from quantriet.notify.models import PushSubscription
    from quantriet.notify.tests.test_web_push import Browser

    client = as_user("member1")
    given = {"endpoint": "https://fcm.googleapis.com/fcm/send/abc", **Browser().keys}
    answer = client.post(reverse("push-subscribe"), given, headers={"User-Agent": "Mozilla Chrome/120 Android"})
    assert answer.status_code == 201
    refused = client.post(reverse("push-subscribe"), given | {"endpoint": "http://10.0.0.1/"})
    assert (refused.status_code, "chưa bật được" in refused.content.decode()) == (422, True)
    kept = PushSubscription.objects.get()
    assert kept.device == "Chrome trên Android"
    page = client.get(reverse("my-notice-preferences")).content.decode()
    assert "Chrome trên Android" in page
    # By this the browser knows that it is the one in this row, and lets its own subscription go when it is switched off.
    assert f'data-push-end="{hashlib.sha256(given["endpoint"].encode()).hexdigest()}"' in page
    assert as_user("officer").post(reverse("push-end", args=[kept.pk])).status_code == 404
    assert as_user("member1").post(reverse("push-end", args=[kept.pk])).status_code == 303
    kept.refresh_from_db()
    assert (kept.ended_because, kept.sealed) == ("người dùng tắt", "")


@pytest.mark.django_db
def test_the_outbox_shows_every_channel_and_filters_by_it(as_user, cast):
    reachable(cast, phone="0912345678")
    choose(cast, chosen={NoticeGroup.CATCH_UP: [C.MAIL, C.SMS]}, is_quiet=False)
    tell(cast)
    Worker([]).run_all()
    client = as_user("organiser1")
    page = client.get(reverse("message-list")).content.decode()
    assert "Cổng giả, không gửi ra ngoài" in page
    listed = client.get(reverse("message-list"), {"channel": "sms"}).context["outbox"]
    assert [one.channel for one in listed] == ["sms"]
    message = client.get(reverse("message", args=[listed.rows[0].pk])).content.decode()
    assert "1 tin nhắn" in message


def test_who_sees_one_letter_of_a_digest_does_not_see_the_others(as_user, cast):
    reachable(cast, "M2", email="binh@example.vn")
    choose(cast, "secretary11", pace=DigestPace.DAILY, at=vn(9, 8))
    tell(cast, "M2", unit=cast.units["X2"], subject="Của xã X2", body="Danh sách kín của X2", at=vn(9, 9))
    tell(cast, "M2", unit=cast.units["X1"], subject="Của xã X1", body="Thư của X1", at=vn(9, 10))
    assert notice_actions.gather_digests(at=vn(10, 7)) == 1
    carrier = Message.objects.get(kind=DIGEST_KIND)
    page = as_user("organiser1").get(reverse("message", args=[carrier.pk])).content.decode()
    assert "Của xã X1" in page
    assert "X2" not in page.partition("<main")[2]
    assert "Danh sách kín" not in page


def test_told_again_as_urgent_it_passes_the_quiet_hours(cast):
    told = tell(cast, "M2", dedupe_key="k", at=vn(9, 10))
    assert not told.notice.is_urgent
    reachable(cast, "M2", email="binh@example.vn")
    choose(cast, "secretary11", quiet_mail=True)
    again = tell(cast, "M2", dedupe_key="k", at=vn(9, 22), is_urgent=True)
    [message] = again.notice.messages.all()
    assert queries.quiet_until(message.pk, at=vn(9, 22)) is None


@pytest.mark.parametrize("pace", [DigestPace.AT_ONCE, DigestPace.DAILY])
def test_what_was_held_or_gathered_goes_at_once_when_it_becomes_urgent(cast, pace):
    reachable(cast, "M2", email="binh@example.vn")
    choose(cast, "secretary11", quiet_mail=True, pace=pace, at=vn(9, 21))
    with time_machine.travel(vn(9, 22), tick=False):
        told = tell(cast, "M2", dedupe_key="k", at=vn(9, 22))
        Worker([]).run_all()
        [message] = told.notice.messages.all()
        assert message.state in (MessageState.HELD, MessageState.DIGEST)
        assert not mail.outbox
        assert not tell(cast, "M2", dedupe_key="k", at=vn(9, 22), is_urgent=True).is_new
        Worker([]).run_all()
    message.refresh_from_db()
    assert (message.state, len(mail.outbox)) == (MessageState.SENT, 1)


def test_a_digest_is_one_letter_however_much_waits(cast, monkeypatch):
    monkeypatch.setattr(notice_actions, "BATCH", 1)  # receivers at a time
    for code, account in (("M1", "member1"), ("M2", "secretary11")):
        reachable(cast, code, email=f"{code}@example.vn")
        choose(cast, account, pace=DigestPace.DAILY, at=vn(9, 9))
    for number in range(6):
        for code in ("M1", "M2"):
            tell(cast, code, subject=f"Việc {number}", at=vn(9, 9))
    assert [actions.gather_digests(at=vn(10, 8)) for _minute in range(3)] == [1, 1, 0]
    assert set(Message.objects.filter(kind=DIGEST_KIND).values_list("subject", flat=True)) == {"6 thông báo mới"}


def test_a_message_whose_address_was_erased_is_not_called_sent(cast):
    reachable(cast, "M2", email="binh@example.vn")
    told = tell(cast, "M2")
    Message.objects.filter(notice=told.notice).update(address="")
    [message] = told.notice.messages.all()
    sent = actions.deliver(message.pk, at=now())
    assert (sent.state, sent.next_try_at) == (MessageState.FAILED, None)
    assert not mail.outbox


def test_over_zalo_goes_where_the_letter_is_read_and_not_the_letter(cast):
    told = tell(cast, "M1", subject="Danh sách", body="Nguyễn Thị Hường vắng vì ốm.")
    words = notice_actions._text_for(C.ZALO, told.notice, "")
    assert "Hường" not in words
    assert words.endswith("/me/")


def test_urgent_under_the_key_of_another_leaves_the_others_notice_as_it_is(cast):
    told = tell(cast, "M1", dedupe_key="k")
    tell(cast, "M2", dedupe_key="k", is_urgent=True)
    told.notice.refresh_from_db()
    assert not told.notice.is_urgent
