"""The catalogues are made without GNU gettext: what Django would look up is what the script finds."""

import pytest
from django.template import Context, Template
from django.utils import translation

from scripts import messages
from scripts.messages import Message


def found_in(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    reader = messages.in_python if name.endswith(".py") else messages.in_template
    return [message for message, _line in reader(path)]


def test_calls_in_python(tmp_path):
    source = (
        '_("One"); gettext_lazy("Two"); self.gettext("Three"); ngettext("%(n)s row", "%(n)s rows", n)\n'
        'pgettext("of a class", "Open"); gettext_noop("Five" " six"); gettext(variable); [_ for _ in x]'
    )
    assert found_in(tmp_path, "some.py", source) == [
        Message("One"),
        Message("Two"),
        Message("Three"),
        Message("%(n)s row", "%(n)s rows"),
        Message("Open", None, "of a class"),
        Message("Five six"),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% translate "Take the roll" %}', Message("Take the roll")),
        ('{% translate "Open" context "of a class" as word %}', Message("Open", None, "of a class")),
        ('{% include "ui/x.html" with title=_("Absent 40%") %}', Message("Absent 40%%")),
        (
            "{% blocktranslate trimmed count n=n %}\n  {{ n }} person\n{% plural %}\n  {{ n }} people\n{% endblocktranslate %}",
            Message("%(n)s person", "%(n)s people"),
        ),
        ("{% blocktranslate %}Share 5% of {{ name }}{% endblocktranslate %}", Message("Share 5%% of %(name)s")),
    ],
)
def test_tags_in_templates(tmp_path, source, expected):
    assert found_in(tmp_path, "some.html", source) == [expected]


@pytest.mark.parametrize(
    "source",
    [
        "{% blocktranslate trimmed with name=name %}\n  Dear {{ name }},\n  40% away{% endblocktranslate %}",
        '{% translate "40% away" %}',
    ],
)
def test_django_looks_up_what_was_found(tmp_path, source, monkeypatch):
    asked = []
    trans = translation._trans
    for name in ("gettext", "ngettext"):
        real = getattr(trans, name)
        monkeypatch.setattr(trans, name, lambda *a, real=real: (asked.append(a[0]), real(*a))[1])
    Template("{% load i18n %}" + source).render(Context({"name": "A"}))
    assert [message.singular for message in found_in(tmp_path, "some.html", source)] == asked
