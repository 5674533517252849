"""Keys with which machines act for an account, and what they were answered."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from quantriet.org.models.accounts import Account


class ApiToken(models.Model):
    """A key for machines: it acts for its account, with part of the account's permissions, until a moment.

    The key itself is shown once and kept nowhere; its digest finds it. The window counts requests for all processes.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)  # how the key begins, so that people recognise it
    scopes = models.JSONField(default=list)  # values of Permission
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)  # to some minutes
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    window = models.BigIntegerField(default=0)  # minutes since 1970
    window_used = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["account", "-created_at"])]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="token_order"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="token_revoking_paired",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IdempotencyKey(models.Model):
    """The answer to a write under a key that the machine made; written with the write, given again to a repeat."""

    token = models.ForeignKey(ApiToken, on_delete=models.CASCADE, related_name="answers", db_index=False)
    key = models.CharField(max_length=200)
    request_digest = models.CharField(max_length=64)  # of method, address and body
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=80)
    answer = models.TextField(blank=True)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["token", "key"], name="idempotency_key_once")]
