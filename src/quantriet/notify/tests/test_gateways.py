"""One contract for every gateway: the ones that speak HTTP against servers of their kind, the fake, the one for trials."""

import json

import pytest

from quantriet.notify import actions
from quantriet.notify.actions import gateways
from quantriet.notify.actions.gateways import GatewayError, HttpSms, TrialGateway, ZaloOfficialAccount, gateway_for
from quantriet.notify.rules import explain_error
from quantriet.notify.rules.texts import message_length, phone_number, without_marks
from quantriet.notify.tests.fakes import BUSY, UNKNOWN, MemoryGateway, SmsServer, ZaloServer
from quantriet.notify.vocab import NoticeChannel

GOOD = "84912345678"


def http_options(url, *, form=False):
    return {
        "url": f"{url}/gui", "headers": {"Authorization": "Key so-bi-mat"}, "form": form, "receipt": "SMSID",
        "fields": {"Phone": "$address", "Content": "$text", "RequestId": "$reference", "SmsType": "2"},
        "ok": {"CodeResult": "100"},
    }  # fmt: skip


@pytest.fixture(params=["memory", "sms", "sms-form", "zalo"])
def gateway(request, settings):
    """A gateway with what its other side has taken."""
    settings.GATEWAY_NETWORKS = ["127.0.0.0/8"]
    if request.param == "memory":
        made = MemoryGateway()
        yield made, made.taken
        return
    server = ZaloServer() if request.param == "zalo" else SmsServer(form=request.param == "sms-form")
    if request.param == "zalo":
        made = ZaloOfficialAccount(access_token="so-bi-mat", url=f"{server.url}/v3.0/oa/message/cs")
    else:
        made = HttpSms(**http_options(server.url, form=request.param == "sms-form"))
    yield made, server.taken
    server.stop()


def test_what_is_taken_arrives_whole_and_has_a_receipt(gateway):
    made, taken = gateway
    words = "Mời dự lớp “Nghị quyết 15” & học bù, 07:30 ngày 09/03/2026 tại hội trường xã Ea Knuếc."
    receipt = made.send(GOOD, words, "qt-7")
    assert receipt.reference
    assert not receipt.is_fake
    assert [(address, text) for address, text, _reference in taken] == [(GOOD, words)]
    assert taken[0][2] in ("qt-7", "")


def test_what_cannot_be_sent_says_whether_trying_again_helps(gateway):
    made, taken = gateway
    with pytest.raises(GatewayError) as refused:
        made.send(UNKNOWN, "x", "qt-1")
    assert refused.value.is_permanent
    with pytest.raises(GatewayError) as busy:
        made.send(BUSY, "x", "qt-2")
    assert not busy.value.is_permanent
    assert taken == []


def test_a_gateway_that_is_not_there_is_tried_again(settings):
    settings.GATEWAY_NETWORKS = ["127.0.0.0/8"]
    server = SmsServer()
    server.stop()
    for made in (HttpSms(**http_options(server.url)), ZaloOfficialAccount(access_token="x", url=server.url)):
        with pytest.raises(GatewayError) as error:
            made.send(GOOD, "x", "qt-1")
        assert not error.value.is_permanent


def test_an_inner_address_is_no_gateway_unless_the_settings_say_so():
    with pytest.raises(GatewayError) as error:
        HttpSms(url="http://127.0.0.1:9/x", fields={}).send(GOOD, "x", "qt-1")
    assert error.value.is_permanent


def test_a_wrong_key_is_told_in_words(settings):
    settings.GATEWAY_NETWORKS = ["127.0.0.0/8"]
    sms, zalo = SmsServer(), ZaloServer()
    made = [
        (HttpSms(**http_options(sms.url) | {"headers": {}}), "tài khoản"),
        (ZaloOfficialAccount(access_token="cu", url=f"{zalo.url}/v3.0/oa/message/cs"), "hết hạn"),
    ]
    for one, words in made:
        with pytest.raises(GatewayError) as error:
            one.send(GOOD, "x", "qt-1")
        assert words in explain_error(str(error.value))
    sms.stop()
    zalo.stop()


def test_settings_name_the_gateway_and_real_use_has_none_for_trials(settings):
    gateways._made.cache_clear()
    settings.SMS_GATEWAY = "quantriet.notify.actions.gateways.HttpSms"
    settings.SMS_OPTIONS = json.dumps(http_options("https://sms.example"))
    made = gateway_for(NoticeChannel.SMS)
    assert isinstance(made, HttpSms)
    settings.ZALO_GATEWAY = "quantriet.notify.actions.gateways.TrialGateway"
    settings.ZALO_OPTIONS = ""
    assert isinstance(gateway_for(NoticeChannel.ZALO), TrialGateway)
    settings.PRODUCTION = True
    assert gateway_for(NoticeChannel.ZALO) is None
    settings.ZALO_GATEWAY = ""
    assert gateway_for(NoticeChannel.ZALO) is None
    gateways._made.cache_clear()


@pytest.mark.parametrize(
    ("text", "units", "segments", "is_gsm"),
    [
        ("", 0, 0, True),
        ("a" * 160, 160, 1, True),
        ("a" * 161, 161, 2, True),
        ("a" * 306, 306, 2, True),
        ("a" * 307, 307, 3, True),
        ("a" * 158 + "€", 160, 1, True),
        ("a" * 159 + "€", 161, 2, True),
        ("a" * 152 + "€" + "a" * 152, 306, 3, True),  # a wide letter is not cut in two
        ("ệ" * 70, 70, 1, False),
        ("ệ" * 71, 71, 2, False),
        ("ệ" * 134, 134, 2, False),
        ("ệ" * 135, 135, 3, False),
    ],
)
def test_text_messages_are_counted_as_networks_count_them(text, units, segments, is_gsm):
    found = message_length(text)
    assert (found.units, found.segments, found.is_gsm) == (units, segments, is_gsm)


def test_marks_are_taken_off_and_what_is_left_fits_the_alphabet():
    assert without_marks("Đảng bộ xã Ea Knuếc – “Ắ Ễ Ộ”…") == 'Dang bo xa Ea Knuec - "A E O"...'
    assert message_length(without_marks("Mời đồng chí dự lớp học tập Nghị quyết số 15-NQ/TU")).is_gsm


def test_a_text_message_is_at_most_three_long(settings):
    settings.SMS_WITHOUT_MARKS = False
    assert message_length(actions.notices.short_text("ệ" * 900)).segments == 3


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("0912 345 678", "84912345678"), ("+84 912.345.678", "84912345678"), ("0084912345678", "84912345678"),
        ("84912345678", "84912345678"), ("024 3825 1234", ""), ("0912", ""), ("", ""), ("+1 202 555 0100", ""),
    ],
)  # fmt: skip
def test_numbers_as_gateways_take_them(written, number):
    assert phone_number(written) == number
