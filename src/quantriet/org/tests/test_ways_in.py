"""The ways in beyond a password: slips, codes by mail, second factor, sessions, the limits at each door."""

import datetime as dt
import re
import threading

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.auth.hashers import get_hasher
from django.core import mail
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.jobs import Worker
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import unseal
from quantriet.kit.time import now, show_day, today
from quantriet.org import access, actions
from quantriet.org.actions import factors
from quantriet.org.models import (
    Account,
    AccountSession,
    ActivationSlip,
    AuthenticatorKey,
    KnownDevice,
    MailCode,
    SignInFailure,
)
from quantriet.org.rules.slips import MOST_SLIP_DAYS
from quantriet.org.rules.tries import LOCK_AFTER, NAME, Door
from quantriet.org.vocab import Role
from tests.cast import PASSWORD
from tests.once import once

NEW = "con-suoi-mua-ha-2026"
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture
def post_office(settings):
    settings.EMAIL_BACKEND = LOCMEM
    mail.outbox = []

    def delivered() -> list:
        Worker([]).run_all()
        return mail.outbox

    return delivered


def sign_in(client, username="officer", password=PASSWORD, address="127.0.0.1", **more):
    return client.post(reverse("sign-in"), {"username": username, "password": password} | more, REMOTE_ADDR=address)


def app_code(secret: str, at: dt.datetime, later: int = 0) -> str:
    import base64

    totp = TOTP(base64.b32decode(secret), 6, SHA1(), 30, enforce_key_length=False)
    return totp.generate(int(at.timestamp()) + 30 * later).decode()


def with_app(account: Account) -> tuple[str, list[str]]:
    """Bind an app, as of ten minutes ago, so that the code of now is still unused."""
    secret, at = factors.new_secret(), now() - dt.timedelta(minutes=10)
    return secret, actions.set_authenticator(account, secret=secret, code=app_code(secret, at), at=at)


# ------------------------------------------------------------------------------------------------------------- the doors


@pytest.mark.django_db(transaction=True)
@pytest.mark.req("P-08")
def test_of_fifty_tries_at_once_no_more_than_the_limit_reach_the_password(cast, monkeypatch):
    if connection.is_in_memory_db() if connection.vendor == "sqlite" else False:
        pytest.skip("threads need a database in a file; the twin below makes one")
    assert fifty_at_once(monkeypatch) == LOCK_AFTER


