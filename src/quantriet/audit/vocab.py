"""The verbs of the log. Every room registers its own in `apps.py::ready()`: verb → Vietnamese phrase."""

from quantriet.kit.registry import Registry

# "essay.returned" → "trả lại bài thu hoạch"; the page writes "<actor> <phrase> <thing>".
VERBS: Registry[str] = Registry("audit verb")
