"""Notices of the demo in every state: unread and read, sent, held by quiet hours, gathered for a digest, given up."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric import ec

from quantriet.kit.time import at_local, now, today
from quantriet.notify import actions, queries
from quantriet.notify.models import Message
from quantriet.notify.rules.web_push import public_bytes
from quantriet.notify.vocab import DigestPace, NoticeChannel, NoticeGroup
from quantriet.org import actions as org_actions
from quantriet.org.models import Account, Unit


def inform(root: Unit, accounts: Mapping[str, Account]) -> None:
    """What the member, the cell's secretary and the leader were told, each with wishes of their own."""
    officer, member, secretary, leader = (accounts[name] for name in ("canbo", "dangvien", "bithu", "lanhdao"))
    if secretary.person is not None:
        org_actions.change_person(secretary.person, by=officer, at=now(), phone="0912000111")
    _wish(secretary, {NoticeGroup.WORK: [NoticeChannel.SMS]})

    old = _tell(root, member, officer, "study_notice", "Sắp học tập Nghị quyết mới của Trung ương", days=9)
    actions.mark_read(member, [old.notice], at=now())
    _given_up(root, member, officer)
    _wish(
        member,
        {NoticeGroup.SUMMONS: [NoticeChannel.MAIL, NoticeChannel.PUSH, NoticeChannel.SMS]},
        pace=DigestPace.DAILY,
    )
    for subject in ("Tài liệu hỏi – đáp đã có trên cổng", "Nhắc đọc đề cương trước khi đến lớp"):
        _tell(root, member, officer, "study_notice", subject, days=0)
    _tell(
        root, member, officer, "catch_up", "Đổi phòng học: Lớp học bù toàn thành phố", days=0, is_urgent=True,
        body="Lớp học bù toàn thành phố chuyển sang Hội trường Thành ủy, tầng 2. Giờ học giữ nguyên.",
    )  # fmt: skip
    held = _tell(root, secretary, officer, "unit_reminder", "Nhắc ghi điểm danh của chi bộ", days=0)
    for message in Message.objects.filter(notice=held.notice):
        actions.deliver(message.pk, at=at_local(today(), dt.time(22, 15)))
    for subject in ("Báo cáo tuần của Ban đã gửi đến", "Còn ba đơn vị chưa lập kế hoạch học tập"):
        _tell(root, leader, officer, "unit_reminder", subject, days=0)


def _wish(
    account: Account, chosen: Mapping[NoticeGroup, list[NoticeChannel]], *, pace: DigestPace = DigestPace.AT_ONCE
) -> None:
    actions.save_preferences(
        account, chosen=chosen, is_quiet=True, quiet_from=None, quiet_to=None, quiet_mail=False, pace=pace, digest_hour=7,
        digest_weekday=0, zalo_id="", at=now(),
    )  # fmt: skip


def _tell(
    root: Unit, to: Account, by: Account, kind: str, subject: str, *, days: int, body: str = "", is_urgent: bool = False
) -> actions.Told:
    return actions.send_notice(
        kind=kind, unit=root, to=to.person or to, subject=subject, by=by, is_urgent=is_urgent, link="/me/" if to.person_id else "/desk/campaigns/",
        body=body or f"{subject}. Xem chi tiết trong hệ thống.", at=now() - dt.timedelta(days=days),
        ways=queries.ways_to(to),
    )  # fmt: skip


def _given_up(root: Unit, member: Account, officer: Account) -> None:
    """A browser that was switched off between the notice and its sending: nothing goes out, and the outbox says why."""
    key = base64.urlsafe_b64encode(public_bytes(ec.generate_private_key(ec.SECP256R1()).public_key())).decode()
    browser = actions.subscribe_browser(
        member, endpoint="https://updates.push.services.mozilla.com/wpush/mau", p256dh=key.rstrip("="), auth=base64.b64encode(bytes(16)).decode().rstrip("="),
        device="Chrome trên Android", at=now(),
    )  # fmt: skip
    told = _tell(root, member, officer, "study_notice", "Lịch học tập tháng này của Thành ủy", days=1)
    actions.end_subscription(browser, by=member, at=now())
    for message in Message.objects.filter(notice=told.notice, channel=NoticeChannel.PUSH):
        actions.deliver(message.pk, at=at_local(today() - dt.timedelta(days=1), dt.time(10)))
