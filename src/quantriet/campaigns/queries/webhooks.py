"""Reads about programs that are told of changed duties."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Count, Max, Q
from django.utils.crypto import salted_hmac

from quantriet.campaigns.models import WebhookDelivery, WebhookSubscription
from quantriet.campaigns.rules.webhooks import shown_secret
from quantriet.campaigns.vocab import DeliveryState


def secret_key(webhook: WebhookSubscription) -> bytes:
    """The key messages are signed with: made of the installation's own key, so that no copy of the database tells it."""
    return bytes(salted_hmac("quantriet.webhook", f"{webhook.pk}:{webhook.salt}", algorithm="sha256").digest())


def secret_of(webhook: WebhookSubscription) -> str:
    return shown_secret(secret_key(webhook))


def delivery_counts(webhooks: Iterable[WebhookSubscription]) -> dict[int, dict[str, object]]:
    """Of each subscription how many messages wait and were given up, and when the last arrived."""
    rows = (
        WebhookDelivery.objects.filter(subscription__in=[one.pk for one in webhooks])
        .order_by()
        .values("subscription_id")
        .annotate(
            waiting=Count("pk", filter=Q(state__in=[DeliveryState.WAITING, DeliveryState.SENDING])),
            dead=Count("pk", filter=Q(state=DeliveryState.DEAD)),
            last=Max("delivered_at"),
        )
    )
    return {row["subscription_id"]: dict(row) for row in rows}
