"""The outbox: a mail leaves once, what fails is told and tried again, what is marked secret never gets in."""

import threading
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, connections, transaction
from django.db.models import F
from django_tasks_db.models import DBTaskResult

from quantriet.audit.models import AuditEvent
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now
from quantriet.notify import actions
from quantriet.notify.models import Message
from quantriet.notify.rules import explain_error
from quantriet.notify.tests.factories import make_message
from quantriet.notify.vocab import MessageState

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
FAILING = f"{__name__}.FailingBackend"


class FailingBackend(EmailBackend):
    """A mail server that cannot be reached."""

    error: Exception = ConnectionRefusedError(111, "Connection refused")

    def send_messages(self, messages):
        raise self.error


@pytest.fixture(autouse=True)
def in_memory(settings):
    settings.EMAIL_BACKEND = LOCMEM


@pytest.mark.django_db
def test_mail_leaves_after_the_commit_with_its_attachment(cast):
    invitation = ("lich.ics", "text/calendar", "BEGIN:VCALENDAR")
    message = make_message(cast, attachment=invitation, to_unit=cast.units["X1"])
    assert mail.outbox == []
    assert Worker([]).run_all() == 1
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == (MessageState.SENT, 1, "")
    [sent] = mail.outbox
    assert sent.to == ["xa@example.test"]
    assert sent.subject == "Nhắc báo cáo"
    assert sent.attachments[0].filename == "lich.ics"
    event = AuditEvent.objects.get(verb="message.queued")
    assert event.actor_id == cast.officer.pk


@pytest.mark.django_db
def test_mail_of_a_rolled_back_transaction_never_leaves(cast):
    with transaction.atomic():
        make_message(cast)
        transaction.set_rollback(True)
    assert Worker([]).run_all() == 0
    assert mail.outbox == []


@pytest.mark.django_db
def test_failure_is_told_and_tried_again_until_it_works(cast, settings):
    message, start = make_message(cast), now()
    settings.EMAIL_BACKEND = FAILING
    actions.deliver(message.pk, at=start)
    message.refresh_from_db()
    assert message.state == MessageState.FAILED
    assert "refused" in message.last_error
    assert message.next_try_at == start + timedelta(minutes=1)
    assert actions.requeue_due(at=start + timedelta(seconds=59)) == []
    assert actions.requeue_due(at=start + timedelta(minutes=1)) == [message.pk]
    settings.EMAIL_BACKEND = LOCMEM
    actions.deliver(message.pk, at=start + timedelta(minutes=1))
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.SENT, 2)
    assert len(mail.outbox) == 1
    assert actions.requeue_due(at=start + timedelta(days=9)) == []


@pytest.mark.django_db
def test_pauses_grow_and_end_with_the_fifth_attempt(cast, settings):
    settings.EMAIL_BACKEND = FAILING
    message, at, pauses = make_message(cast), now(), []
    for _ in range(actions.ATTEMPTS):
        done = actions.deliver(message.pk, at=at)
        if done.next_try_at:
            pauses.append(done.next_try_at - at)
            at = done.next_try_at
            actions.requeue_due(at=at)
    assert [pause.total_seconds() / 60 for pause in pauses] == [1, 2, 4, 8]
    message.refresh_from_db()
    assert (message.state, message.next_try_at, message.attempts) == (MessageState.FAILED, None, 5)
    actions.retry_message(message, by=cast.officer, at=at)
    message.refresh_from_db()
    assert (message.state, message.attempts) == (MessageState.QUEUED, 0)
    assert AuditEvent.objects.filter(verb="message.retried").count() == 1


@pytest.mark.django_db
def test_any_error_of_a_mail_library_ends_as_a_failed_message(cast, settings, monkeypatch):
    settings.EMAIL_BACKEND = FAILING
    monkeypatch.setattr(FailingBackend, "error", UnicodeEncodeError("ascii", "ạ", 0, 1, "ordinal not in range"))
    message = make_message(cast)
    assert actions.deliver(message.pk, at=now()).state == MessageState.FAILED


@pytest.mark.django_db
def test_sent_or_waiting_message_is_not_sent_again_by_hand(cast):
    waiting = make_message(cast)
    with pytest.raises(Refusal) as refused:
        actions.retry_message(waiting, by=cast.officer, at=now())
    assert refused.value.code == "message.not_failed"
    actions.deliver(waiting.pk, at=now())
    with pytest.raises(Refusal):
        actions.retry_message(waiting, by=cast.officer, at=now())
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_retry_while_the_mail_is_on_its_way_sends_nothing_twice(cast, settings, monkeypatch):
    """The worker talks to the server; meanwhile a person and a second worker want to send the same mail."""
    message = make_message(cast)

    def meanwhile(backend, messages):
        with pytest.raises(Refusal):
            actions.retry_message(message, by=cast.officer, at=now())
        assert actions.requeue_due(at=now()) == []
        assert actions.deliver(message.pk, at=now()).state == MessageState.SENDING
        return len(messages)

    sent = []
    monkeypatch.setattr(
        EmailBackend, "send_messages", lambda backend, out: (sent.append(out), meanwhile(backend, out))[1]
    )
    assert actions.deliver(message.pk, at=now()).state == MessageState.SENT
    assert len(sent) == 1


@pytest.mark.django_db
def test_sending_broken_off_is_taken_up_and_the_lost_worker_changes_nothing(cast, monkeypatch):
    message, start = make_message(cast), now()
    late = start + actions.LEASE

    def taken_over(backend, messages):
        monkeypatch.undo()
        assert actions.requeue_due(at=late) == [message.pk]
        assert actions.deliver(message.pk, at=late).state == MessageState.SENT
        raise ConnectionResetError("gone")

    monkeypatch.setattr(EmailBackend, "send_messages", taken_over)
    actions.deliver(message.pk, at=start)
    message.refresh_from_db()
    assert (message.state, message.attempts, message.last_error) == (MessageState.SENT, 2, "")


