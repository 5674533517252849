"""Questions of the public: taken without an account, kept from spam without third parties, answered, shown if the sender agrees."""

import datetime as dt
import io

import openpyxl
import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import now, today
from quantriet.library.tests.factories import make_document
from quantriet.notify.models import Message
from quantriet.notify.vocab import MessageState
from quantriet.portal.actions import questions
from quantriet.portal.actions.reads import add_reads
from quantriet.portal.models import PublicQuestion, QuestionTry
from quantriet.portal.queries.reads import page_reads
from quantriet.portal.rules import questions as rules
from quantriet.portal.tests.factories import make_answered, make_question, place
from quantriet.portal.vocab import PageKind, QuestionState
from quantriet.portal.web import fresh, public

pytestmark = pytest.mark.django_db


def mark(seconds_ago: int, monkeypatch) -> str:
    """A form handed out some time ago."""
    with monkeypatch.context() as patch:
        patch.setattr(signing.time, "time", lambda real=signing.time.time: real() - seconds_ago)
        return public.form_mark()


def given(monkeypatch, **new):
    return {
        "words": "Xin hỏi lịch học của thôn 2?", "name": "", "email": "", "website": "", "mark": mark(30, monkeypatch),
    } | new  # fmt: skip


def send(client, monkeypatch, **new):
    return client.post(reverse("public-ask"), given(monkeypatch, **new))


@pytest.mark.req("R-152")
def test_anybody_asks_and_the_desk_answers(cast, client, as_user, monkeypatch):
    document = make_document(cast)
    place(cast, document)
    form = client.get(reverse("public-ask") + f"?document={document.pk}").content.decode()
    assert "26-HD/BTGTU" in form
    answer = send(client, monkeypatch, document=document.pk, email="hoi@example.org", may_publish="on", name="Nguyễn A")
    assert (answer.status_code, answer.url) == (303, reverse("public-asked"))
    question = PublicQuestion.objects.get()
    assert (question.document, question.unit, question.may_publish) == (document, cast.units["T"], True)

    editor = as_user("editor")
    assert "câu hỏi của người dân chờ trả lời" in editor.get(reverse("home")).content.decode()
    editor.post(reverse("public-question-answer", args=[question.pk]), {"answer": "Lịch học ở nhà văn hóa."})
    mail = Message.objects.get(kind="public_answer")
    assert mail.address == "hoi@example.org"
    assert "Lịch học ở nhà văn hóa." in mail.body
    own = editor.post(reverse("public-question-publish", args=[question.pk]), {"shown": "Lịch học của thôn?"})
    assert "người thứ hai" in own.content.decode()
    as_user("officer").post(reverse("public-question-publish", args=[question.pk]), {"shown": "Lịch học của thôn?"})
    fresh.forget_pages()
    for address in (reverse("public-questions"), reverse("public-document", args=[document.pk]), reverse("home")):
        page = Client().get(address).content.decode()
        assert "Lịch học của thôn?" in page
        assert "Nguyễn A" not in page
        assert "hoi@example.org" not in page
        assert "thôn 2" not in page
    page = reverse("public-answer", args=[question.pk])
    assert page in Client().get(reverse("public-search"), {"q": "lịch học"}).content.decode()
    shown = Client().get(page).content.decode()
    assert "Lịch học ở nhà văn hóa." in shown
    assert reverse("public-document", args=[document.pk]) in shown
    assert "Nguyễn A" not in shown
    add_reads({(PageKind.QUESTIONS, question.pk, today()): 3})
    (read,) = [one for one in page_reads(today(), today()) if one.kind == PageKind.QUESTIONS and one.key]
    assert (read.key, read.title) == (question.pk, "Lịch học của thôn?")
    questions.withdraw_answer(question, by=cast.officer, at=now())
    fresh.forget_pages()
    assert Client().get(page).status_code == 404


@pytest.mark.req("R-152")
def test_without_agreement_nothing_is_shown(cast):
    question = make_question(cast, may_publish=False)
    questions.answer_question(question, answer="Riêng.", by=cast.accounts["editor"], at=now())
    with pytest.raises(Refusal) as raised:
        questions.publish_answer(question, shown="Hỏi?", by=cast.officer, at=now())
    assert raised.value.code == "question.not_agreed"
    assert not Message.objects.filter(kind="public_answer").exists()  # no address was left


# --- spam ---------------------------------------------------------------------------------------------------------------------


def test_a_form_filled_in_by_a_program_is_thanked_and_thrown_away(cast, client, monkeypatch):
    answer = send(client, monkeypatch, website="https://hang-gia.example")
    assert answer.url == reverse("public-asked")
    assert not PublicQuestion.objects.exists()


