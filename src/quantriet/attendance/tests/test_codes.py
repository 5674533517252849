"""The rules of codes: who can make one, how long it is good, what is said of one that is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantriet.attendance.rules import codes
from quantriet.attendance.rules.codes import Ticket
from quantriet.kit.refusal import Refusal

KEY, OTHER = b"k" * 32, b"o" * 32
AT = 1_790_000_000.0  # a moment at the beginning of a step of both kinds
DEVICE = "0123456789abcdef"


def refused(read, *args, **given) -> str:
    with pytest.raises(Refusal) as refusal:
        read(*args, **given)
    assert refusal.value.sentence.endswith(".")
    return refusal.value.code


def test_a_hall_code_is_read_without_a_row():
    code = codes.hall_code(KEY, 7, 31, codes.hall_step(AT))
    assert codes.read_hall_code([KEY], code, AT) == (7, 31, codes.hall_step(AT))


def test_a_hall_code_is_good_until_the_second_change_and_no_longer():
    begun = codes.hall_step(AT) * codes.HALL_STEP
    code = codes.hall_code(KEY, 7, 31, codes.hall_step(AT))
    assert codes.read_hall_code([KEY], code, begun + 2 * codes.HALL_STEP - 0.01)
    assert refused(codes.read_hall_code, [KEY], code, begun + 2 * codes.HALL_STEP) == "code.old"
    assert refused(codes.read_hall_code, [KEY], code, begun + 3 * 3600) == "code.old"


@pytest.mark.parametrize("place", range(2, 30))
def test_a_hall_code_with_any_character_changed_is_not_ours(place):
    code = codes.hall_code(KEY, 7, 31, codes.hall_step(AT))
    if place >= len(code) or code[place] == ".":
        return
    wrong = code[:place] + ("A" if code[place] != "A" else "B") + code[place + 1 :]
    assert refused(codes.read_hall_code, [KEY], wrong, AT) == "code.forged"


@pytest.mark.parametrize(
    "text", ["", "C", "C...", "C.7.31.1.", "C.7.31.1." + "0" * 10, "x" * 400, "C.7.Z9.1.ĐĐĐĐĐĐĐĐĐĐ", "٣" * 20]
)
def test_what_somebody_made_up_is_not_ours(text):
    assert refused(codes.read_hall_code, [KEY], text, AT) == "code.forged"
    assert refused(codes.read_ticket, [KEY], text, device=DEVICE, at=AT) == "ticket.forged"
    assert refused(codes.read_personal_code, [KEY], text) == "code.unknown"
    assert refused(codes.read_scanned, [KEY], text, AT) in ("code.unknown", "code.of_hall")


def test_a_code_of_another_installation_is_not_ours_and_one_under_a_former_key_is():
    hall = codes.hall_code(OTHER, 7, 31, codes.hall_step(AT))
    card = codes.personal_code(OTHER, 12)
    assert refused(codes.read_hall_code, [KEY], hall, AT) == "code.forged"
    assert refused(codes.read_personal_code, [KEY], card) == "code.unknown"
    assert codes.read_hall_code([KEY, OTHER], hall, AT).venue_id == 7
    assert codes.read_personal_code([KEY, OTHER], card) == 12


def _ticket(**given) -> Ticket:
    return Ticket(7, 31, codes.hall_step(AT), int(AT), DEVICE)._replace(**given)


def test_a_ticket_is_good_on_its_phone_for_five_minutes():
    text = codes.make_ticket(KEY, _ticket(entry_id=5, account_id=9))
    assert codes.read_ticket([KEY], text, device=DEVICE, at=AT + 300) == _ticket(entry_id=5, account_id=9)
    assert refused(codes.read_ticket, [KEY], text, device=DEVICE, at=AT + 301) == "ticket.old"
    assert refused(codes.read_ticket, [KEY], text, device="f" * 16, at=AT) == "ticket.device"
    assert refused(codes.read_ticket, [KEY], text, device="", at=AT) == "ticket.device"


def test_a_ticket_for_somebody_else_is_not_made_from_ones_own():
    text = codes.make_ticket(KEY, _ticket(entry_id=5))
    body, _, tag = text.rpartition(".")
    assert refused(codes.read_ticket, [KEY], text.replace(".5.0.", ".6.0."), device=DEVICE, at=AT) == "ticket.forged"
    for cut in ("", tag[:1], tag[:8]):  # a shorter tag would be guessed
        assert refused(codes.read_ticket, [KEY], f"{body}.{cut}", device=DEVICE, at=AT) == "ticket.forged"


@given(st.integers(min_value=1, max_value=2**62))
def test_every_roster_line_has_a_code_that_reads_back(entry_id):
    assert codes.read_personal_code([KEY], codes.personal_code(KEY, entry_id)) == entry_id


def test_a_card_is_read_as_people_type_it():
    code = codes.personal_code(KEY, 1)
    assert [len(part) for part in code.split("-")] == [4, 4, 4]
    typed = code.replace("-", " ").lower().replace("0", "o").replace("1", "l")
    assert codes.read_personal_code([KEY], f"  {typed} ") == 1


def test_the_screen_of_a_member_is_good_for_a_slow_queue_and_no_longer():
    step = codes.live_step(AT)
    code = codes.live_code(KEY, 12, step)
    begun = step * codes.LIVE_STEP
    assert codes.read_scanned([KEY], code, begun + 3 * codes.LIVE_STEP - 0.01) == 12
    assert refused(codes.read_scanned, [KEY], code, begun + 3 * codes.LIVE_STEP) == "code.old"
    assert refused(codes.read_scanned, [KEY], code.replace("L.", "L.9"), begun) == "code.unknown"


def test_the_scanner_reads_cards_and_says_so_of_the_halls_code():
    assert codes.read_scanned([KEY], f" {codes.personal_code(KEY, 12)}\r\n", AT) == 12
    hall = codes.hall_code(KEY, 7, 31, codes.hall_step(AT))
    assert refused(codes.read_scanned, [KEY], f"https://hoc.example/c/{hall}/", AT) == "code.of_hall"