@pytest.mark.req("P-08")
def test_of_fifty_tries_at_once_on_sqlite_in_a_file(tmp_path):
    """The same in processes of their own threads, on a database as `quantriet serve` makes it."""
    import subprocess
    import sys

    program = """
import threading, django
django.setup()
from tests.migrated import make_tables
make_tables()
from django.contrib.auth.hashers import get_hasher
from django.db import connection
from quantriet.org import actions
from quantriet.org.tests.test_ways_in import fifty_at_once
from quantriet.kit.time import now
actions.add_account(by=None, at=now(), username="officer", display_name="x", password="mat-khau-thu-nghiem")
print("checked", fifty_at_once(None))
"""
    import os

    environment = {
        **os.environ, "QUANTRIET_DATA": str(tmp_path), "DJANGO_SETTINGS_MODULE": "quantriet.config.settings",
        "PYTHONPATH": os.pathsep.join(sys.path), "QUANTRIET_LOG_LEVEL": "ERROR", "QUANTRIET_DEBUG": "1",
    }  # fmt: skip
    environment.pop("DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.stdout.strip().endswith(f"checked {LOCK_AFTER}"), done.stdout + done.stderr


def fifty_at_once(monkeypatch) -> int:
    """Send fifty wrong passwords at one moment and say how many of them were compared with the stored one."""
    checked, guard, start = [], threading.Lock(), threading.Barrier(50)
    hasher = type(get_hasher())
    verify = hasher.verify

    def counted(self, *args):
        with guard:
            checked.append(1)
        return verify(self, *args)

    hasher.verify = counted
    statuses = []

    def guess() -> None:
        client = Client()
        start.wait(60)
        try:
            statuses.append(sign_in(client, password="sai").status_code)
        finally:
            connections.close_all()

    try:
        threads = [threading.Thread(target=guess) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(200)
    finally:
        hasher.verify = verify
    assert statuses == [422] * 50
    assert SignInFailure.objects.get(username="officer", address="127.0.0.1").failures == LOCK_AFTER
    return len(checked)


@pytest.mark.req("P-08")
def test_nobody_closes_the_door_of_another(cast, client):
    """Guessing from everywhere closes the name for strange places only: a known device, another factor, a mail get in."""
    assert sign_in(client).status_code == 302  # the owner's browser is known from now on
    client.post(reverse("sign-out"))
    stranger = Client()
    for place in range(NAME[Door.PASSWORD].most // LOCK_AFTER):
        for _ in range(LOCK_AFTER):
            sign_in(stranger, password="sai", address=f"10.0.0.{place + 1}")
    page = sign_in(Client(), address="10.9.9.9").content.decode()
    assert "nơi lạ tạm khóa 60 phút" in page
    # Even from the guesser's own address, as behind one router of an office.
    assert sign_in(client, address="10.0.0.1").status_code == 302
    # The guesser's tries at that device are few as well.
    client.post(reverse("sign-out"))
    for _ in range(LOCK_AFTER):
        sign_in(client, password="sai", address="10.0.0.2")
    assert "thử lại sau 15 phút" in sign_in(client, address="10.0.0.3").content.decode()


def test_one_password_at_every_name_is_stopped_at_the_address(cast):
    at = now()
    for number in range(100):
        actions.claim_try(Door.PASSWORD, username=f"ten{number}", address="2001:db8:1:2::1", at=at)
    with pytest.raises(Refusal) as refusal:
        actions.claim_try(
            Door.PASSWORD, username="officer", address="2001:db8:1:2:ffff::9", at=at
        )  # the same household
    assert "Nơi này gõ sai quá nhiều lần" in refusal.value.sentence
    actions.claim_try(Door.PASSWORD, username="officer", address="2001:db8:1:3::1", at=at)


def test_the_address_is_that_of_the_proxy_unless_the_settings_name_its_header(cast, client, settings):
    sign_in(client, password="sai", headers={"x-forwarded-for": "1.1.1.1"})
    client.post(
        reverse("sign-in"), {"username": "officer", "password": "x"}, headers={"x-forwarded-for": "9.9.9.9, 1.1.1.1"}
    )
    assert set(SignInFailure.objects.exclude(address="").values_list("address", flat=True)) == {"127.0.0.1"}
    settings.ADDRESS_HEADER = "X-Forwarded-For"
    client.post(
        reverse("sign-in"), {"username": "officer", "password": "x"}, headers={"x-forwarded-for": "9.9.9.9, 1.1.1.1"}
    )
    assert SignInFailure.objects.filter(address="1.1.1.1").exists()
    assert not SignInFailure.objects.filter(address="9.9.9.9").exists()


# ---------------------------------------------------------------------------------------------------------- codes by mail


def ask(client, username):
    return client.post(reverse("sign-in-ask-code"), {"username": username})


def code_in(letter) -> str:
    return re.search(r"(\d{4} \d{4})", letter.subject)[1]


@pytest.mark.req("P-08")
def test_a_code_by_mail_lets_in_once_and_sets_a_lost_password(cast, client, post_office):
    account = cast.accounts["member1"]
    actions.change_account(account, by=account, at=now(), email="huong@vi-du.example")
    client.post(reverse("sign-in-ask-code"), {"username": "Member1", "lost": "1"})
    (letter,) = post_office()
    code = code_in(letter)
    assert letter.to == ["huong@vi-du.example"]
    assert code.replace(" ", "") not in str(MailCode.objects.values_list())
    # Only in the browser that asked.
    assert Client().post(reverse("sign-in-code"), {"code": code}).url == reverse("sign-in-ask-code")
    answer = client.post(reverse("sign-in-code"), {"code": code})
    assert answer.url == "/password/?next=%2F"
    page = client.get(answer.url).content.decode()
    assert 'name="current"' not in page
    assert client.post("/password/", {"password": NEW, "again": NEW}).status_code == 303
    assert Account.objects.get(pk=account.pk).check_password(NEW)
    assert not MailCode.objects.exists()


def test_names_of_nobody_are_answered_alike_and_get_the_same_work(cast, client, post_office, django_assert_num_queries):
    account = cast.accounts["member1"]
    actions.change_account(account, by=account, at=now(), email="huong@vi-du.example")
    from django.test.utils import CaptureQueriesContext

    seen = []
    for username in ("member1", "khong-co-ai", "officer"):  # with a mail; nobody; without a mail
        browser = Client()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            answer = ask(browser, username)
        page = browser.get(answer.url).content.decode().replace(username, "…")
        page = re.sub(r'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+', "", page)
        Worker([]).run_all()
        wrong = browser.post(reverse("sign-in-code"), {"code": "00000000"})
        said = re.search(r"Mã chưa đúng hoặc đã hết hạn\.", wrong.content.decode())
        seen.append((answer.status_code, answer.url, page, len(asked), wrong.status_code, bool(said)))
    assert seen[0] == seen[1] == seen[2]
    assert len(mail.outbox) == 1


def test_a_code_has_few_tries_a_short_life_and_only_the_latest_lives(cast, client, post_office):
    account = cast.accounts["member1"]
    actions.change_account(account, by=account, at=now(), email="huong@vi-du.example")
    ask(client, "member1")
    first = code_in(post_office()[-1])
    ask(client, "member1")
    second = code_in(post_office()[-1])
    browser = client.session["code"]["browser"]
    given = {"username": "member1", "browser": browser, "address": "::1"}
    if first != second:
        assert actions.take_mail_code(**given, code=first, at=now()) is None
    assert actions.take_mail_code(**given, code=second, at=now() + dt.timedelta(minutes=11)) is None
    for _ in range(4):
        assert actions.take_mail_code(**given | {"address": "10.0.0.1"}, code="1", at=now()) is None
    assert actions.take_mail_code(**given | {"address": "10.0.0.2"}, code=second, at=now()) is None  # tries used up
    actions.ask_mail_code(username="member1", browser="b", address="127.0.0.1", at=now())
    with pytest.raises(Refusal, match="xin mã nhiều lần"):
        actions.ask_mail_code(username="member1", browser="b", address="127.0.0.1", at=now())


def test_a_mail_that_does_not_leave_is_tried_again_and_the_page_says_nothing_of_it(cast, client, settings):
    settings.EMAIL_BACKEND = "quantriet.org.tests.test_ways_in.Broken"
    account = cast.accounts["member1"]
    actions.change_account(account, by=account, at=now(), email="huong@vi-du.example")
    assert ask(client, "member1").url == reverse("sign-in-code")
    assert Worker([]).run_one()
    from django_tasks_db.models import DBTaskResult

    assert DBTaskResult.objects.get(task_path__endswith="send_mail_code_job").status == "READY"


class Broken:
    def __init__(self, **kwargs):
        pass

    def send_messages(self, messages):
        raise OSError("no server")


# ------------------------------------------------------------------------------------------------------ activation slips


def printed(cast, code="M3", by="secretary11", days=30):
    (slip,) = actions.print_slips(
        [cast.people[code]], by=cast.accounts[by], at=now(), ends_on=today() + dt.timedelta(days=days)
    )
    return slip


def activate(client, code, password=NEW):
    answer = client.post(reverse("activate"), {"code": code})
    if answer.status_code != 302:
        return answer
    return client.post(reverse("activate-password"), {"password": password, "again": password})


@pytest.mark.req("P-08")
def test_a_slip_makes_the_account_of_a_member(cast, client):
    slip = printed(cast)
    assert slip.code not in str(list(ActivationSlip.objects.values_list()))
    answer = client.post(reverse("activate"), {"code": f"  {slip.code.upper().replace('-', ' ')} "})
    page = client.get(answer.url).content.decode()
    assert "H&#x27;Hen Niê" in page
    assert ">m3<" in page
    weak = client.post(answer.url, {"password": "12345678", "again": "12345678"})
    assert weak.status_code == 422
    assert not Account.objects.filter(username="m3").exists()  # nothing half done: the slip still works
    assert client.post(answer.url, {"password": NEW, "again": NEW}).url == "/"
    account = Account.objects.get(username="m3")
    assert account.check_password(NEW)
    assert [(one.role, one.unit.code) for one in account.appointments.select_related("unit")] == [(Role.MEMBER, "CB11")]
    assert client.get(reverse("me")).status_code == 200
    assert {"slip.printed", "slip.used", "account.added"} <= set(AuditEvent.objects.values_list("verb", flat=True))


@pytest.mark.req("P-08")
def test_a_slip_used_twice_late_or_replaced_says_so(cast, client):
    slip = printed(cast)
    assert activate(client, slip.code).status_code == 302
    assert "Phiếu này đã dùng lúc" in activate(Client(), slip.code).content.decode()
    old, new = printed(cast, "M4"), printed(cast, "M4")
    assert "đã có phiếu mới hơn" in activate(Client(), old.code).content.decode()
    assert "Mã chưa đúng" in activate(Client(), "khongcomanay").content.decode()
    with pytest.raises(Refusal, match="hết hạn ngày"):
        actions.find_slip(new.code, address="1", at=now() + dt.timedelta(days=31))
    # Between the two pages the slip was replaced.
    browser = Client()
    browser.post(reverse("activate"), {"code": new.code})
    printed(cast, "M4")
    page = browser.post(reverse("activate-password"), {"password": NEW, "again": NEW}).content.decode()
    assert "đã có phiếu mới hơn" in page
    actions.remove_person(cast.people["M5"], by=None, at=now(), on=today(), reason="moved_out")
    assert ActivationSlip.objects.filter(person=cast.people["M4"], used_at=None, voided_at=None).count() == 1


@pytest.mark.req("P-08")
def test_the_clock_of_the_telephone_does_not_matter(cast, client):
    slip = printed(cast, days=0)
    for days in (-1, 1):
        said = (now() + dt.timedelta(days=days)).strftime("%a, %d %b %Y %H:%M:%S GMT")
        answer = client.post(reverse("activate"), {"code": slip.code}, headers={"date": said})
        assert answer.url == reverse("activate-password")


@pytest.mark.req("P-08")
def test_a_lost_password_is_mended_by_a_new_slip_and_other_sessions_end(cast, client):
    elsewhere = Client()
    sign_in(elsewhere, "member1")
    slip = printed(cast, "M1")
    assert slip.username == "member1"
    assert activate(client, slip.code).status_code == 302
    assert elsewhere.get(reverse("me")).status_code == 302
    assert AccountSession.objects.get(account=cast.accounts["member1"]).method == "slip"


def test_a_slip_from_before_a_wider_right_no_longer_opens(cast, client):
    slip = printed(cast, "M1")
    actions.give_appointment(
        cast.accounts["member1"], by=None, at=now(), role=Role.ORGANISER, unit=cast.units["X1"], valid_from=today()
    )
    answer = activate(client, slip.code)
    assert "quyền của tài khoản đã đổi" in answer.content.decode()
    assert cast.accounts["member1"].check_password(PASSWORD)


def test_who_may_print_for_whom(cast):
    may = {
        name: set(access.slip_people(cast.accounts[name]).values_list("unit__code", flat=True))
        for name in ("admin", "organiser1", "secretary11", "officer", "leader", "member1")
    }
    assert may["admin"] == {"CB11", "CB12", "CB21", "CS1"}
    assert may["organiser1"] == {"CB11", "CB12"}
    assert may["secretary11"] == {"CB11"}
    assert may["officer"] == may["leader"] == may["member1"] == set()
    with pytest.raises(Refusal) as refusal:
        printed(cast, "M7")
    assert refusal.value.code == "slip.outside_scope"
    # Whoever holds the slip holds the account: a wider one is not handed over from below, nor one's own.
    secretary = cast.people["M2"]
    for by, words in [("organiser1", "tài khoản còn vai trò khác"), ("secretary11", "chính người in")]:
        assert words in access.slip_hindrances(cast.accounts[by], [secretary])[secretary.pk]
        with pytest.raises(Refusal, match=words):
            printed(cast, "M2", by=by)
    assert printed(cast, "M2", by="admin").username == "secretary11"


@pytest.mark.req("P-08")
def test_the_sheet_the_list_and_its_excel(cast, as_user, django_assert_max_num_queries):
    client = as_user("secretary11")
    page = client.get(reverse("activation-list")).content.decode()
    assert "Chưa có phiếu" in page
    preview = client.get(reverse("slip-print")).content.decode()
    assert "Sẽ in 5 phiếu" in preview
    assert "Trần Văn Bình: tài khoản của chính người in" in preview
    given = {"ends_on": show_day(today() + dt.timedelta(days=9)), **once(client, reverse("slip-print"))}
    sheet = client.post(reverse("slip-print"), given).content.decode()
    assert sheet.count('class="slip"') == 5
    assert sheet.count('<svg role="img"') == 5
    code = re.search(r'slip__code">([A-Z0-9-]+)<', sheet)[1]
    # The reload of the sheet makes no new codes, which would void those on paper.
    again = client.post(reverse("slip-print"), given, follow=True)
    assert again.redirect_chain == [(reverse("activation-list") + "?unit=CB11", 302)]
    assert "Tờ phiếu này đã lập rồi" in again.content.decode()
    assert ActivationSlip.objects.count() == ActivationSlip.objects.filter(voided_at=None).count() == 5
    assert activate(Client(), code).status_code == 302
    assert "Đã kích hoạt" in client.get(reverse("activation-list"), {"state": "active"}).content.decode()
    assert client.get(reverse("activation-list"), {"format": "xlsx"})["Content-Type"].endswith("sheet")
    assert "Lò Thị Ế" not in client.get(reverse("slip-print"), {"unit": "CB21"}).content.decode()
    assert client.post(reverse("slip-print") + "?person=M10", {"ends_on": "31/12/2099"}).status_code == 422


@pytest.mark.req("P-08")
def test_a_slip_lies_about_for_a_quarter_at_most(cast, as_user):
    client = as_user("secretary11")
    number = once(client, reverse("slip-print"))
    late = {"ends_on": show_day(today() + dt.timedelta(days=MOST_SLIP_DAYS + 1)), **number}
    answer = client.post(reverse("slip-print"), late)
    assert answer.status_code == 422
    latest = show_day(today() + dt.timedelta(days=MOST_SLIP_DAYS))
    assert f"Phiếu có hạn nhiều nhất {MOST_SLIP_DAYS} ngày, đến {latest}." in answer.content.decode()
    assert not ActivationSlip.objects.exists()
    assert client.post(reverse("slip-print"), {**late, "ends_on": latest}).content.decode().count('class="slip"') == 5


@pytest.mark.parametrize("rows", [1, 3])
def test_queries_of_the_list(cast, as_user, rows, django_assert_num_queries):
    client = as_user("secretary11")
    for code in ("M1", "M2", "M3", "M4", "M5", "M6")[rows:]:
        actions.remove_person(cast.people[code], by=None, at=now(), on=today(), reason="moved_out")
    client.get(reverse("activation-list"))
    with django_assert_num_queries(11):
        client.get(reverse("activation-list"))


# ---------------------------------------------------------------------------------------------------------- second factor


@pytest.mark.parametrize(
    ("username", "needed"),
    [
        ("admin", True), ("officer", True), ("organiser1", True), ("inspector", True), ("leader", True), ("leader1", True),
        ("editor", True), ("secretary11", False), ("secretary21", False), ("speaker", False), ("member1", False),
    ],
)  # fmt: skip
@pytest.mark.req("P-08")
def test_whoever_sees_more_than_the_own_unit_needs_a_second_factor(cast, settings, username, needed):
    assert not access.needs_second_factor(cast.accounts[username])  # a demo asks nobody
    settings.SECOND_FACTOR_REQUIRED = True
    assert access.needs_second_factor(cast.accounts[username]) is needed


def test_two_cells_are_more_than_ones_own(cast, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    actions.give_appointment(
        cast.accounts["secretary11"], by=None, at=now(), role=Role.LEADER, unit=cast.units["CB12"], valid_from=today()
    )
    assert access.needs_second_factor(Account.objects.get(username="secretary11"))


@pytest.mark.req("P-08")
def test_a_second_factor_is_set_up_before_anything_else(cast, client, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    assert sign_in(client, next="/desk/units/").url == "/desk/units/"
    for page in ("/desk/units/", "/", "/me/sign-in/", "/desk/people/"):
        assert client.get(page).url.startswith("/me/sign-in/second-factor/?next=")
    assert client.post("/desk/units/new/", {"name": "x"}).status_code == 302
    client.get("/me/sign-in/second-factor/?next=/desk/units/")
    page = client.get(reverse("authenticator")).content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert secret not in str(client.session.items())
    assert '<svg role="img"' in page
    assert client.post(reverse("authenticator"), {"code": "000000"}).status_code == 422
    done = client.post(reverse("authenticator"), {"code": app_code(secret, now())}).content.decode()
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", done)
    assert len(set(codes)) == 10
    assert 'href="/desk/units/"' in done
    assert client.get("/desk/units/").status_code == 200
    key = AuthenticatorKey.objects.get()
    assert secret not in key.sealed
    assert unseal(key.sealed) == secret
    with pytest.raises(Refusal) as refusal:
        actions.remove_authenticator(cast.officer, by=cast.officer, at=now())
    assert refusal.value.code == "factor.needed"


@pytest.mark.req("P-08")
def test_the_second_step_takes_each_code_once(cast, client):
    secret, recovery = with_app(cast.officer)
    code = app_code(secret, now())
    assert sign_in(client, next="/desk/units/").url == reverse("sign-in-second")
    assert client.get("/desk/units/").status_code == 302  # half way is not in
    assert client.post(reverse("sign-in-second"), {"code": "123"}).status_code == 422
    assert client.post(reverse("sign-in-second"), {"code": code}).url == "/desk/units/"
    assert client.get("/desk/units/").status_code == 200
    for used, good in [(code, recovery[0]), (recovery[0], recovery[1].upper())]:
        other = Client()
        sign_in(other)
        replay = other.post(reverse("sign-in-second"), {"code": used})
        assert replay.status_code == 422
        assert "đã dùng rồi" in replay.content.decode()
        assert other.post(reverse("sign-in-second"), {"code": good}).status_code == 302
    assert AuditEvent.objects.filter(verb="account.recovery_used").count() == 2
    # A code an hour old, or of an hour ahead, is none.
    assert not actions.take_second_code(cast.officer, code=app_code(secret, now(), -120), at=now())
    assert not actions.take_second_code(cast.officer, code=app_code(secret, now(), 120), at=now())


def test_guessing_at_the_second_step_ends(cast, client):
    with_app(cast.officer)
    sign_in(client)
    for _ in range(LOCK_AFTER):
        client.post(reverse("sign-in-second"), {"code": "000000"})
    assert "Gõ sai 5 lần liền" in client.post(reverse("sign-in-second"), {"code": "000000"}).content.decode()


def test_a_password_changed_meanwhile_ends_the_half_way(cast, client):
    with_app(cast.officer)
    sign_in(client)
    actions.change_password(cast.officer, by=cast.officer, at=now(), password=NEW)
    assert client.get(reverse("sign-in-second")).url == reverse("sign-in")


@pytest.mark.req("P-08")
def test_a_right_given_meanwhile_asks_for_the_factor_on_the_next_request(cast, client, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    sign_in(client, "secretary11")
    assert client.get(reverse("people-list")).status_code == 200
    given = actions.give_appointment(
        cast.accounts["secretary11"], by=None, at=now(), role=Role.ORGANISER, unit=cast.units["X1"], valid_from=today()
    )
    assert client.get(reverse("people-list")).url.startswith("/me/sign-in/second-factor/")
    actions.end_appointment(given, by=cast.accounts["admin"], at=now(), on=today() - dt.timedelta(days=1))
    assert client.get(reverse("people-list")).status_code == 200


def test_an_administrator_resets_the_factor_of_whom_they_govern(cast, as_user, client):
    with_app(cast.officer)
    signed_in = Client()
    signed_in.force_login(cast.officer)
    admin = as_user("admin")
    answer = admin.post(reverse("account-factor", args=[cast.officer.pk]))
    assert answer.status_code == 303
    assert not AuthenticatorKey.objects.exists()
    assert AuditEvent.objects.get(verb="account.factor_reset").actor_id == cast.accounts["admin"].pk
    with pytest.raises(Refusal):
        actions.reset_second_factor(cast.accounts["admin"], by=cast.accounts["admin"], at=now())
    assert as_user("organiser1").post(reverse("account-factor", args=[cast.officer.pk])).status_code == 403


# ---------------------------------------------------------------------------------------- sessions, steps up, notices


@pytest.mark.req("P-08")
def test_sessions_are_listed_and_ended(cast, client):
    phone = Client(headers={"user-agent": "Mozilla/5.0 (Linux; Android 14) AppleWebKit Chrome/130 Mobile Safari"})
    sign_in(phone, address="10.0.0.7")
    sign_in(client)
    page = client.get(reverse("own-sign-in")).content.decode()
    assert "Chrome trên Android" in page
    assert "10.0.0.7" in page
    theirs = AccountSession.objects.get(address="10.0.0.7")
    assert client.post(reverse("session-end", args=[theirs.pk])).status_code == 303
    assert phone.get(reverse("people-list")).url.startswith(reverse("sign-in"))
    assert client.get(reverse("people-list")).status_code == 200
    sign_in(phone)
    other = Client()
    sign_in(other, "leader")
    client.post(reverse("sessions-end"))
    assert phone.get(reverse("people-list")).status_code == 302
    assert client.get(reverse("people-list")).status_code == 200
    # Nobody ends another's.
    foreign = AccountSession.objects.get(account=cast.accounts["leader"])
    client.post(reverse("session-end", args=[foreign.pk]))
    assert other.get(reverse("people-list")).status_code == 200


def test_a_changed_password_keeps_this_session_and_ends_others(cast, client):
    other = Client()
    sign_in(other)
    sign_in(client)
    client.post(reverse("password"), {"current": PASSWORD, "password": NEW, "again": NEW})
    assert client.get(reverse("own-sign-in")).status_code == 200
    assert other.get(reverse("own-sign-in")).status_code == 302
    assert AccountSession.objects.get().session_key == client.session.session_key
    assert KnownDevice.objects.count() == 1


def test_a_session_is_prolonged_by_use_and_ends_at_its_utmost_age(cast, client, settings):
    sign_in(client)
    session = client.session
    session["touched"] = session["touched"] - 600
    session.save()
    before = AccountSession.objects.get().seen_at
    answer = client.get(reverse("own-sign-in"))
    assert int(answer["X-Session-Seconds"]) > settings.SESSION_COOKIE_AGE - 60
    assert AccountSession.objects.get().seen_at > before
    session = client.session
    session["began"] = session["began"] - settings.SESSION_AT_MOST
    session.save()
    assert client.get(reverse("own-sign-in")).status_code == 302


@pytest.mark.req("P-07")
def test_a_session_is_prolonged_by_one_tap_with_and_without_scripts(cast, client):
    sign_in(client)
    page = client.get(reverse("own-sign-in")).content.decode()
    assert 'data-session-url="/session/"' in page
    assert "Đăng nhập đến" in page
    assert client.post(reverse("session-extend")).status_code == 204
    answer = client.post(reverse("session-extend"), {"next": "/me/sign-in/"})
    assert (answer.status_code, answer.url) == (303, "/me/sign-in/")


@pytest.mark.req("P-07")
def test_words_typed_when_the_session_ends_are_kept_for_whoever_typed_them(cast, client):
    typed = {
        "code": "X9",
        "name": "Chi bộ thôn 9 & “mới”",
        "kind": "1",
        "csrfmiddlewaretoken": "x",
        "password": "bi-mat",
    }
    stranger = Client()
    assert stranger.post("/desk/units/new/", typed).url == "/sign-in/?next=/desk/units/new/"
    assert not stranger.session.items()
    sign_in(client, "admin")
    AccountSession.objects.all().delete()
    client.cookies.pop("sessionid")
    assert client.post("/desk/units/new/?parent=3", typed).url == "/sign-in/?next=/sign-in/resume/"
    assert "Những gì vừa gõ vẫn còn" in client.get("/sign-in/?next=/sign-in/resume/").content.decode()
    assert "bi-mat" not in str(client.session.items())
    assert sign_in(client, "admin", next="/sign-in/resume/").url == "/sign-in/resume/"
    page = client.get("/sign-in/resume/").content.decode()
    assert 'action="/desk/units/new/?parent=3"' in page
    assert "Chi bộ thôn 9 &amp; “mới”" in page
    assert client.post("/sign-in/resume/").url == "/desk/units/new/"
    # Another account on the same device does not see them.
    client.post(reverse("sign-out"))
    client.post("/desk/units/new/", typed)
    sign_in(client, "leader")
    assert client.get("/sign-in/resume/").url == "/"


def test_what_matters_asks_again_after_some_minutes(cast, client):
    sign_in(client, "admin")
    pages = ["own-mail", "authenticator", "passkey-new", "slip-print"]
    assert [client.get(reverse(name)).status_code for name in pages] == [200] * 4
    session = client.session
    session["confirmed"] -= 11 * 60
    session.save()
    for name in pages:
        assert client.get(reverse(name)).url.startswith("/me/sign-in/confirm/?next=")
    assert client.post(reverse("passkey-options")).status_code == 200  # the form was opened in time
    wrong = client.post(reverse("confirm"), {"password": "sai", "next": "/me/sign-in/mail/"})
    assert wrong.status_code == 422
    assert (
        client.post(reverse("confirm"), {"password": PASSWORD, "next": "/me/sign-in/mail/"}).url == "/me/sign-in/mail/"
    )
    assert client.get(reverse("own-mail")).status_code == 200


def test_a_session_from_before_the_factor_shows_it_before_what_matters(cast, client):
    sign_in(client)
    secret, _codes = with_app(cast.officer)  # set up in another session meanwhile
    for name in ("own-mail", "passkey-new"):
        assert client.get(reverse(name)).url.startswith("/sign-in/second/?next=")
    assert client.post(reverse("passkey-options")).status_code == 403
    assert (
        client.post("/sign-in/second/", {"code": app_code(secret, now()), "next": "/me/sign-in/mail/"}).status_code
        == 302
    )
    assert client.get(reverse("own-mail")).status_code == 200
    assert AccountSession.objects.get().session_key == client.session.session_key


def test_a_passkey_asked_for_as_second_factor_does_not_stand_alone(cast, client):
    with_app(cast.officer)
    sign_in(client)
    asked = client.post(reverse("sign-in-passkey-options")).json()
    assert asked["userVerification"] == "preferred"
    assert client.post(reverse("sign-in-passkey"), {"credential": "{}"}).url.startswith("/sign-in/?")
    assert Client().post(reverse("sign-in-passkey-options")).json()["userVerification"] == "required"
    for rubbish in (
        "",
        "{}",
        "[]",
        '{"id": "x"}',
        "\x00",
        '{"id": "x", "rawId": "x", "type": "public-key", "response": {}}',
    ):
        browser = Client()
        browser.post(reverse("sign-in-passkey-options"))
        assert browser.post(reverse("sign-in-passkey"), {"credential": rubbish}).url.startswith("/sign-in/?")


def test_the_owner_is_told_by_mail(cast, client, post_office):
    account = cast.officer
    actions.change_account(account, by=account, at=now(), email="canbo@vi-du.example")
    sign_in(client)
    assert not post_office()  # the first device is no news
    sign_in(Client(headers={"user-agent": "Mozilla/5.0 (Windows NT 10.0) Firefox/130"}))
    assert "thiết bị mới: Firefox trên Windows" in post_office()[-1].body
    client.post(reverse("password"), {"current": PASSWORD, "password": NEW, "again": NEW})
    assert "Mật khẩu của tài khoản vừa được đổi" in post_office()[-1].body
    client.post(reverse("own-mail"), {"email": "moi@vi-du.example"})
    client.post(reverse("own-mail"), {"code": code_in(post_office()[-1])})
    letter = post_office()[-1]
    assert letter.to == ["canbo@vi-du.example"]
    assert "vừa được đổi" in letter.body


@pytest.mark.req("P-08")
def test_a_new_address_is_taken_once_its_own_mail_was_read(cast, client, post_office):
    account = cast.officer
    sign_in(client)
    asked = client.post(reverse("own-mail"), {"email": "moi@vi-du.example"})
    assert "moi@vi-du.example" in asked.content.decode()
    (letter,) = post_office()
    code = code_in(letter)
    assert letter.to == ["moi@vi-du.example"]
    account.refresh_from_db()
    assert account.email == ""
    wrong = client.post(reverse("own-mail"), {"code": "00000000" if code != "0000 0000" else "11111111"})
    assert "Mã chưa đúng" in wrong.content.decode()
    elsewhere = Client()
    sign_in(elsewhere)
    elsewhere.post(reverse("own-mail"), {"code": code})  # only where it was asked for
    account.refresh_from_db()
    assert account.email == ""
    given = {"email": "moi@vi-du.example", "code": code, "by": account, "address": "::1"}
    asked_at = dt.datetime.fromisoformat(client.session["mail"]["asked_at"])
    late = asked_at + dt.timedelta(minutes=11)
    assert not actions.take_proven_mail(account, **given, asked_at=asked_at, at=late)
    assert client.post(reverse("own-mail"), {"code": code}).url == reverse("own-sign-in")
    account.refresh_from_db()
    assert account.email == "moi@vi-du.example"
    # None at all needs no proof.
    assert client.post(reverse("own-mail"), {"email": ""}).status_code == 303
    account.refresh_from_db()
    assert account.email == ""


def test_a_wrong_password_and_a_name_of_nobody_cost_the_same_statements(cast, client):
    from django.test.utils import CaptureQueriesContext

    counts = []
    for username in ("officer", "khong-co-ai"):
        with CaptureQueriesContext(connection) as asked:
            sign_in(Client(), username, "sai")
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "typed", ["Quán Triệt 2026!", "matkhau@123456", "12345678", "password1", "Officer-2026", "ĐảngViên_1930"]
)
def test_words_of_the_house_are_no_passwords(cast, typed):
    with pytest.raises(Refusal) as refusal:
        actions.change_password(cast.officer, by=cast.officer, at=now(), password=typed)
    assert refusal.value.code == "account.password_weak"
