"""Forms of the portal and of its desk."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from quantriet.kit.time import at_local, today
from quantriet.portal.actions.news import NewsText
from quantriet.portal.models import NewsArticle
from quantriet.portal.rules import questions as rules
from quantriet.portal.vocab import NewsState, QuestionState


class QuestionForm(forms.Form):
    """What somebody asks, without an account. `website` is a trap that people do not see; `mark` the signed hour."""

    words = forms.CharField(
        label=_("Your question, idea or opinion"), max_length=rules.LONGEST, min_length=rules.SHORTEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Đừng ghi bí mật nhà nước, số căn cước, số điện thoại hay chuyện riêng của người khác.",
    )  # fmt: skip
    name = forms.CharField(
        label=_("Your name"), max_length=120, required=False, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.CharField(
        label=_("E-mail for the answer"), max_length=254, required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Để trống thì câu trả lời chỉ có thể đọc trên cổng. Tên và thư tự xóa 30 ngày sau khi trả lời.",
    )  # fmt: skip
    may_publish = forms.BooleanField(
        label="Đồng ý đăng câu hỏi và câu trả lời trên cổng, không kèm tên và thư của tôi", required=False
    )
    document = forms.IntegerField(required=False, widget=forms.HiddenInput)
    mark = forms.CharField(required=False, widget=forms.HiddenInput)
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def seen(self) -> list[Any]:
        """The fields that people see, in order."""
        return [self[name] for name in ("words", "name", "email", "may_publish")]


class NewsFilter(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["state"].choices = [("", _("All")), *NewsState.labels()]  # type: ignore[attr-defined]


class NewsForm(forms.Form):
    """A piece of news."""

    title = forms.CharField(label=_("Title of the news"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))
    lead = forms.CharField(
        label=_("Lead"), max_length=500, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Một, hai câu nói điều chính; hiện ở danh sách tin và khi chia sẻ.",
    )  # fmt: skip
    body = forms.CharField(
        label=_("Text"), required=False, widget=forms.Textarea(attrs={"rows": 14}),
        help_text="Chữ thường, không dùng thẻ HTML. Dòng trống ngắt đoạn; dòng bắt đầu bằng “## ” là tiêu đề, “- ” là một ý.",
    )  # fmt: skip
    day = forms.DateField(label=_("Day of the news"), initial=today)
    numbers = forms.CharField(
        label=_("Documents it is about"), required=False,
        help_text="Số, ký hiệu, cách nhau bằng dấu phẩy: 15-NQ/TU, 41-HD/BTGDV. Chỉ gắn văn bản đã hiện trên cổng.",
    )  # fmt: skip
    is_featured = forms.BooleanField(label=_("Stands on top of the home page"), required=False)
    revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def said(self) -> NewsText:
        given = self.cleaned_data
        return NewsText(
            given["title"],
            given["lead"],
            given["body"],
            given["day"],
            re.split(r"[,;\n]+", given["numbers"]),
            given["is_featured"],
        )

    @staticmethod
    def of(article: NewsArticle) -> dict[str, Any]:
        """The fields as they stand."""
        numbers = article.documents.order_by("pk").values_list("reference_number", flat=True)
        return {
            "title": article.title, "lead": article.lead, "body": article.body, "day": article.day,
            "numbers": ", ".join(numbers), "is_featured": article.is_featured, "revision": article.revision,
        }  # fmt: skip


class PictureForm(forms.Form):
    """A photo with its words."""

    file = forms.FileField(label=_("Photo"), help_text=_("JPG, PNG or WebP. Place and camera data are taken out."))
    alt = forms.CharField(
        label=_("What the picture shows"), max_length=300, help_text=_("Read aloud to those who do not see it."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip


class RevisionForm(forms.Form):
    """A step that needs no words: only that the page shows what stands."""

    revision = forms.IntegerField(widget=forms.HiddenInput)


class ApproveForm(RevisionForm):
    """Approve, to be published now or at an hour."""

    on = forms.DateField(label=_("Day of publication"), required=False, help_text=_("Empty: publish now."))
    clock = forms.TimeField(label=_("Hour"), required=False)

    def when(self) -> Any:
        """The hour that was chosen; None for now."""
        day, clock = self.cleaned_data["on"], self.cleaned_data["clock"]
        return at_local(day, clock) if day and clock else None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if bool(given.get("on")) != bool(given.get("clock")) and not self.errors:
            self.add_error("clock" if given.get("on") else "on", _("Give both the day and the hour, or neither."))
        return given


class RemarkForm(forms.Form):
    remark = forms.CharField(
        label=_("What is to be mended, or why"), max_length=400, widget=forms.Textarea(attrs={"rows": 4})
    )


TO_PUBLISH = "Chờ đồng chí cho đăng"


class QuestionFilter(forms.Form):
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        states = [*QuestionState.labels(), ("public", _("Shown on the portal")), ("to_publish", TO_PUBLISH)]
        self.fields["state"].choices = [("", _("All")), *states]  # type: ignore[attr-defined]


class AnswerForm(forms.Form):
    answer = forms.CharField(
        label=_("Answer"), max_length=rules.LONGEST_ANSWER, widget=forms.Textarea(attrs={"rows": 10}),
        help_text="Nói rõ theo văn bản, mục nào. Có địa chỉ thư thì câu trả lời được gửi ngay khi lưu.",
    )  # fmt: skip


class ShownForm(forms.Form):
    shown = forms.CharField(
        label=_("The question as the public reads it"), max_length=rules.LONGEST, widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Bỏ tên người, địa chỉ, số điện thoại; giữ đúng ý người hỏi.",
    )  # fmt: skip

    is_reread = forms.BooleanField(label="Đã đọc lại từng câu có tên người hỏi, vẫn đăng như vậy", required=False)

    def __init__(self, *args: Any, naming: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if naming:
            self.fields["is_reread"].help_text = naming
        else:
            del self.fields["is_reread"]


class AsideForm(forms.Form):
    reason = forms.CharField(label=_("Why it is not answered"), max_length=250)


class ReadsFilter(forms.Form):
    first = forms.DateField(label=_("From day"), required=False)
    last = forms.DateField(label=_("Until day"), required=False)
