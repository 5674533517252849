"""Fictitious documents of the demo; written for it, quoting nobody."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Paper:
    """A demo document: how long before today it was issued, and its text."""

    number: str
    issuer: str
    level: str
    days_ago: int
    subject: str
    text: str
    points: tuple[tuple[str, str, str, str], ...] = ()  # clause number, kind, theme, words


RESOLUTION = Paper(
    "15-NQ/TU",
    "Thành ủy Tân Lĩnh (hư cấu)",
    "province",
    52,
    "về nâng cao chất lượng sinh hoạt chi bộ và học tập nghị quyết giai đoạn 2026–2030 (văn bản hư cấu)",
    """I. Tình hình
1. Kết quả
Việc học tập nghị quyết được tổ chức đều đặn; tỷ lệ dự học bình quân ba năm đạt 94,6%.
2. Hạn chế
- Một số chi bộ tổ chức chậm, dồn vào cuối quý.
- Thời gian thảo luận còn ít, nội dung chưa sát từng đối tượng.
II. Mục tiêu
1. Từ năm 2027, mỗi đợt học tập hoàn thành trong 45 ngày kể từ ngày mở.
2. Ít nhất 98% đảng viên thuộc diện phải học tham gia đủ thời gian; người vắng được học bù trong cùng đợt.
3. Mỗi lớp dành ít nhất một phần mười thời gian để thảo luận.
III. Nhiệm vụ, giải pháp
1. Trách nhiệm của cấp ủy
- Bí thư cấp ủy trực tiếp chủ trì, khai mạc, bế mạc và quán triệt một phần nội dung.
- Mỗi đồng chí ủy viên Ban Thường vụ theo dõi, đôn đốc một số đơn vị.
2. Đổi mới hình thức
- Kết hợp trực tiếp và trực tuyến tùy điều kiện từng nơi.
- Lồng ghép thông tin thời sự không quá một phần năm thời lượng.
3. Trách nhiệm của người học
- Dự đủ thời gian, tham gia thảo luận, viết thu hoạch gắn với chức trách được giao.
IV. Tổ chức thực hiện
Ban Tuyên giáo và Dân vận hướng dẫn, theo dõi, đôn đốc và báo cáo định kỳ.""",
    (
        ("II.1", "new", "programmes", "Mỗi đợt học tập hoàn thành trong 45 ngày kể từ ngày mở."),
        (
            "II.2",
            "key",
            "learners",
            "Ít nhất 98% đảng viên thuộc diện phải học tham gia đủ thời gian; vắng thì học bù trong cùng đợt.",
        ),
        ("II.3", "new", "forms", "Mỗi lớp dành ít nhất một phần mười thời gian để thảo luận."),
        (
            "III.1",
            "key",
            "leadership",
            "Bí thư cấp ủy trực tiếp chủ trì, khai mạc, bế mạc và quán triệt một phần nội dung.",
        ),
    ),
)
DIRECTIVE = Paper(
    "08-CT/TU",
    "Thành ủy Tân Lĩnh (hư cấu)",
    "province",
    40,
    "về tăng cường kiểm tra, giám sát việc học tập nghị quyết (văn bản hư cấu)",
    """1. Các cấp ủy đưa nội dung học tập nghị quyết vào chương trình kiểm tra, giám sát hằng năm.
2. Sau mỗi đợt, đơn vị tổ chức chậm phải nêu rõ nguyên nhân và thời hạn khắc phục.
3. Kịp thời biểu dương nơi làm tốt; nhắc nhở nơi chưa nghiêm túc.""",
    (("2", "key", "leadership", "Đơn vị tổ chức chậm phải nêu rõ nguyên nhân và thời hạn khắc phục."),),
)
GUIDANCE = Paper(
    "26-HD/BTGDVTU",
    "Ban Tuyên giáo và Dân vận Thành ủy Tân Lĩnh (hư cấu)",
    "province",
    33,
    "Hướng dẫn thực hiện Nghị quyết 15-NQ/TU và Chỉ thị 08-CT/TU (văn bản hư cấu)",
    """1. Phân loại đối tượng
