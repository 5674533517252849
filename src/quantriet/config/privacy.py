"""What libraries under the product keep of people."""

from quantriet.kit.privacy import Keep, plain

HOLDINGS = (
    plain("sessions.Session", "Phiên đăng nhập: số của tài khoản, ký bằng khóa của máy chủ", Keep("12 giờ", "cài đặt")),
    plain(
        "django_tasks_database.DBTaskResult", "Việc nền: chỉ có số, không có nội dung", Keep("1 đến 30 ngày", "cài đặt")
    ),
)
