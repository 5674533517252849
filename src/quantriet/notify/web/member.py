"""What an account was told, how it wants to be told, and the browsers that show it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from quantriet.kit.refusal import Refusal, refusals_on
from quantriet.kit.time import now, parse_clock
from quantriet.kit.web import listing, page, saved
from quantriet.notify import access, actions, queries
from quantriet.notify.models import Notice, NoticePreference
from quantriet.notify.rules.ways import DEFAULT
from quantriet.notify.vocab import DigestPace, NoticeChannel, NoticeGroup, kind_label
from quantriet.org.rules.devices import device_in_words
from quantriet.org.web.pages import DeskRequest, member_page


@member_page
def notices(request: DeskRequest) -> HttpResponse:
    """The inbox: the latest first, or only what is unread."""
    rows = queries.inbox(request.account).select_related("unit").defer("body")
    unread = queries.unread_count(request.account)
    only = "unread" in request.GET
    found = listing(
        request,
        rows.filter(read_at__isnull=True) if only else rows,
        sorts={"made": ["made_at"]},
        default_sort="-made",
        prepare=_in_words,
    )
    return page(request, "notify/member/notices.html", {"notices": found, "unread": unread, "only_unread": only})


def _in_words(rows: list[Notice]) -> None:
    for row in rows:
        row.kind_words = kind_label(row.kind)  # type: ignore[attr-defined]


@member_page
def notice(request: DeskRequest, pk: int) -> HttpResponse:
    """One notice; whoever opens it has read it."""
    found = access.get_notice(request.account, pk)
    if found.read_at is None:
        actions.mark_read(request.account, [found], at=now())
    _in_words([found])
    return page(request, "notify/member/notice.html", {"notice": found})


@require_POST
@member_page
def read_all(request: DeskRequest) -> HttpResponse:
    count = actions.mark_read(request.account, None, at=now())
    words = ngettext("%(count)s notice is marked as read.", "%(count)s notices are marked as read.", count)
    return saved(request, to=reverse("my-notices"), message=words % {"count": count})


# --- preferences ----------------------------------------------------------------------------------------------------------

WEEKDAYS = [
    gettext_lazy("Monday"), gettext_lazy("Tuesday"), gettext_lazy("Wednesday"), gettext_lazy("Thursday"),
    gettext_lazy("Friday"), gettext_lazy("Saturday"), gettext_lazy("Sunday"),
]  # fmt: skip


class PreferencesForm(forms.Form):
    """One line a group of kinds, quiet hours, pace. Only channels that are set up are offered."""

    is_quiet = forms.BooleanField(label=gettext_lazy("Keep the phone quiet at night"), required=False)
    quiet_from = forms.CharField(label=gettext_lazy("Quiet from"), required=False, max_length=8)
    quiet_to = forms.CharField(label=gettext_lazy("Quiet until"), required=False, max_length=8)
    quiet_mail = forms.BooleanField(label=gettext_lazy("Hold mails in the quiet hours too"), required=False)
    pace = forms.ChoiceField(
        label=gettext_lazy("How often"), widget=forms.RadioSelect, choices=DigestPace.labels,
        help_text=gettext_lazy("Summons of classes and urgent changes always come at once."),
    )  # fmt: skip
    digest_hour = forms.TypedChoiceField(
        label=gettext_lazy("At what hour"), coerce=int, choices=[(hour, f"{hour:02d}:00") for hour in range(24)]
    )
    digest_weekday = forms.TypedChoiceField(
        label=gettext_lazy("On what day, once a week"), coerce=int, choices=list(enumerate(WEEKDAYS))
    )
    zalo_id = forms.CharField(label=gettext_lazy("Zalo follower number"), required=False, max_length=60)

    def __init__(self, *args: Any, channels: list[NoticeChannel], quiet: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = list(NoticeGroup)
        for group in self.groups:
            self.fields[group.value] = forms.MultipleChoiceField(
                label=group.label, required=False, widget=forms.CheckboxSelectMultiple,
                choices=[(channel.value, channel.label) for channel in channels],
            )  # fmt: skip
            self.fields[group.value].one_of_several = True  # type: ignore[attr-defined]
        self.fields["is_quiet"].help_text = _(
            "No browser notice, text message or Zalo rings then; it comes when the quiet hours end. An urgent change of a class passes."
        )
        self.fields["quiet_from"].help_text = _("Like 21:00. Both left empty: the hours of the house, %(hours)s.") % {
            "hours": quiet or "–"
        }
        if NoticeChannel.ZALO in channels:
            self.fields["zalo_id"].help_text = _("Whoever looks after the office's Zalo page tells it.")
        else:
            del self.fields["zalo_id"]
        self.fieldsets = [
            (_("Besides this inbox, tell me by"), [group.value for group in self.groups]),
            (_("Zalo"), ["zalo_id"]) if NoticeChannel.ZALO in channels else ("", []),
            (_("Quiet hours"), ["is_quiet", "quiet_from", "quiet_to", "quiet_mail"]),
            (_("At once or together"), ["pace", "digest_hour", "digest_weekday"]),
        ]
        self.fieldsets = [one for one in self.fieldsets if one[1]]

    def _clock(self, name: str) -> Any:
        written = self.cleaned_data[name].strip()
        found = parse_clock(written) if written else None
        if written and found is None:
            raise forms.ValidationError(_("Write the hour like 21:00."))
        return found

    def clean_quiet_from(self) -> Any:
        return self._clock("quiet_from")

    def clean_quiet_to(self) -> Any:
        return self._clock("quiet_to")


def _initial(kept: NoticePreference | None) -> dict[str, Any]:
    wishes = queries.wishes_of(kept)
    values: dict[str, Any] = {
        group.value: [channel.value for channel in wishes.chosen.get(group, DEFAULT)] for group in NoticeGroup
    }
    if kept is None:
        return values | {"is_quiet": True, "pace": DigestPace.AT_ONCE, "digest_hour": 7, "digest_weekday": 0}
    shown = {
        name: getattr(kept, name)
        for name in ("is_quiet", "quiet_mail", "pace", "digest_hour", "digest_weekday", "zalo_id")
    }
    for name in ("quiet_from", "quiet_to"):
        clock = getattr(kept, name)
        shown[name] = f"{clock:%H:%M}" if clock else ""
    return values | shown


@member_page
def preferences(request: DeskRequest) -> HttpResponse:
    kept = queries.preference_of(request.account)
    channels = queries.channels_set_up()
    quiet = queries.house_quiet()
    form = PreferencesForm(
        request.POST or None, initial=_initial(kept), channels=channels, quiet=quiet.words if quiet else ""
    )
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        chosen = {group: [NoticeChannel(one) for one in values.pop(group.value)] for group in NoticeGroup}
        values["pace"] = DigestPace(values["pace"])
        with refusals_on(form):
            actions.save_preferences(
                request.account, chosen=chosen, at=now(),
                **{"zalo_id": kept.zalo_id if kept else "", **values},
            )  # fmt: skip
            return saved(request, to=reverse("my-notice-preferences"), message=_("Your choice is kept."))
    ways = queries.ways_to(request.account)
    return page(
        request,
        "notify/member/preferences.html",
        {
            "form": form,
            "browsers": queries.browsers_of(request.account),
            "push_key": actions.public_key(),
            "ways": [(channel.label, ways.addresses.get(channel, "")) for channel in channels],
        },
    )


# --- browsers -------------------------------------------------------------------------------------------------------------


@require_POST
@member_page
def push_subscribe(request: DeskRequest) -> HttpResponse:
    """What a browser hands over once its person has agreed; answers with a sentence, 201 or 422."""
    given = {name: request.POST.get(name, "")[:1000] for name in ("endpoint", "p256dh", "auth")}
    device = device_in_words(request.headers.get("User-Agent", ""))
    try:
        actions.subscribe_browser(request.account, device=device, at=now(), **given)
    except Refusal as refusal:
        return HttpResponse(refusal.sentence, status=422, content_type="text/plain; charset=utf-8")
    words = _("Notices will show in this browser.")
    return HttpResponse(words, status=201, content_type="text/plain; charset=utf-8")


@require_POST
@member_page
def push_end(request: DeskRequest, pk: int) -> HttpResponse:
    found = queries.browsers_of(request.account).filter(pk=pk).first()
    if found is None:
        raise Http404
    actions.end_subscription(found, by=request.account, at=now())
    return saved(request, to=reverse("my-notice-preferences"), message=_("That browser shows no more notices."))