@pytest.mark.parametrize(
    "seconds, words", [(0, "đợi vài giây"), (13 * 3600, "mở đã lâu"), (None, "Không đọc được dấu")]
)
def test_a_form_has_its_time(cast, client, monkeypatch, seconds, words):
    """Too quick, too old, forged: nothing is kept, the words stand in the form again, with a mark that works."""
    given_mark = "gia-mao" if seconds is None else mark(seconds, monkeypatch)
    answer = send(client, monkeypatch, mark=given_mark)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "Xin hỏi lịch học của thôn 2?" in page
    assert not PublicQuestion.objects.exists()


def test_the_same_form_twice_is_one_question(cast, client, monkeypatch):
    same = given(monkeypatch)
    for _time in range(2):
        assert client.post(reverse("public-ask"), same).url == reverse("public-asked")
    assert PublicQuestion.objects.count() == 1


def test_a_network_sends_so_many_an_hour(cast, client, monkeypatch):
    for number in range(rules.MOST_TRIES):
        assert send(client, monkeypatch, words=f"Câu hỏi số {number} của tôi?").status_code == 303
    answer = send(client, monkeypatch)
    assert answer.status_code == 422
    assert rules.tries_sentence() in answer.content.decode()
    assert PublicQuestion.objects.count() == rules.MOST_TRIES
    assert client.post(reverse("public-ask"), given(monkeypatch), REMOTE_ADDR="203.0.113.9").status_code == 303
    row = QuestionTry.objects.order_by("-count").first()
    assert len(row.digest) == 64
    assert "127.0.0.1" not in row.digest
    QuestionTry.objects.update(since=now() - dt.timedelta(hours=1, minutes=1))
    assert send(client, monkeypatch).status_code == 303


@pytest.mark.parametrize(
    "new, words",
    [
        ({"words": "ngắn"}, "10"),
        ({"words": "x" * 2001}, "2000"),
        ({"email": "khong phai thu"}, "Địa chỉ thư chưa đúng"),
        ({"name": "x" * 121}, "120"),
    ],
)
def test_what_cannot_be_taken_is_said_beside_its_field(cast, client, monkeypatch, new, words):
    answer = send(client, monkeypatch, **new)
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("2.000", "2000")
    assert not PublicQuestion.objects.exists()
    assert not QuestionTry.objects.exists()


@pytest.mark.parametrize("field", ["words", "name", "email"])
@pytest.mark.req("B-18", "P-05")
def test_marked_content_is_refused_at_the_form(cast, client, monkeypatch, field):
    answer = send(client, monkeypatch, **{field: "TỐI MẬT" if field != "words" else "Độ mật: Tối mật\nnội dung"})
    assert answer.status_code == 422
    assert not PublicQuestion.objects.exists()


@pytest.mark.req("B-18")
def test_marked_content_is_refused_on_the_desk(cast):
    question = make_question(cast)
    for act in (
        lambda: questions.answer_question(question, answer="MẬT", by=cast.officer, at=now()),
        lambda: questions.set_question_aside(question, reason="TUYỆT MẬT", by=cast.officer, at=now()),
    ):
        with pytest.raises(Refusal) as raised:
            act()
        assert raised.value.code == "secret.marked"
    questions.answer_question(question, answer="Trả lời.", by=cast.accounts["editor"], at=now())
    with pytest.raises(Refusal) as raised:
        questions.publish_answer(question, shown="TỐI MẬT", by=cast.officer, at=now())
    assert raised.value.code == "secret.marked"


def test_a_question_about_a_document_that_is_not_public_is_about_none(cast, client, monkeypatch):
    hidden = make_document(cast)
    page = client.get(reverse("public-ask") + f"?document={hidden.pk}").content.decode()
    assert "26-HD/BTGTU" not in page
    send(client, monkeypatch, document=hidden.pk)
    assert PublicQuestion.objects.get().document is None


# --- people ------------------------------------------------------------------------------------------------------------------


@pytest.mark.req("P-06")
def test_senders_are_forgotten_and_the_log_never_knew_them(cast):
    question = make_answered(cast, "Câu hỏi có tên riêng", email="hoi@example.org", name="Nguyễn Văn Hỏi")
    fresh_one = make_question(cast, email="khac@example.org", nonce="n22")
    Message.objects.update(state=MessageState.SENT, next_try_at=None)
    assert questions.forget_senders(at=now() + dt.timedelta(days=29)) == 0
    assert questions.forget_senders(at=now() + dt.timedelta(days=31)) == 1
    question.refresh_from_db()
    fresh_one.refresh_from_db()
    assert (question.sender_name, question.sender_email) == ("", "")
    assert fresh_one.sender_email == "khac@example.org"  # still to be answered
    mail = Message.objects.get(kind="public_answer")
    assert (mail.address, mail.body) == ("", "")
    assert not QuestionTry.objects.exists()
    told = " ".join(f"{one.thing_label} {one.before} {one.after}" for one in AuditEvent.objects.all())
    for words in ("hoi@example.org", "Nguyễn Văn Hỏi", "tên riêng"):
        assert words not in told


