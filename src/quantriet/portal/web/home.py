"""The first page: for a leader or officer the board, for a member their own page, for everybody else the portal."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from quantriet.campaigns import access as campaign_access
from quantriet.campaigns import queries as campaign_queries
from quantriet.campaigns.vocab import ATTEND, DutyReason
from quantriet.kit.time import now
from quantriet.kit.web import page, refused
from quantriet.kit.web.display import display as display_preferences
from quantriet.kit.web.gallery import gallery as gallery_page
from quantriet.org import access as org_access
from quantriet.org.models import Account
from quantriet.org.vocab import Permission
from quantriet.org.web.pages import DeskRequest, desk_page, member_page, public_page
from quantriet.portal import queries
from quantriet.portal.web import public

ROWS = 12
NAMES = 8


@public_page
def home(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return public.front(request)
    account: Account = request.account  # type: ignore[attr-defined]
    if not any(grant.permissions for grant in org_access.grants_of(account)):
        return redirect("me")
    boards = []
    if org_access.may_anywhere(account, Permission.CAMPAIGN_VIEW):
        for campaign in queries.open_campaigns(account):
            units = campaign_access.board_units(account, campaign)
            if units:
                board = campaign_queries.board(campaign, units[0], ATTEND)
                names = f"{reverse('campaign-names', args=[campaign.pk])}?unit={board.unit.pk}"
                more = max(0, len(board.rows) - ROWS)
                plans = f"{reverse('campaign-plans', args=[campaign.pk])}?unit={board.unit.pk}&state=open"
                one = {"plans": plans, "board": board, "rows": board.rows[:ROWS], "more": more, "names": names}
                if board.unit.kind.holds_members and board.total.owing:
                    # Who stands so near to the people is told their names, not how many they are.
                    owing = queries.people_owing(campaign, board.unit)
                    one |= {
                        "people": [(duty.person.full_name, DutyReason(duty.reason).label) for duty in owing[:NAMES]],
                        "more_people": max(0, board.total.owing - NAMES),
                    }
                boards.append(one)
        boards.sort(key=lambda one: -one["board"].total.owing)  # where most is left stands on top
    context = {
        "boards": boards,
        "tasks": queries.tasks_of(account, at=now()),
        "unpublished": queries.unpublished_of(account, at=now()),
        "unit": org_access.home_unit(account),
        "may_plan": org_access.may_anywhere(account, Permission.CAMPAIGN_PLAN),
        "may_see_campaigns": org_access.may_anywhere(account, Permission.CAMPAIGN_VIEW),
    }
    return page(request, "portal/desk/home.html", context)


@desk_page(Permission.UNIT_VIEW)
def quick_search(request: DeskRequest) -> HttpResponse:
    """Everything that fits what was typed, by kind: a page, or the list under the box while one types."""
    typed = request.GET.get("q", "").strip()[:200]
    context = {"typed": typed, "groups": queries.quick_search(request.account, typed)}
    return page(request, "portal/desk/search.html", context, partial="search_results")


@public_page
@csrf_exempt  # pages of the portal carry no token, so that one copy serves everybody; at stake is a text size
def display(request: HttpRequest) -> HttpResponse:
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return refused(request, "Cỡ chữ và màu nền chỉ đổi từ trang của chính hệ thống.")
    return display_preferences(request)


@desk_page(Permission.UNIT_VIEW)
def gallery(request: HttpRequest) -> HttpResponse:
    return gallery_page(request)


@member_page
@require_POST
def session_extend(request: HttpRequest) -> HttpResponse:
    """One tap keeps the session: the cookie's age starts again."""
    request.session.modified = True
    return HttpResponse(status=204)
