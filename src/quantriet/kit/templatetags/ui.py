"""Tags and filters of the look; numbers, dates and signs are written one way on every screen."""

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django import template
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms import (
    BooleanField,
    BoundField,
    CheckboxInput,
    ChoiceField,
    DateInput,
    DateTimeInput,
    Field,
    FileField,
    ModelChoiceField,
    Select,
    SelectMultiple,
    Textarea,
    TimeInput,
)
from django.template.context import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_noop

from quantriet.kit import charts, numbers, time
from quantriet.kit.assets import sheet_within
from quantriet.kit.pictures import WIDTHS

register = template.Library()

NOTHING = "–"

# The sign and the word always stand together: colour alone tells nothing to many people and nothing at all on paper.
STATUSES = {
    "done": ("●", gettext_noop("Done")),
    "owing": ("◐", gettext_noop("Owing")),
    "silent": ("○", gettext_noop("Not reported")),
    "late": ("▲", gettext_noop("Overdue")),
    "exempt": ("–", gettext_noop("Exempt")),
    "info": ("·", gettext_noop("Note")),
}

# Above this many choices a select list is slower than typing three letters.
SEARCHABLE_FROM = 12
DASHES = BLANK_CHOICE_DASH[0][1]


# --- numbers and dates -------------------------------------------------------------------------------------------


@register.filter
def vn_number(value: int | float | Decimal | None, places: int = 0) -> str:
    """4412 → "4.412"; with places=1 → "1.234.567,5"."""
    if value is None or value == "":
        return NOTHING
    return numbers.show_number(value, int(places))


@register.filter
def vn_percent(value: int | float | Decimal | None, places: int = 1) -> str:
    """97.5 (already per cent) → "97,5%"."""
    if value is None or value == "":
        return NOTHING
    return numbers.show_share(value, int(places))


@register.filter
def share(part: int | None, whole: int | None) -> str:
    """done|share:total → "77,5%"; never rounds up to 100% nor down to 0%."""
    return numbers.show_percent(part or 0, whole or 0)


@register.filter
def vn_date(value: dt.date | dt.datetime | None) -> str:
    """09/03/2026, on the Vietnamese calendar."""
    if not value:
        return NOTHING
    if isinstance(value, dt.datetime):
        value = time.local(value).date()
    return time.show_day(value)


@register.filter
def vn_time(value: dt.datetime | dt.time | None) -> str:
    """07:30 on a Vietnamese clock."""
    if value is None or value == "":
        return NOTHING
    return time.show_clock(value) if isinstance(value, dt.datetime) else f"{value:%H:%M}"


@register.filter
def vn_datetime(value: dt.datetime | dt.date | None) -> str:
    """16:00 ngày 12/01/2026; a bare date stays a date."""
    if not value:
        return NOTHING
    return time.show_moment(value) if isinstance(value, dt.datetime) else time.show_day(value)


# "15-NQ/TU", "78/2026/NĐ-CP", "09/03/2026": what is read as one word.
_NUMBER = re.compile(r"\d+(?:[-/][^\W_]+)+")
_LONGEST_NUMBER = 30  # letters; a longer one would not fit on a phone


@register.filter
def unbroken(value: object) -> SafeString:
    """The words with numbers of documents and days kept on one line each."""
    text = str(value)
    pieces: list[tuple[str, str]] = []
    at = 0
    for found in _NUMBER.finditer(text):
        if len(found[0]) <= _LONGEST_NUMBER:
            pieces.append((text[at : found.start()], found[0]))
            at = found.end()
    begun = format_html_join("", '{}<span class="nowrap">{}</span>', pieces)
    return format_html("{}{}", begun, text[at:])


@register.filter
def vn_size(value: int | None) -> str:
    """Bytes as people read them, number and unit on one line: 900 → "1 kB", 48_200 → "48 kB", 2_340_000 → "2,3 MB"."""
    if not value:
        return NOTHING
    if value < 1_000_000:
        return f"{numbers.show_number(max(1, round(value / 1_000)))}\u00a0kB"
    return f"{numbers.show_number(value / 1_000_000, 1)}\u00a0MB"


@register.filter
def label(value: Any) -> str:
    """The word for people: an enum's label, else the text of the value."""
    if value is None:
        return NOTHING
    return str(getattr(value, "label", value))


# --- status, addresses, sorting ----------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def stylesheet(context: Context, name: str) -> SafeString:
    """The link of a style sheet; the sheet itself in a page whose view lets sheets stand within (`inline_sheets`)."""
    allowed = getattr(context.get("request"), "inline_sheets", None)
    within = None if allowed is None else sheet_within(name)
    if allowed is None or within is None:
        return format_html('<link rel="stylesheet" href="{}">', static(name))
    text, source = within
    allowed.add(source)
    return format_html("<style>{}</style>", mark_safe(text))  # noqa: S308 - a file of ours, known by its digest


