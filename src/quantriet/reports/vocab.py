"""Words of reports."""

from quantriet.audit.vocab import VERBS
from quantriet.kit.vocab import LabelledEnum, gettext_noop


class ReportState(LabelledEnum):
    DRAFT = "draft", gettext_noop("Draft")
    SENT = "sent", gettext_noop("Sent")


class ReportKind(LabelledEnum):
    CAMPAIGN_RESULT = "campaign_result", gettext_noop("Result of a campaign")


def register() -> None:
    for verb, phrase in {
        "report.drafted": "soạn báo cáo",
        "report.changed": "sửa báo cáo",
        "report.sent": "chốt và gửi báo cáo",
        "report.removed": "bỏ bản nháp báo cáo",
        "template.uploaded": "thay mẫu báo cáo",
        "template.reset": "trở về mẫu báo cáo có sẵn",
    }.items():
        VERBS.add(verb, phrase)
