"""Addresses of presence."""

from django.urls import path

from quantriet.attendance.web import catch_ups, closing, conduct, evidence, excuses, member, proxy, roll, slips

_CLASS = "desk/classes/<int:pk>/"

urlpatterns = [
    path("desk/roll/", roll.today, name="roll-today"),
    path(_CLASS + "roll/", roll.roll, name="roll"),
    path(_CLASS + "roll/mark/", roll.mark, name="roll-mark"),
    path(_CLASS + "roll/undo/", roll.undo, name="roll-undo"),
    path(_CLASS + "roll/rest/", roll.rest, name="roll-rest"),
    path(_CLASS + "roll/state/", roll.state, name="roll-state"),
    path(_CLASS + "roll/slips/", slips.slips, name="slips"),
    path(_CLASS + "roll/paste/", slips.paste, name="paste"),
    path(_CLASS + "roll/result/", closing.result, name="roll-result"),
    path(_CLASS + "roll/close/", closing.close, name="roll-close"),
    path(_CLASS + "roll/reopen/", closing.reopen, name="roll-reopen"),
    path(_CLASS + "roll/reopen/decide/", closing.reopen_decide, name="roll-reopen-decide"),
    path(_CLASS + "conduct/", conduct.conduct, name="conduct"),
    path("desk/roster/<int:pk>/evidence/", evidence.evidence, name="evidence"),
    path("desk/roster/<int:pk>/excuse/", excuses.new, name="excuse-new"),
    path("desk/facts/<int:pk>/void/", evidence.void, name="fact-void"),
    path("desk/excuses/", excuses.excuse_list, name="excuse-list"),
    path("desk/excuses/<int:pk>/", excuses.excuse, name="excuse"),
    path("desk/excuses/<int:pk>/paper/", excuses.paper, name="excuse-paper"),
    path("desk/catch-up/", catch_ups.catch_up_list, name="catch-up-list"),
    path("desk/catch-up/place/", catch_ups.place, name="catch-up-place"),
    path("desk/catch-up/invite/", catch_ups.invite, name="catch-up-invite"),
    path("desk/catch-up/print/", catch_ups.print_invitations, name="catch-up-print"),
    path("desk/catch-up/<int:pk>/choose/", proxy.choose, name="catch-up-choose"),
    path("desk/proxy/", proxy.people, name="proxy-list"),
    path("desk/reply-forms/print/", proxy.print_forms, name="reply-forms-print"),
    path("desk/reply-forms/enter/", proxy.enter, name="reply-forms-enter"),
    path("desk/reply-forms/<str:code>/", proxy.enter, name="reply-form"),
    path("me/duties/<int:pk>/excuse/", member.excuse, name="my-excuse"),
    path("me/duties/<int:pk>/catch-up/", member.catch_up, name="my-catch-up"),
    path("desk/repeat-absentees/", catch_ups.repeat_absentees, name="repeat-absentees"),
]