def _offered(address: str, width: int, share: int) -> tuple[str, str] | None:
    """(`srcset`, `sizes`) of a picture that is drawn narrower too; None for one that is narrow itself."""
    offered = [f"{address}?w={one} {one}w" for one in WIDTHS if one < width]
    sizes = f"(max-width: 62em) 100vw, {share}vw"
    return (", ".join([*offered, f"{address} {width}w"]), sizes) if offered else None


@register.simple_tag
def narrower(address: str, width: int, share: int = 100) -> SafeString:
    """The attributes by which a browser takes a picture no wider than it shows it: {% narrower address 1600 50 %}, where it
    fills 50% of a desk's width and the whole of a phone's. Nothing for a picture that is narrow itself."""
    offered = _offered(address, width, share)
    return format_html(' srcset="{}" sizes="{}"', *offered) if offered else SafeString("")


@register.simple_tag
def picture_ahead(address: str, width: int, share: int = 100) -> SafeString:
    """For the head of a page whose largest piece is this picture: the browser asks for it before it reads on."""
    offered = _offered(address, width, share)
    chosen = format_html(' imagesrcset="{}" imagesizes="{}"', *offered) if offered else ""
    return format_html('<link rel="preload" as="image" fetchpriority="high" href="{}"{}>', address, chosen)


@register.simple_tag
def status(kind: str, text: str = "") -> SafeString:
    """Sign and word of a state: {% status "owing" "Còn nợ 3" %}."""
    kind = str(kind)
    sign, word = STATUSES[kind]
    return format_html(
        '<span class="status status--{}"><span class="status__sign" aria-hidden="true">{}</span><span>{}</span></span>',
        kind,
        sign,
        text or gettext(word),
    )


def _query(context: Context, changes: Mapping[str, Any]) -> str:
    request = context.get("request")
    query = request.GET.copy() if request is not None else None
    if query is None:
        from django.http import QueryDict  # only pages without a request (previews, tests) come here

        query = QueryDict(mutable=True)
    if "page" not in changes:
        query.pop("page", None)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        elif isinstance(value, list | tuple):
            query.setlist(name, [str(one) for one in value])
        else:
            query[name] = str(value)
    return "?" + query.urlencode()


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The current query with changes; None removes, any change but `page` goes back to the first page."""
    return _query(context, changes)


@register.simple_tag(takes_context=True)
def hidden_query(context: Context, *names: str) -> SafeString:
    """Hidden inputs that carry the current query through a GET form, except the named parameters and the page."""
    request = context.get("request")
    pairs = [] if request is None else [(k, v) for k, vs in request.GET.lists() for v in vs]
    kept = [(k, v) for k, v in pairs if k not in (*names, "page", "format")]
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', kept)


def _sorting(context: Context, key: str) -> tuple[str, str, str]:
    """(next value of `sort`, aria-sort, sign) for a column."""
    request = context.get("request")
    current = request.GET.get("sort", "") if request is not None else ""
    # A list that has not been sorted by the reader tells its own order.
    current = getattr(context.get("page") or context.get("listing") or context.get("rows"), "sort", "") or current
    if current == key:
        return f"-{key}", "ascending", "▲"
    if current == f"-{key}":
        return key, "descending", "▼"
    return key, "", "↕"


def _sort_link(context: Context, key: str, text: str) -> SafeString:
    following, _, sign = _sorting(context, key)
    return format_html(
        '<a class="sort" href="{}">{}\u00a0<span class="sort__sign" aria-hidden="true">{}</span></a>',
        _query(context, {"sort": following}),
        text,
        sign,
    )


@register.simple_tag(takes_context=True)
def sort_link(context: Context, key: str, text: str) -> SafeString:
    """The link of a sortable column head; the order stands in the address (?sort=name, ?sort=-name)."""
    return _sort_link(context, key, text)


@register.simple_tag(takes_context=True)
def sort_th(context: Context, key: str, text: str, css: str = "") -> SafeString:
    """A whole sortable column head with its aria-sort."""
    _, direction, _ = _sorting(context, key)
    return format_html(
        '<th scope="col"{}{}>{}</th>',
        format_html(' class="{}"', css) if css else "",
        format_html(' aria-sort="{}"', direction) if direction else "",
        _sort_link(context, key, text),
    )


@register.simple_tag(takes_context=True)
def paging_of(context: Context, page: Any) -> dict[str, Any]:
    """What the paging line shows, from a kit.web Listing or a Django Page: 1 … 4 5 6 … 20."""
    if hasattr(page, "paginator"):
        number, pages, total = page.number, page.paginator.num_pages, page.paginator.count
        first, last = page.start_index(), page.end_index()
    else:
        number, pages, total, first, last = page.number, page.pages, page.total, page.first, page.last
    near = sorted({1, pages, *range(max(1, number - 1), min(pages, number + 1) + 1)})
    numbers_shown: list[dict[str, Any]] = []
    for one in near:
        if numbers_shown and one - numbers_shown[-1]["number"] > 1:
            numbers_shown.append({"number": None})
        numbers_shown.append({"number": one, "url": _query(context, {"page": one}), "current": one == number})
    return {
        "pages": pages,
        "total": total,
        "first": first,
        "last": last,
        "numbers": numbers_shown,
        "previous": _query(context, {"page": number - 1}) if number > 1 else "",
        "next": _query(context, {"page": number + 1}) if number < pages else "",
    }


# --- preferences of the reader -----------------------------------------------------------------------------------

TEXT_SIZES = ("1", "2", "3", "4")
THEMES = ("auto", "light", "dark", "contrast")


def display_of(request: Any) -> tuple[str, str]:
    """(text size, theme) the reader chose, from cookies; anything unknown counts as not chosen."""
    cookies = getattr(request, "COOKIES", {})
    size, theme = cookies.get("display_text", ""), cookies.get("display_theme", "")
    return (size if size in TEXT_SIZES else "1", theme if theme in THEMES else "auto")


@register.simple_tag(takes_context=True)
def display_attributes(context: Context) -> SafeString:
    """Attributes of <html> for the chosen text size and theme."""
    size, theme = display_of(context.get("request"))
    parts = [("data-text", size)] if size != "1" else []
    parts += [("data-theme", theme)] if theme != "auto" else []
    return format_html_join("", ' {}="{}"', parts)


@register.simple_tag(takes_context=True)
def display_state(context: Context) -> dict[str, Any]:
    """What the display buttons show: current size, the next ones, the theme."""
    size, theme = display_of(context.get("request"))
    number = int(size)
    return {"size": number, "smaller": max(1, number - 1), "larger": min(4, number + 1), "theme": theme}


@register.simple_tag(takes_context=True)
def heading_text(context: Context) -> SafeString:
    """The words of the page's heading block, for <title>; Django itself cannot show one block in two places."""
    blocks = context.render_context.get(BLOCK_CONTEXT_KEY)
    heading = blocks.get_block("heading") if blocks else None
    if heading is None:
        return SafeString("")
    with context.push():
        words = heading.nodelist.render(context)
    return mark_safe(" ".join(strip_tags(words).split()))  # noqa: S308 - rendered with escaping, tags taken out


