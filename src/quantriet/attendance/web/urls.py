"""Addresses of presence."""

from django.urls import path

from quantriet.attendance.web import (
    catch_ups,
    closing,
    conduct,
    evidence,
    excuses,
    member,
    proxy,
    roll,
    self_study,
    self_study_member,
    slips,
)

_CLASS = "desk/classes/<int:pk>/"
_SELF_STUDY = "me/duties/<int:pk>/self-study/"

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
    path("desk/campaigns/<int:pk>/self-study/", self_study.overview, name="self-study"),
    path("desk/campaigns/<int:pk>/self-study/allow/", self_study.allow, name="self-study-allow"),
    path(
        "desk/campaigns/<int:pk>/self-study/<int:permission_pk>/withdraw/",
        self_study.withdraw,
        name="self-study-withdraw",
    ),
    path("desk/campaigns/<int:pk>/self-study/questions/", self_study.questions, name="self-study-questions"),
    path(
        "desk/campaigns/<int:pk>/self-study/questions/import/",
        self_study.questions_import,
        name="self-study-questions-import",
    ),
    path(
        "desk/campaigns/<int:pk>/self-study/questions/<int:question_pk>/retire/",
        self_study.retire,
        name="self-study-retire",
    ),
    path("desk/self-study/check/", self_study.check, name="self-study-check"),
    path(_SELF_STUDY, self_study_member.overview, name="my-self-study"),
    path(_SELF_STUDY + "begin/", self_study_member.begin, name="my-self-study-begin"),
    path(_SELF_STUDY + "new-version/", self_study_member.move, name="my-self-study-move"),
    path(_SELF_STUDY + "sections/<int:number>/", self_study_member.section, name="my-self-study-section"),
    path(_SELF_STUDY + "sections/<int:number>/check/", self_study_member.answer, name="my-self-study-answer"),
    path(_SELF_STUDY + "proof/", self_study_member.proof, name="my-self-study-proof"),
    path("desk/repeat-absentees/", catch_ups.repeat_absentees, name="repeat-absentees"),
]
