"""Gateways for text messages and for the Zalo official account: plugged in by settings, all of one shape.

A gateway is made of its options and has `send(address, text, reference) -> Receipt`. It raises `GatewayError` when the
message did not go: permanent (this address, this text, this account: trying again is of no use before somebody changes
something) or temporary (busy, not reached). `reference` is our own name of the message; the same one is given again when
a sending is tried again, so that a gateway that keeps it can refuse the second.

    QUANTRIET_SMS_GATEWAY=quantriet.notify.actions.gateways.HttpSms
    QUANTRIET_SMS_OPTIONS={"url": "https://…", "headers": {"Authorization": "…"}, "fields": {"to": "$address", "text": "$text", "id": "$reference"}}
"""

from __future__ import annotations

import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from quantriet.kit import outbound
from quantriet.kit.refusal import Refusal
from quantriet.notify.vocab import NoticeChannel


class GatewayError(Exception):
    """The message did not go; `args[0]` is what the gateway said."""

    def __init__(self, said: str, *, is_permanent: bool) -> None:
        super().__init__(said)
        self.is_permanent = is_permanent


@dataclass(frozen=True)
class Receipt:
    """What the gateway calls the message that it took. `is_fake`: it stays in the house, for trials."""

    reference: str
    is_fake: bool = False


class Gateway(Protocol):
    def send(self, address: str, text: str, reference: str) -> Receipt: ...


def _exchange(url: str, body: bytes, headers: Mapping[str, str]) -> outbound.Answer:
    """Post, and turn what every gateway shares into errors: not reached, busy, refused."""
    try:
        answer = outbound.post(url, body, headers, allowed=outbound.networks(settings.GATEWAY_NETWORKS))
    except outbound.Unreachable as error:
        raise GatewayError(str(error), is_permanent=False) from None
    except Refusal as refusal:
        raise GatewayError(f"address of the gateway: {refusal.code}", is_permanent=True) from None
    if answer.status in (408, 425, 429) or answer.status >= 500:
        raise GatewayError(f"{answer.status}: {answer.text[:200]}", is_permanent=False)
    if not answer.is_good:
        raise GatewayError(f"{answer.status}: {answer.text[:200]}", is_permanent=True)
    return answer


def _object(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


class HttpSms:
    """A gateway for text messages that takes one POST a message, as most in Vietnam do.

    Options: `url`; `fields` (name → text with $address, $text, $reference); `headers`; `form` true for a form instead of
    JSON; `receipt` the field of the answer with the gateway's own name of the message; `ok` what fields of a good answer
    say ({"CodeResult": "100"}), where a refusal also comes with status 200; `busy` values of the first of them that mean
    "later".
    """

    def __init__(
        self, *, url: str, fields: Mapping[str, str], headers: Mapping[str, str] | None = None, form: bool = False,
        receipt: str = "", ok: Mapping[str, str] | None = None, busy: list[str] | None = None,
    ) -> None:  # fmt: skip
        self.url, self.fields, self.headers, self.form = url, dict(fields), dict(headers or {}), form
        self.receipt, self.ok, self.busy = receipt, dict(ok or {}), [str(one) for one in busy or []]

    def send(self, address: str, text: str, reference: str) -> Receipt:
        given = {"$address": address, "$text": text, "$reference": reference}
        fields = {name: given.get(value, value) for name, value in self.fields.items()}
        if self.form:
            body, kind = urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded"
        else:
            body, kind = json.dumps(fields, ensure_ascii=False).encode(), "application/json"
        answer = _exchange(self.url, body, {"Content-Type": kind, **self.headers})
        said = _object(answer.text)
        for name, value in self.ok.items():
            if str(said.get(name)) != value:
                is_busy = str(said.get(name)) in self.busy
                raise GatewayError(f"{name}={said.get(name)}: {answer.text[:200]}", is_permanent=not is_busy)
        return Receipt(str(said.get(self.receipt, ""))[:120] if self.receipt else "")


class ZaloOfficialAccount:
    """A text to a follower of the office's official account ("tin tư vấn").

    Shape of the platform's own Java kit (zaloplatform/zalo-java-sdk, v3): POST …/v3.0/oa/message/cs, header
    `access_token`, body {"recipient": {"user_id"}, "message": {"text"}}; the answer has status 200 also when it refuses,
    `error` 0 is success. Options: `access_token`; `url`; `busy` codes that mean "later".
    """

    URL = "https://openapi.zalo.me/v3.0/oa/message/cs"
    LONGEST = 2000  # letters of one text

    def __init__(self, *, access_token: str, url: str = URL, busy: list[int] | None = None) -> None:
        self.access_token, self.url, self.busy = access_token, url, set(busy or [])

    def send(self, address: str, text: str, reference: str) -> Receipt:
        body = {"recipient": {"user_id": address}, "message": {"text": text[: self.LONGEST]}}
        headers = {"Content-Type": "application/json", "access_token": self.access_token}
        answer = _exchange(self.url, json.dumps(body, ensure_ascii=False).encode(), headers)
        said = _object(answer.text)
        error = said.get("error")
        if error != 0:
            raise GatewayError(
                f"zalo {error}: {str(said.get('message', ''))[:200]}", is_permanent=error not in self.busy
            )
        data = said.get("data")
        return Receipt(str(data.get("message_id", ""))[:120] if isinstance(data, dict) else "")


class TrialGateway:
    """Takes everything and sends nothing: what it took stands in the outbox as “cổng giả, không gửi ra ngoài”."""

    def send(self, address: str, text: str, reference: str) -> Receipt:
        return Receipt(f"gia-{reference}", is_fake=True)


def gateway_for(channel: NoticeChannel) -> Gateway | None:
    """The gateway that the settings name for a channel; None when there is none, and never one for trials in real use."""
    path, options = {
        NoticeChannel.SMS: (settings.SMS_GATEWAY, settings.SMS_OPTIONS),
        NoticeChannel.ZALO: (settings.ZALO_GATEWAY, settings.ZALO_OPTIONS),
    }.get(channel, ("", ""))
    return _made(path, options, settings.PRODUCTION) if path else None


@lru_cache(maxsize=8)
def _made(path: str, options: str, is_production: bool) -> Gateway | None:
    kind = import_string(path)
    if is_production and kind is TrialGateway:
        return None
    made: Gateway = kind(**(json.loads(options) if options.strip() else {}))
    return made
