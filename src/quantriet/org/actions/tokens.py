"""Writers of keys for machines, of how often they are used, and of the answers kept for repeated writes."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F

from quantriet.audit.actions import record
from quantriet.kit import text
from quantriet.kit.db import named_lock
from quantriet.kit.refusal import Refusal
from quantriet.kit.time import local, show_day, start_of
from quantriet.org import access
from quantriet.org.actions.sessions import place_of
from quantriet.org.models import Account, ApiToken, IdempotencyKey
from quantriet.org.queries.tokens import token_digest
from quantriet.org.vocab import LONGEST_TOKEN, MOST_TOKENS, SCOPES, Permission

PREFIX = "qt_"
KEEP_ANSWERS = timedelta(hours=48)


def make_token(
    account: Account, *, name: str, scopes: Collection[Permission], ends_on: date, at: datetime
) -> tuple[ApiToken, str]:
    """Make a key with which a machine acts for this account; returns it with the key itself, which is kept nowhere.

    Refuses without a name, without a scope, a scope the account has not itself, an end in the past or more than a year
    away, and more keys than anybody can overlook. Effects: the row, audit "token.made".
    """
    name = text.squeeze(name)[:80]
    if not name:
        raise Refusal("token.name_missing", "Phải đặt tên cho khóa, ví dụ tên phần mềm sẽ dùng.", field="name")
    wanted = [one for one in SCOPES if one in scopes]
    if not wanted:
        raise Refusal("token.scope_missing", "Chọn ít nhất một việc mà khóa được làm.", field="scopes")
    beyond = [one.label for one in scopes if one not in SCOPES or not access.may_anywhere(account, one)]
    if beyond:
        raise Refusal(
            "token.scope_exceeds", f"Tài khoản không có quyền: {', '.join(beyond)}; khóa không thể có.", field="scopes"
        )
    today = local(at).date()
    if ends_on < today:
        raise Refusal("token.ends_past", "Ngày hết hạn phải từ hôm nay trở đi.", field="ends_on")
    if ends_on - today >= LONGEST_TOKEN:
        latest = show_day(today + LONGEST_TOKEN - timedelta(days=1))
        raise Refusal("token.too_long", f"Khóa có hạn nhiều nhất một năm, đến {latest}.", field="ends_on")
    secret = PREFIX + secrets.token_urlsafe(32)
    with named_lock(f"tokens-{account.pk}"):
        live = ApiToken.objects.filter(account=account, revoked_at__isnull=True, expires_at__gt=at)
        if live.count() >= MOST_TOKENS:
            raise Refusal("token.too_many", f"Tài khoản đã có {MOST_TOKENS} khóa còn hạn; hãy thu hồi khóa không dùng.")
        token = ApiToken.objects.create(
            account=account, name=name, digest=token_digest(secret), hint=secret[:8],
            scopes=[one.value for one in wanted], created_at=at, expires_at=start_of(ends_on + timedelta(days=1)),
        )  # fmt: skip
        record(
            "token.made", by=account, at=at, thing=token, unit=place_of(account), person_id=account.person_id,
            after={"scopes": token.scopes, "ends_on": ends_on},
        )  # fmt: skip
    return token, secret


def revoke_token(token: ApiToken, *, by: Account, at: datetime) -> ApiToken:
    """End a key at once; done again it changes nothing. Refuses a key of an account that `by` does not govern."""
    if token.account_id != by.pk and not access.may_govern(by, token.account):
        raise Refusal("token.not_governed", "Khóa này thuộc tài khoản ngoài phạm vi quản trị được giao.")
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(revoked_at=at, revoked_by=by):
            record(
                "token.revoked", by=by, at=at, thing=token, unit=place_of(token.account),
                person_id=token.account.person_id,
            )  # fmt: skip
    token.refresh_from_db()
    return token


def reserve_requests(token: ApiToken, *, window: int, most: int, wanted: int, at: datetime) -> int:
    """Take up to `wanted` of the `most` requests of this window (minutes since 1970) for one process; returns how many.

    All processes take from the same row by conditional updates, so that together they never pass the limit.
    """
    rows = ApiToken.objects.filter(pk=token.pk)
    with transaction.atomic():
        if rows.filter(window__lt=window).update(window=window, window_used=min(wanted, most), last_used_at=at):
            return min(wanted, most)
        while wanted > 0:
            same = rows.filter(window__gte=window, window_used__lte=most - wanted)
            if same.update(window_used=F("window_used") + wanted, last_used_at=at):
                return wanted
            wanted //= 2
    return 0


def remember_answer(
    token: ApiToken, *, key: str, request_digest: str, status: int, content_type: str, answer: str, at: datetime
) -> IdempotencyKey:
    """Keep what a write was answered, in the transaction of the write."""
    return IdempotencyKey.objects.create(
        token=token, key=key, request_digest=request_digest, status=status, content_type=content_type, answer=answer,
        at=at,
    )  # fmt: skip


def prune_answers(*, at: datetime) -> int:
    """Drop answers that no repeat will ask for any more; returns how many."""
    pruned = 0
    old = IdempotencyKey.objects.filter(at__lt=at - KEEP_ANSWERS).order_by()
    while ids := list(old.values_list("pk", flat=True)[:1000]):
        pruned += old.filter(pk__in=ids).delete()[0]
    return pruned
