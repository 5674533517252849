"""Marks of secrecy are told from sentences about secrecy, in any writing."""

import unicodedata

import pytest

from quantriet.kit.refusal import Refusal
from quantriet.org.rules.secrecy import find_mark, refuse_if_marked


@pytest.mark.req("P-05", "B-18")
@pytest.mark.parametrize(
    "text, level",
    [
        ("MẬT", "MẬT"),
        ("Mật", "MẬT"),
        ("mật", "MẬT"),
        ("[ MẬT ]", "MẬT"),
        ("*** TỐI MẬT ***", "TỐI MẬT"),
        ("Tuyệt mật", "TUYỆT MẬT"),
        ("M Ậ T", "MẬT"),
        ("T Ố I   M Ậ T", "TỐI MẬT"),
        ("T.U.Y.Ệ.T M.Ậ.T", "TUYỆT MẬT"),
        ("TUYET MAT", "TUYỆT MẬT"),
        ("TOI MAT", "TỐI MẬT"),
        ("Độ mật: Mật", "MẬT"),
        ("Mức độ mật : TỐI MẬT", "TỐI MẬT"),
        ("Số: 12-NQ/TU      Độ mật: Tuyệt mật", "TUYỆT MẬT"),
        ("DO MAT: TOI MAT", "TỐI MẬT"),
        ("ĐẢNG BỘ TỈNH TÂN LĨNH\t\tMẬT", "MẬT"),
        ("ĐẢNG BỘ TỈNH TÂN LĨNH | MẬT", "MẬT"),
        ("TỈNH ỦY TÂN LĨNH\nMẬT\nSố: 05-BC/TU", "MẬT"),
        ("MẬT - Bản số: 03/10", "MẬT"),
        ("TÀI LIỆU TỐI MẬT", "TỐI MẬT"),
        ("ＭẬＴ", "MẬT"),
        ("МẬТ", "MẬT"),  # Cyrillic М and Т
        ("MËT", "MẬT"),  # TCVN3
        ("TOÁI MAÄT", "TỐI MẬT"),  # VNI
        ("M\u200bẬT", "MẬT"),
    ],
)
def test_mark_standing_alone_is_found(text, level):
    assert find_mark(text) == level
    assert find_mark(unicodedata.normalize("NFD", text)) == level


@pytest.mark.parametrize(
    "text",
    [
        "",
        "trừ các nghị quyết, chỉ thị có độ Mật",
        "bảo vệ bí mật nhà nước",
        '- Về quán triệt các nghị quyết, chỉ thị có nội dung "Mật", "Tối Mật": đối tượng và tài liệu học tập',
        "Luật Bảo vệ bí mật nhà nước",
        "3. Tài liệu mật",
        "Độ mật: Không",
        "Độ mật: Mật, Tối mật, Tuyệt mật",
        "độ mật gồm: tuyệt mật, tối mật và mật",
        "MAT",
        "Nguyễn Văn Mật",
        "Các nghị quyết, chỉ thị được đăng tải trong vòng 01-02 ngày, trừ văn bản có độ\nmật.",
        "Các nghị quyết, chỉ thị được đăng tải trong vòng 01-02 ngày, trừ văn bản có độ\nMật",
        "Bảo mật thông tin",
        "đi làm\nmật\nong",
    ],
)
def test_talk_about_secrecy_passes(text):
    assert find_mark(text) is None
    assert find_mark(unicodedata.normalize("NFD", text)) is None


def test_guidance_that_talks_about_secrecy_passes():
    text = (
        '1. Đối tượng\n- Về quán triệt, triển khai các nghị quyết, chỉ thị có nội dung "Mật", "Tối Mật": đối tượng và '
        "tài liệu học tập thực hiện theo phạm vi điều chỉnh của nghị quyết, chỉ thị.\n"
        "Các nghị quyết, chỉ thị sau khi được phát hành phải kịp thời đăng tải (trừ các nghị quyết, chỉ thị có độ Mật)."
    )
    assert find_mark(text) is None


def test_refusal_names_place_and_law():
    with pytest.raises(Refusal) as refused:
        refuse_if_marked("TỐI MẬT", "Dòng 2 của tệp")
    assert refused.value.code == "secret.marked"
    assert refused.value.sentence.startswith("Dòng 2 của tệp có dấu chỉ độ mật “TỐI MẬT”.")
    assert "117/2025/QH15" in refused.value.sentence