def test_questions_are_seen_by_those_who_answer(cast, as_user):
    question = make_question(cast, email="hoi@example.org")
    for username, status in (
        ("editor", 200),
        ("officer", 200),
        ("leader", 403),
        ("secretary11", 403),
        ("organiser1", 403),
    ):
        client = as_user(username)
        assert client.get(reverse("public-question", args=[question.pk])).status_code == status, username
        assert client.get(reverse("public-question-list")).status_code == status, username


@pytest.mark.req("P-09")
def test_the_inbox_comes_as_excel_without_names(cast, as_user):
    make_question(cast, "Câu hỏi trong bảng?", email="hoi@example.org", name="Nguyễn Văn Hỏi")
    answer = as_user("editor").get(reverse("public-question-list") + "?format=xlsx")
    rows = str(list(openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values))
    assert "Câu hỏi trong bảng?" in rows
    assert "hoi@example.org" not in rows
    assert "Nguyễn Văn Hỏi" not in rows


def test_what_is_set_aside_may_be_taken_up_again(cast, as_user):
    question = make_question(cast)
    client = as_user("editor")
    client.post(reverse("public-question-aside", args=[question.pk]), {"reason": "quảng cáo"})
    question.refresh_from_db()
    assert (question.state, question.aside_why) == (QuestionState.SET_ASIDE, "quảng cáo")
    client.post(reverse("public-question-reopen", args=[question.pk]))
    question.refresh_from_db()
    assert question.state == QuestionState.WAITING


def test_what_is_public_is_taken_down_before_it_is_corrected(cast, as_user):
    question = make_answered(cast)
    with pytest.raises(Refusal) as raised:
        questions.answer_question(question, answer="Khác.", by=cast.officer, at=now())
    assert raised.value.code == "question.public"
    as_user("editor").post(reverse("public-question-withdraw", args=[question.pk]))
    fresh.forget_pages()
    assert "Học bù ở đâu" not in Client().get(reverse("public-questions")).content.decode()
    questions.answer_question(question, answer="Khác.", by=cast.officer, at=now())


# --- what the answerer is told --------------------------------------------------------------------------------------------------


@pytest.mark.req("R-152")
def test_whether_a_letter_goes_is_said(cast, as_user):
    client = as_user("editor")
    for nonce, email, words in (
        ("n1", "an@thon.vn", "đang được gửi tới địa chỉ"),
        ("n22", "", "không có thư nào được gửi"),
    ):
        question = make_question(cast, email=email, nonce=nonce)
        address = reverse("public-question-answer", args=[question.pk])
        assert words in client.post(address, {"answer": "Ở lớp gần nhất."}, follow=True).content.decode()
        assert (
            "không đổi, không gửi thư"
            in client.post(address, {"answer": "Ở lớp gần nhất."}, follow=True).content.decode()
        )
    assert Message.objects.filter(kind="public_answer").count() == 1


@pytest.mark.req("P-15")
def test_words_with_the_name_of_who_asks_are_shown_only_once_read_again(cast, as_user):
    """The page promises "without a name"."""
    question = make_question(cast, "Tôi là nguyễn văn ẩn ở thôn 2. Học bù ở đâu?", name="Nguyễn Văn Ẩn")
    questions.answer_question(question, answer="Chào ông Văn Ẩn. Ở lớp gần nhất.", by=cast.accounts["editor"], at=now())
    client, address = as_user("officer"), reverse("public-question-publish", args=[question.pk])
    page = client.get(address).content.decode()
    assert "“Tôi là nguyễn văn ẩn ở thôn 2.”" in page
    assert "“Chào ông Văn Ẩn.”" in page
    shown = {"shown": "Học bù ở đâu?"}
    answer = client.post(address, shown)
    assert answer.status_code == 422
    assert "Tôi là nguyễn" not in answer.context["form"].errors["is_reread"][0]
    assert "“Chào ông Văn Ẩn.”" in answer.context["form"].errors["is_reread"][0]
    question.refresh_from_db()
    assert question.public_at is None
    assert client.post(address, shown | {"is_reread": "on"}).status_code == 303
    question.refresh_from_db()
    assert question.public_at is not None


@pytest.mark.parametrize(
    ("name", "words", "found"),
    [
        ("Nguyễn Văn An", "Xin hỏi về an toàn ở thôn.", []),
        ("Nguyễn Văn An", "Nhà nguyen van an ở đâu?", ["Nhà nguyen van an ở đâu?"]),
        ("An", "Tôi là An. Xin hỏi về an toàn.", ["Tôi là An."]),
        ("", "Xin hỏi về an toàn.", []),
    ],
)
def test_the_name_is_looked_for_without_marks(name, words, found):
    assert rules.sentences_naming(name, words) == found