# --- forms -------------------------------------------------------------------------------------------------------


@register.filter
def is_checkbox(field: BoundField) -> bool:
    """One box whose label stands behind it."""
    return isinstance(field.field.widget, CheckboxInput)


@register.simple_tag
def field_control(field: BoundField, filters: bool = False) -> SafeString:
    """The widget of a field with the behaviour its kind deserves; rooms set no classes. `filters`: it narrows a list."""
    widget = field.field.widget
    if isinstance(widget, Select):
        _say_blank(field.field, filters)
    attrs: dict[str, Any] = {}
    if isinstance(widget, DateInput) and widget.input_type == "text":
        attrs |= {
            "data-date": True,
            "inputmode": "numeric",
            "autocomplete": "off",
            "placeholder": gettext("dd/mm/yyyy"),
        }
        attrs = {name: value for name, value in attrs.items() if name not in widget.attrs}
    elif type(widget) is Select or (isinstance(widget, Select) and not isinstance(widget, SelectMultiple)):
        many = widget.input_type == "select" and len(list(widget.choices)) > SEARCHABLE_FROM
        if many and "data-combobox" not in widget.attrs:
            attrs["data-combobox"] = True
    elif isinstance(widget, TimeInput | DateTimeInput) and widget.input_type == "text":
        example = "07:30" if isinstance(widget, TimeInput) else "07:30 09/03/2026"
        attrs = {"class": "short", "inputmode": "numeric", "autocomplete": "off", "placeholder": example}
        attrs = {name: value for name, value in attrs.items() if name not in widget.attrs}
    elif isinstance(widget, Textarea) and widget.attrs.get("rows") == "10":
        attrs["rows"] = 4  # Django's own ten rows push the button off a phone
    return field.as_widget(attrs=attrs)


def _say_blank(field: Field, filters: bool) -> None:
    """The empty choice of a list says what to do, where Django's own is a row of dashes."""
    said = gettext("All") if filters else gettext("Choose from the list") if field.required else gettext("None chosen")
    if isinstance(field, ModelChoiceField):
        if field.empty_label == DASHES:
            field.empty_label = said
    elif any(label == DASHES for _, label in field.widget.choices):
        field.widget.choices = [(value, said if label == DASHES else label) for value, label in field.widget.choices]


