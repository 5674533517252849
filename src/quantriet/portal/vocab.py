"""Words of the front."""

from quantriet.audit.vocab import VERBS
from quantriet.kit.vocab import LabelledEnum, gettext_noop
from quantriet.notify.vocab import NOTIFICATION_KINDS, NoticeGroup, NotificationKind

TROUBLE_NOTICE = "backup_trouble"
ANSWER_NOTICE = "public_answer"


class NewsState(LabelledEnum):
    """draft → submitted → published, or approved until its hour; any of these may go back to draft."""

    DRAFT = "draft", gettext_noop("Draft")
    SUBMITTED = "submitted", gettext_noop("Waiting for approval")
    APPROVED = "approved", gettext_noop("Approved, waiting for its hour")
    PUBLISHED = "published", gettext_noop("Published")
    WITHDRAWN = "withdrawn", gettext_noop("Withdrawn from publication")


class QuestionState(LabelledEnum):
    """waiting → answered; or set aside when it asks nothing that can be answered."""

    WAITING = "waiting", gettext_noop("Waiting for an answer")
    ANSWERED = "answered", gettext_noop("Answered")
    SET_ASIDE = "set_aside", gettext_noop("Set aside")


class PageKind(LabelledEnum):
    """The public pages whose readings are counted; news and documents one by one."""

    HOME = "home", gettext_noop("Home page")
    NEWS_LIST = "news_list", gettext_noop("List of news")
    NEWS = "news", gettext_noop("News article")
    DOCUMENT_LIST = "document_list", gettext_noop("List of documents")
    DOCUMENT = "document", gettext_noop("Document")
    QUESTIONS = "questions", gettext_noop("Questions and answers")
    SEARCH = "search", gettext_noop("Search")


def register() -> None:
    NOTIFICATION_KINDS.add(TROUBLE_NOTICE, NotificationKind("Sao lưu gặp trục trặc", NoticeGroup.SYSTEM))
    NOTIFICATION_KINDS.add(ANSWER_NOTICE, NotificationKind("Trả lời câu hỏi của người dân"))
    for verb, phrase in {
        "backup.made": "sao lưu",
        "backup.failed": "sao lưu không thành",
        "backup.rehearsed": "phục hồi thử bản sao lưu",
        "backup.rehearsal_failed": "phục hồi thử không thành",
        "news.drafted": "soạn tin",
        "news.changed": "sửa tin",
        "news.picture_set": "đặt ảnh cho tin",
        "news.picture_removed": "bỏ ảnh của tin",
        "news.submitted": "trình duyệt tin",
        "news.returned": "trả lại tin",
        "news.approved": "duyệt tin",
        "news.scheduled": "hẹn giờ đăng tin",
        "news.published": "đăng tin",
        "news.withdrawn": "gỡ tin",
        "news.reopened": "soạn tiếp tin",
        "news.refused": "từ chối nội dung có dấu mật trên cổng",
        "public_question.sent": "gửi câu hỏi qua cổng",
        "public_question.answered": "trả lời câu hỏi của người dân",
        "public_question.set_aside": "xếp lại câu hỏi của người dân",
        "public_question.reopened": "mở lại câu hỏi của người dân",
        "public_question.published": "đăng câu hỏi và trả lời",
        "public_question.withdrawn": "gỡ câu hỏi và trả lời",
        "public_question.forgotten": "xóa tên và thư của người hỏi",
    }.items():
        VERBS.add(verb, phrase)
