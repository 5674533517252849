"""What reports keep of people: who signs and sends."""

from quantriet.campaigns.privacy import CAMPAIGN
from quantriet.kit.privacy import holding, none, of, plain

HOLDINGS = (
    plain("ReportTemplate", "Mẫu báo cáo", CAMPAIGN),
    holding(
        "Report", "Báo cáo", "báo cáo kết quả lên cấp trên", CAMPAIGN, "",
        of("signer_title signer_name", "người ký"),
        of("sent_by created_by received_by", "ai soạn, ai gửi, ai tiếp nhận"),
        of("narrative docx xlsx", "nội dung báo cáo, có thể nêu tên tập thể, cá nhân"),
        none(
            "unit campaign kind previous corrects superior body number place signed_on subject recipients authority as_of figures before done "
            "obliged revision state todays_tree receiver received_at template sent_at docx_digest xlsx_digest created_at changed_at",
            "thể thức và số liệu",
        ),
    ),
)  # fmt: skip