@register.simple_tag
def form_groups(form: Any) -> list[dict[str, Any]]:
    """Visible fields in the form's own groups; fields not named come last.

    form.fieldsets = [(title, [names])] or [(title, [names], template that stands below the group)].
    """
    fieldsets = getattr(form, "fieldsets", None)
    if not fieldsets:
        return [{"title": "", "fields": list(form.visible_fields())}]
    named = {name for _, names, *_below in fieldsets for name in names}
    groups = [
        {"title": title, "fields": fields, "below": below[0] if below else ""}
        for title, names, *below in fieldsets
        if (fields := [form[name] for name in names if name in form.fields])
    ]
    rest = [field for field in form.visible_fields() if field.name not in named]
    return [*groups, {"title": "", "fields": rest}] if rest else groups


@register.simple_tag
def form_errors(form: Any) -> list[dict[str, str]]:
    """All errors of a bound form in the order of its fields, each with the id its link jumps to."""
    if not form.is_bound:
        return []
    found = [{"target": "", "text": str(error)} for error in form.non_field_errors()]
    for field in form:
        target = f"{field.auto_id}_field" if field.use_fieldset else field.id_for_label or field.auto_id
        missing = _say_missing(field)
        found += [
            {"target": target, "text": str(error) if error in missing else f"{field.label}: {error}"}
            for error in field.errors
        ]
    return found


@register.simple_tag
def field_errors(field: BoundField) -> Any:
    """The errors of a field as the page says them."""
    _say_missing(field)
    return field.errors


def _say_missing(field: BoundField) -> list[str]:
    """Give Django's "This field is required." the field's name: "Chưa nhập họ và tên."; a sentence of the form's own stays."""
    common = Field.default_error_messages["required"]
    said = []
    for error in field.errors.as_data() if field.errors else ():
        if error.code == "required" and error.message == common:
            error.message = _missing(field)
            said.append(error.message)
    # Pages that show the form twice meet the sentence that was written the first time.
    return said or [error for error in map(str, field.errors) if error == _missing(field)]


def _missing(field: BoundField) -> str:
    label = str(field.label)
    if isinstance(field.field, BooleanField):
        return f"Chưa đánh dấu “{label}”."
    is_word = label[:1].isupper() and label[1:2].islower() and label.split(" ")[0] not in ("Word", "Excel")
    label = label[:1].lower() + label[1:] if is_word else label
    verb = "Chưa chọn" if isinstance(field.field, ChoiceField | ModelChoiceField | FileField) else "Chưa nhập"
    return f"{verb} {label}."


# --- plots -------------------------------------------------------------------------------------------------------


def _get(row: Any, name: str, default: Any = None) -> Any:
    return row.get(name, default) if isinstance(row, Mapping) else getattr(row, name, default)


@register.simple_tag
def meter(done: int | None, total: int | None, kind: str = "") -> SafeString:
    """A bare bar; the figures stand beside it in words."""
    return mark_safe(charts.bar(done or 0, total or 0, kind=kind))  # noqa: S308 - charts escapes all it is given


@register.inclusion_tag("ui/bars.html")
def bars(rows: Iterable[Any], *, title: str, desc: str = "", unit: str = "", heading: str = "") -> dict[str, Any]:
    """Bars by unit as a table: name (a link), bar, done/total, share. The caller sorts by what needs a hand."""
    shown = []
    for row in rows:
        value, total = _get(row, "value", 0) or 0, _get(row, "total", 0) or 0
        shown.append(
            {
                "label": _get(row, "label", ""),
                "url": _get(row, "url", ""),
                "kind": str(_get(row, "kind", "") or ""),
                "note": _get(row, "note", ""),
                "value": value,
                "total": total,
            }
        )
    return {"rows": shown, "title": title, "desc": desc, "unit": unit, "heading": heading}


@register.inclusion_tag("ui/progress_line.html")
def progress_line(
    points: Iterable[tuple[dt.date, int]],
    *,
    title: str,
    desc: str = "",
    deadline: dt.date | None = None,
    total: int | None = None,
) -> dict[str, Any]:
    """Stepped line of progress with the deadline marked, and the same figures as a table."""
    series = [(_day(moment), value) for moment, value in points]
    svg = charts.progress_line(
        series,
        title=title,
        desc=desc or title,
        deadline=deadline,
        total=total,
        deadline_label=gettext("Deadline %(date)s") % {"date": vn_date(deadline)} if deadline else "",
    )
    return {"points": series, "title": title, "desc": desc, "deadline": deadline, "svg": mark_safe(svg), "total": total}  # noqa: S308 - escaped there


def _day(moment: dt.date | dt.datetime) -> dt.date:
    return time.local(moment).date() if isinstance(moment, dt.datetime) else moment
