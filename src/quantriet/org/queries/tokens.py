"""Reads of keys for machines: the one that was sent, what it may do now, the answer to a repeated write."""

from __future__ import annotations

import hashlib
from datetime import datetime

from quantriet.org import access
from quantriet.org.models import Account, ApiToken, IdempotencyKey
from quantriet.org.vocab import SCOPE_GROUPS, Permission, ScopeGroup


def token_digest(secret: str) -> str:
    """Under which a key is kept: it is random and long, so that a plain digest cannot be turned round."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_token(secret: str) -> ApiToken | None:
    """The key that was sent, with its account; also one that works no longer."""
    return ApiToken.objects.select_related("account").filter(digest=token_digest(secret)).first()


def works(token: ApiToken, at: datetime) -> bool:
    return token.revoked_at is None and token.expires_at > at


def narrow_to_scopes(account: Account, scopes: list[str]) -> None:
    """Leave of the account's rights only those the key has: from here on every `access` filter answers for the key.

    What the account has lost since, the key has lost too, for its appointments are read afresh.
    """
    allowed = frozenset(Permission(one) for one in scopes if one in set(Permission))
    account._grants = [  # type: ignore[attr-defined]
        access.Grant(grant.role, grant.unit_id, grant.unit_path, grant.permissions & allowed)
        for grant in access.grants_of(account)
    ]


def known_answer(token: ApiToken, key: str) -> IdempotencyKey | None:
    return IdempotencyKey.objects.filter(token=token, key=key).first()


def scope_choices(account: Account) -> list[tuple[ScopeGroup, list[Permission], list[Permission]]]:
    """What the account may give a key: each group with the reading and writing permissions that it has itself."""
    found = []
    for group in SCOPE_GROUPS:
        reads = [one for one in group.reads if access.may_anywhere(account, one)]
        writes = [one for one in group.writes if access.may_anywhere(account, one)]
        if reads or writes:
            found.append((group, reads, writes))
    return found
