"""Who sees which news and questions on the desk; what is public needs nobody's rights and is asked in `queries.public`."""

from __future__ import annotations

from django.db.models import QuerySet

from quantriet.org import access
from quantriet.org.models import Account, Unit
from quantriet.org.vocab import Permission
from quantriet.portal.models import NewsArticle, PublicQuestion


def news_seen_by(account: Account) -> QuerySet[NewsArticle]:
    """News of the account's units and of those below."""
    return access.scope(NewsArticle.objects.all(), account, Permission.DOCUMENT_VIEW)


def get_news(account: Account, pk: int | str, permission: Permission = Permission.DOCUMENT_VIEW) -> NewsArticle:
    """A piece of news the account may see; NotAllowed when it may only read it and asks for more."""
    rows = news_seen_by(account).select_related("unit", "changed_by", "submitted_by", "approved_by")
    article = access.one_of(rows, pk)
    if permission != Permission.DOCUMENT_VIEW:
        access.require(account, permission, article.unit)
    return article


def questions_seen_by(account: Account) -> QuerySet[PublicQuestion]:
    """Questions that the account's units answer: only for those who answer, since people may have left their names."""
    return access.scope(PublicQuestion.objects.all(), account, Permission.DOCUMENT_EDIT)


def get_question(account: Account, pk: int | str) -> PublicQuestion:
    """A question the account may answer."""
    rows = questions_seen_by(account).select_related("unit", "document", "answered_by", "public_by")
    return access.one_of(rows, pk)


def publishing_unit(account: Account) -> Unit | None:
    """The highest unit for which the account writes news."""
    rows = access.units_seen_by(account, Permission.DOCUMENT_EDIT).filter(closed_on__isnull=True)
    return rows.order_by("depth", "pk").first()
