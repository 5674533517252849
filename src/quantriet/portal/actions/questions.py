"""The only writers of questions sent through the portal: taken at the door, answered, shown when the sender agrees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from quantriet.audit.actions import record
from quantriet.kit import text
from quantriet.kit.db import reread
from quantriet.kit.refusal import Refusal, Refusals
from quantriet.kit.sealing import digest
from quantriet.kit.time import local, show_day
from quantriet.library.models import GuidingDocument
from quantriet.notify import actions as notify_actions
from quantriet.org.models import Account, Unit
from quantriet.org.rules.secrecy import refuse_if_marked
from quantriet.org.rules.tries import network
from quantriet.portal.models import PublicQuestion, QuestionTry
from quantriet.portal.rules import questions as rules
from quantriet.portal.vocab import ANSWER_NOTICE, QuestionState

_PLACE = "quantriet.portal.question"  # what the digests of networks are made for


def send_question(
    unit: Unit, *, document: GuidingDocument | None, nonce: str, words: str, name: str, email: str, may_publish: bool,
    address: str, at: datetime,
) -> PublicQuestion:  # fmt: skip
    """Take a question in, for the desk to answer. The same form sent twice is one question.

    Refuses what is too short or long, an address that is none, marked text in any field (B-18), and more than a handful
    from one network in an hour. Effects, in order: the try, the question, audit "public_question.sent" without its words.
    Basis: R-152.
    """
    said = {"words": text.nfc(words).replace("\r\n", "\n").strip(), "name": text.squeeze(name), "email": email.strip()}
    faults = []
    if not rules.SHORTEST <= len(said["words"]) <= rules.LONGEST:
        faults.append(
            Refusal(
                "question.length", f"Hãy viết từ {rules.SHORTEST} đến {rules.LONGEST} chữ cái.", field="words"
            )
        )  # fmt: skip
    if len(said["name"]) > 120:
        faults.append(Refusal("question.length", "Tên dài quá 120 chữ cái.", field="name"))
    if said["email"]:
        try:
            validate_email(said["email"])
        except ValidationError:
            faults.append(Refusal("question.email", "Địa chỉ thư chưa đúng; viết như ten@noidung.vn.", field="email"))
    for field, where in (("words", "Câu hỏi"), ("name", "Tên"), ("email", "Địa chỉ thư")):
        try:
            refuse_if_marked(said[field], where)
        except Refusal as refusal:
            faults.append(Refusal(refusal.code, refusal.sentence, field=field))
    if faults:
        raise faults[0] if len(faults) == 1 else Refusals(faults)
    with transaction.atomic():
        known = PublicQuestion.objects.filter(nonce=nonce[:40]).first()
        if known is not None:
            return known
        _claim(address, at)
        question = PublicQuestion(
            unit=unit, document=document, nonce=nonce[:40], words=said["words"], sender_name=said["name"],
            sender_email=said["email"][:254], may_publish=may_publish, sent_at=at,
        )  # fmt: skip
        question.save(force_insert=True)
        record("public_question.sent", by=None, at=at, thing=question, unit=unit)
    return question


def _claim(address: str, at: datetime) -> None:
    """Take one of the tries of this network, or refuse; of many at one moment the database lets as many pass as are left."""
    row = digest(network(address), _PLACE)
    QuestionTry.objects.bulk_create([QuestionTry(digest=row, since=at)], ignore_conflicts=True)
    over = Q(since__lte=at - rules.TRIES_WITHIN)
    taken = (
        QuestionTry.objects.filter(digest=row)
        .filter(over | Q(count__lt=rules.MOST_TRIES))
        .update(
            count=Case(When(over, then=Value(1)), default=F("count") + 1),
            since=Case(When(over, then=Value(at)), default=F("since")),
        )
    )
    if not taken:
        raise Refusal("question.too_many", rules.tries_sentence())


def answer_question(question: PublicQuestion, *, answer: str, by: Account, at: datetime) -> PublicQuestion:
    """Answer; the words go by mail where an address was left. An answer that is public is changed only after it was taken down.

    Effects, in order: the answer, audit "public_question.answered", the mail.
    """
    answer = text.nfc(answer).replace("\r\n", "\n").strip()
    if not answer:
        raise Refusal("question.answer_missing", "Thiếu câu trả lời.", field="answer")
    if len(answer) > rules.LONGEST_ANSWER:
        raise Refusal(
            "question.length", f"Câu trả lời dài quá {rules.LONGEST_ANSWER} chữ cái.", field="answer"
        )  # fmt: skip
    _refuse_marked(answer, "Câu trả lời", "answer")
    with transaction.atomic():
        _locked(question, QuestionState.WAITING, QuestionState.ANSWERED)
        _refuse_public(question)
        if answer == question.answer:
            return question
        question.answer, question.answered_at, question.answered_by = answer, at, by
        question.state = QuestionState.ANSWERED
        question.save(update_fields=["answer", "answered_at", "answered_by", "state"])
        record("public_question.answered", by=by, at=at, thing=question, unit=question.unit)
        if question.sender_email:
            notify_actions.send_mail(
                kind=ANSWER_NOTICE, unit=question.unit, address=question.sender_email, by=by, at=at, log_address=False,
                subject=f"Trả lời câu hỏi gửi ngày {show_day(local(question.sent_at).date())}",
                body=f"Câu hỏi:\n{question.words}\n\nTrả lời của {question.unit.name}:\n{answer}\n\n"
                "Tên và địa chỉ thư của người hỏi tự xóa khỏi hệ thống sau 30 ngày.\n",
            )  # fmt: skip
    return question


def set_question_aside(question: PublicQuestion, *, reason: str, by: Account, at: datetime) -> PublicQuestion:
    """Put away what asks nothing that can be answered (advertising, insults, somebody else's business), saying why."""
    reason = text.squeeze(reason)
    if not reason:
        raise Refusal("question.reason_missing", "Hãy ghi vì sao không trả lời.", field="reason")
    _refuse_marked(reason, "lý do", "reason")
    with transaction.atomic():
        _locked(question, QuestionState.WAITING)
        question.state, question.aside_why, question.answered_at = QuestionState.SET_ASIDE, reason[:250], at
        question.save(update_fields=["state", "aside_why", "answered_at"])
        record(
            "public_question.set_aside",
            by=by,
            at=at,
            thing=question,
            unit=question.unit,
            after={"reason": reason[:250]},
        )
    return question


def reopen_question(question: PublicQuestion, *, by: Account, at: datetime) -> PublicQuestion:
    """Take up again what was set aside."""
    with transaction.atomic():
        _locked(question, QuestionState.SET_ASIDE)
        question.state, question.aside_why, question.answered_at = QuestionState.WAITING, "", None
        question.save(update_fields=["state", "aside_why", "answered_at"])
        record("public_question.reopened", by=by, at=at, thing=question, unit=question.unit)
    return question


def publish_answer(
    question: PublicQuestion, *, shown: str, by: Account, at: datetime, is_reread: bool = False
) -> PublicQuestion:  # fmt: skip
    """Show question and answer on the portal, the question in words that name nobody.

    Refuses without the sender's agreement, without an answer, the one who answered: publication takes two persons; and words
    in which the sender's name stands, unless somebody has read them again and says so (`is_reread`).
    """
    shown = text.nfc(shown).replace("\r\n", "\n").strip()
    if not shown:
        raise Refusal("question.words_missing", "Thiếu lời câu hỏi để đăng.", field="shown")
    if len(shown) > rules.LONGEST:
        raise Refusal("question.length", f"Câu hỏi dài quá {rules.LONGEST} chữ cái.", field="shown")
    _refuse_marked(shown, "Câu hỏi", "shown")
    with transaction.atomic():
        _locked(question, QuestionState.ANSWERED)
        _refuse_public(question)
        if not question.may_publish:
            raise Refusal("question.not_agreed", "Người hỏi không đồng ý đăng công khai; chỉ trả lời riêng.")
        if question.answered_by_id == by.pk:
            raise Refusal(
                "question.own_answer",
                "Đồng chí đã soạn câu trả lời này nên không tự cho đăng; người cho đăng phải là người thứ hai.",
            )
        naming = rules.sentences_naming(question.sender_name, shown, question.answer)
        if naming and not is_reread:
            raise Refusal("question.names_sender", names_sentence(naming), field="is_reread")
        question.shown_words, question.public_at, question.public_by = shown, at, by
        question.search_words = " ".join(sorted(set(text.index_words(f"{shown} {question.answer}"))))
        question.save(update_fields=["shown_words", "public_at", "public_by", "search_words"])
        record("public_question.published", by=by, at=at, thing=question, unit=question.unit)
    return question


def names_sentence(naming: Sequence[str]) -> str:
    """What is asked before words are shown in which the sender's name stands."""
    quoted = "; ".join(f"“{one[:200]}”" for one in naming[:3])
    return f"Có tên người hỏi trong: {quoted}. Hãy bỏ tên, hoặc xác nhận đã đọc lại và vẫn đăng."


def withdraw_answer(question: PublicQuestion, *, by: Account, at: datetime) -> PublicQuestion:
    """Take question and answer off the portal; both stay on the desk."""
    with transaction.atomic():
        _locked(question, QuestionState.ANSWERED)
        if question.public_at is None:
            raise Refusal("question.not_public", "Câu hỏi này không có trên cổng.")
        question.public_at, question.public_by, question.search_words = None, None, ""
        question.save(update_fields=["public_at", "public_by", "search_words"])
        record("public_question.withdrawn", by=by, at=at, thing=question, unit=question.unit)
    return question


def forget_senders(*, at: datetime) -> int:
    """Forget who sent what is settled long enough, the mails to them, and the tries of networks; returns how many senders.

    Audit "public_question.forgotten" with the number alone.
    """
    before = at - rules.SENDER_KEPT
    with transaction.atomic():
        QuestionTry.objects.filter(since__lt=at - rules.TRIES_KEPT).delete()
        settled = PublicQuestion.objects.filter(answered_at__lt=before).exclude(state=QuestionState.WAITING)
        forgotten = settled.exclude(sender_name="", sender_email="").update(sender_name="", sender_email="")
        notify_actions.forget_mails(ANSWER_NOTICE, before=before)
        top = Unit.objects.filter(parent__isnull=True).order_by("pk").first()
        if forgotten and top is not None:
            record("public_question.forgotten", by=None, at=at, thing=top, unit=top, after={"people": forgotten})
    return forgotten


# --- pieces ---------------------------------------------------------------------------------------------------------------


def _refuse_marked(words: str, where: str, field: str) -> None:
    try:
        refuse_if_marked(words, where)
    except Refusal as refusal:
        raise Refusal(refusal.code, refusal.sentence, field=field) from None


def _locked(question: PublicQuestion, *states: QuestionState) -> None:
    reread(question)
    if question.state not in states:
        raise Refusal(
            "question.state",
            f"Câu hỏi đang ở bước “{QuestionState(question.state).label}” nên không làm được việc này; hãy tải lại trang.",
        )


def _refuse_public(question: PublicQuestion) -> None:
    if question.public_at is not None:
        raise Refusal("question.public", "Câu hỏi và trả lời đang hiện trên cổng; hãy gỡ xuống trước khi sửa.")