@pytest.mark.django_db
def test_worker_killed_while_it_queues_again_loses_no_mail(cast, settings, monkeypatch):
    settings.EMAIL_BACKEND = FAILING
    message, start = make_message(cast), now()
    actions.deliver(message.pk, at=start)

    class Killed(BaseException):
        pass

    def killed(*asked):
        raise Killed

    later = start + timedelta(minutes=1)
    with monkeypatch.context() as patch:
        patch.setattr(actions, "enqueue", killed)
        with pytest.raises(Killed):
            actions.requeue_due(at=later)
    message.refresh_from_db()
    assert message.state == MessageState.FAILED
    settings.EMAIL_BACKEND = LOCMEM
    DBTaskResult.objects.all().delete()
    assert actions.requeue_due(at=later) == [message.pk]
    assert Worker([]).run_all() == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("older", [False, True], ids=["", "left by an older version"])
def test_waiting_mail_without_a_job_is_found_and_one_with_a_job_is_left_alone(cast, older):
    lost, kept, start = make_message(cast), make_message(cast), now()
    DBTaskResult.objects.filter(args_kwargs={"args": [lost.pk], "kwargs": {}}).delete()
    if older:
        Message.objects.update(next_try_at=None)
    assert actions.requeue_due(at=start + timedelta(minutes=5)) == []
    late = start + actions.LEASE + timedelta(minutes=1)
    assert actions.requeue_due(at=late) == [lost.pk]
    assert actions.requeue_due(at=late) == []
    assert Worker([]).run_all() == 2
    assert set(Message.objects.values_list("state", "attempts")) == {(MessageState.SENT, 1)}
    assert kept.pk != lost.pk


@pytest.mark.django_db
def test_mail_that_always_loses_its_worker_is_given_up_for_a_person(cast):
    message, at = make_message(cast), now()
    for _ in range(actions.ATTEMPTS):
        DBTaskResult.objects.all().delete()
        Message.objects.update(state=MessageState.SENDING, attempts=F("attempts") + 1, next_try_at=at)
        actions.requeue_due(at=at)
    message.refresh_from_db()
    assert (message.state, message.next_try_at) == (MessageState.FAILED, None)
    assert "bị ngắt" in explain_error(message.last_error)
    actions.retry_message(message, by=cast.officer, at=at)


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_send_one_mail(cast):
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        # Threads of a database in memory share one cache, whose table locks know no waiting; a real file does not.
        pytest.skip("needs a database that two connections may wait for")
    messages = [make_message(cast, address=f"xa{number}@example.test") for number in range(6)]
    start, broken = threading.Barrier(2), []

    def work():
        try:
            start.wait()
            for message in messages:
                actions.deliver(message.pk, at=now())
        except Exception as error:
            broken.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert sorted(one.to[0] for one in mail.outbox) == [f"xa{number}@example.test" for number in range(6)]
    assert set(Message.objects.values_list("state", "attempts")) == {(MessageState.SENT, 1)}


@pytest.mark.django_db
def test_same_notice_is_queued_once(cast):
    assert make_message(cast, dedupe_key="summons:7")
    again = actions.send_mail(
        kind="summons", unit=cast.units["T"], address="xa@example.test", subject="Giấy mời", body="…", by=None, at=now(),
        dedupe_key="summons:7",
    )  # fmt: skip
    assert again is None
    assert Message.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.req("P-05", "B-18")
@pytest.mark.parametrize(
    "marked",
    [
        {"subject": "MẬT"},
        {"body": "Kính gửi:\nTỐI MẬT\nNội dung"},
        {"body": "Độ mật: Tuyệt mật"},
        {"attachment": ("tom-tat.txt", "text/plain", "TUYỆT MẬT\nNội dung")},
    ],
    ids=["subject", "line", "named", "attachment"],
)
def test_marked_message_is_refused_and_leaves_nothing(cast, marked):
    with pytest.raises(Refusal) as refused:
        make_message(cast, **marked)
    assert refused.value.code == "secret.marked"
    assert not Message.objects.exists()
    assert not AuditEvent.objects.filter(verb="message.queued").exists()


@pytest.mark.django_db
@pytest.mark.req("B-18")
def test_message_that_talks_about_secrecy_passes(cast):
    make_message(cast, body="Văn bản có độ Mật học theo hướng dẫn riêng; phải bảo vệ bí mật nhà nước.")
    assert Message.objects.count() == 1


@pytest.mark.django_db
def test_message_without_address_is_refused(cast):
    with pytest.raises(Refusal) as refused:
        make_message(cast, address="")
    assert refused.value.code == "message.no_address"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("ConnectionRefusedError: [Errno 111] Connection refused", "Không nối được"),
        ("gaierror: [Errno -2] Name or service not known", "Không tìm thấy máy chủ"),
        ("TimeoutError: timed out", "không trả lời kịp"),
        ("SMTPAuthenticationError: (535, b'5.7.8 bad credentials')", "tài khoản gửi"),
        ("SMTPRecipientsRefused: {'a@b': (550, b'User unknown')}", "địa chỉ nhận"),
        ("SMTPDataError: (452, b'over quota')", "đầy"),
        ("SMTPDataError: (451, b'Try again later')", "tạm thời"),
        ("RuntimeError: odd", "báo người quản trị"),
        ("", ""),
    ],
)
def test_what_the_server_said_is_explained(said, words):
    assert words in explain_error(said)
    assert bool(explain_error(said)) == bool(said)
