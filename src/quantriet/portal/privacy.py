"""What the front keeps of people: who sent a question and left a name or an address."""

from quantriet.kit.privacy import ALWAYS, Keep, holding, none, of, plain

HOLDINGS = (
    plain("NewsArticle", "Tin trên cổng", ALWAYS),
    holding(
        "PublicQuestion", "Câu hỏi gửi qua cổng", "trả lời người hỏi; đăng hỏi – đáp khi người hỏi đồng ý",
        Keep("tên và thư: 30 ngày sau khi trả lời hoặc xếp lại; câu hỏi và trả lời: suốt thời gian dùng hệ thống"), "",
        of("sender_name sender_email", "người hỏi tự ghi để được trả lời; tự xóa sau 30 ngày"),
        of("words may_publish", "điều được hỏi, có đồng ý đăng hay không"),
        of("answered_by public_by", "ai trả lời, ai cho đăng"),
        none(
            "unit document nonce sent_at state answer answered_at aside_why shown_words public_at search_words",
            "trả lời thế nào, đăng lúc nào",
        ),
    ),
    plain("QuestionTry", "Số lần gửi câu hỏi từ một mạng (chỉ giữ dấu băm có khóa)", Keep("một ngày")),
    plain("ReadCount", "Số lượt đọc mỗi trang mỗi ngày, không về người đọc", ALWAYS),
)  # fmt: skip