- Cán bộ chủ chốt học tại hội nghị của thành phố.
- Đảng viên còn lại học tại lớp do đảng bộ cơ sở tổ chức.
2. Quản lý lớp học
- Lập danh sách trước khi mở lớp; điểm danh từng buổi.
- Vắng trên 40% thời gian của lớp học thì học lại.
3. Chế độ báo cáo
- Đảng bộ cơ sở báo cáo ngay sau khi kết thúc lớp.""",
    (("2", "key", "learners", "Vắng trên 40% thời gian của lớp học thì học lại."),),
)
PAPERS = [RESOLUTION, DIRECTIVE, GUIDANCE]
LATER = Paper(
    "03-KL/TU",
    "Thành ủy Tân Lĩnh (hư cấu)",
    "province",
    5,
    "về công tác bảo vệ môi trường nông thôn (văn bản hư cấu)",
    """1. Mỗi xã, phường chọn một việc cụ thể để làm trong năm 2027.
2. Mặt trận và đoàn thể vận động Nhân dân cùng thực hiện.""",
)
VERSE = (
    "Vè học nghị quyết",
    "Vắng buổi thì nhớ học bù,\nđủ giờ đủ phút, mù mờ thì không.\nNghe rồi bàn kỹ, nói xong\nviết bài thu hoạch, việc trong thôn mình.",
)
EXCUSES = [
    "Đi công tác theo quyết định của cơ quan",
    "Ốm, có giấy của cơ sở y tế",
    "Việc tang gia đình",
    "Trực phòng chống thiên tai",
]

# kind, audiences, title, words, value, measure, source, clause number
MASTER: tuple[tuple[str, tuple[str, ...], str, str, str, str, str, str], ...] = (
    (
        "goal", ("key_cadre", "rural", "officials", "public"), "", "Từ năm 2027, mỗi đợt học tập hoàn thành trong 45 ngày kể từ ngày mở.", "", "", "",
        "II.1",
    ),
    (
        "task", ("key_cadre", "rural", "officials"), "Phân công cấp ủy viên theo dõi, đôn đốc từng chi bộ",
        "Bí thư cấp ủy trực tiếp chủ trì, khai mạc, bế mạc và quán triệt một phần nội dung.", "", "", "", "III.1",
    ),
    (
        "figure", ("key_cadre", "rural", "officials", "public"), "Thời gian hoàn thành một đợt học tập",
        "Tính từ ngày mở đợt, áp dụng từ năm 2027.", "45", "ngày", "", "II.1",
    ),
    (
        "figure", ("key_cadre", "rural", "officials", "public"), "Đảng viên thuộc diện phải học tham gia đủ thời gian", "Ít nhất.", "98", "%", "",
        "II.2",
    ),
    (
        "question", ("rural", "officials", "public"), "Vắng mặt vì ốm thì làm thế nào?",
        "Người vắng được học bù trong cùng đợt. Báo với bí thư chi bộ để được xếp lớp.", "", "", "", "II.2",
    ),
    (
        "question", ("public",), "Nghị quyết này có liên quan gì đến người dân?",
        "Chi bộ sinh hoạt có chất lượng thì việc ở thôn, tổ dân phố được bàn kỹ và làm đến nơi.", "", "", "", "III.2",
    ),
    (
        "meaning", ("rural",), "Với đảng viên ở thôn",
        "Dự đủ buổi học, nói điều mình thấy ở thôn trong phần thảo luận, viết thu hoạch ngắn gọn về việc mình sẽ làm.", "", "", "",
        "III.3",
    ),
    (
        "meaning", ("officials",), "Với đảng viên là cán bộ, công chức, công nhân",
        "Gắn bài thu hoạch với chức trách; người làm ca được xếp lớp phù hợp.", "", "", "", "III.3",
    ),
    (
        "explanation", ("key_cadre", "officials"), "Có ý kiến cho rằng học trực tuyến thì không cần thảo luận",
        "Nghị quyết yêu cầu mỗi lớp, theo hình thức nào cũng vậy, dành ít nhất một phần mười thời gian để thảo luận.", "", "",
        "Nghị quyết 15-NQ/TU, khoản 3, mục II", "II.3",
    ),
)  # fmt: skip
