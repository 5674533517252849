"""Passkeys (WebAuthn): what the browser is asked, and whether its answer is right."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, JsonResponse
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from quantriet.kit import time
from quantriet.kit.refusal import Refusal
from quantriet.kit.sealing import digest
from quantriet.org import actions
from quantriet.org.models import Account, Passkey

ASKED_FOR = 5 * 60  # seconds in which the answer must come
NOT_READ = "Khóa đăng nhập chưa được nhận; thử lại, hoặc đăng nhập bằng cách khác."
# What a library raises for bytes that are no answer at all.
_BROKEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, json.JSONDecodeError)


def creation_options(request: HttpRequest, account: Account) -> JsonResponse:
    """Ask the browser to make a passkey for this account and this site."""
    user = PublicKeyCredentialUserEntity(
        name=account.username,
        id=bytes.fromhex(digest(str(account.pk), "quantriet.org.passkey.user")),
        display_name=account.display_name,
    )
    options, state = _server(request).register_begin(
        user,
        _descriptors(account),
        resident_key_requirement=ResidentKeyRequirement.PREFERRED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return _asked(request, options, state)


def request_options(request: HttpRequest, account: Account | None) -> JsonResponse:
    """Ask the browser for a passkey: any of this site, with finger, face or PIN; or as second factor one of an account."""
    verified = UserVerificationRequirement.PREFERRED if account else UserVerificationRequirement.REQUIRED
    descriptors = _descriptors(account) if account else None
    options, state = _server(request).authenticate_begin(descriptors, user_verification=verified)
    return _asked(request, options, state)


def made_passkey(request: HttpRequest, account: Account, answer: str, name: str) -> Passkey:
    """Keep the passkey that the browser made. Refuses an answer to another question, another site or a late one."""
    state = _question(request)
    try:
        made = _server(request).register_complete(state, json.loads(answer))
    except _BROKEN as error:
        raise Refusal("passkey.not_read", NOT_READ) from error
    data = made.credential_data
    assert data is not None
    return actions.add_passkey(
        account,
        at=time.now(),
        credential_id=websafe_encode(data.credential_id),
        public_key=bytes(data),
        sign_count=made.counter,
        name=name,
    )


def shown_passkey(request: HttpRequest, answer: str, account: Account | None = None) -> Account:
    """The account whose passkey signed the answer; only this account's when one is given. Refuses everything else."""
    state = _question(request)
    if account is None and state["user_verification"] != UserVerificationRequirement.REQUIRED:
        # Asked as a second factor, where the device need not know its owner: not enough to stand alone.
        raise Refusal("passkey.not_read", NOT_READ)
    try:
        given = json.loads(answer)
        rows = Passkey.objects.filter(credential_id=str(given["id"])[:1400], account__is_active=True)
        if account:
            rows = rows.filter(account=account)
        passkey = rows.select_related("account__person__unit").first()
        known = [AttestedCredentialData(bytes(passkey.public_key))] if passkey else []
        _server(request).authenticate_complete(state, known, given)
        counter = AuthenticationResponse.from_dict(given).response.authenticator_data.counter
    except _BROKEN as error:
        raise Refusal("passkey.not_read", NOT_READ) from error
    assert passkey is not None
    actions.note_passkey_use(passkey, sign_count=counter, at=time.now())
    return passkey.account


def _server(request: HttpRequest) -> Fido2Server:
    host = request.get_host()
    site = f"{'https' if request.is_secure() else 'http'}://{host}"
    return Fido2Server(
        PublicKeyCredentialRpEntity(name="Quán triệt", id=host.partition(":")[0]),
        verify_origin=lambda origin: origin == site,
    )


def _descriptors(account: Account) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            type=PublicKeyCredentialType.PUBLIC_KEY, id=AttestedCredentialData(bytes(one.public_key)).credential_id
        )
        for one in Passkey.objects.filter(account=account)
    ]


def _asked(request: HttpRequest, options: Any, state: Any) -> JsonResponse:
    request.session["passkey"] = {"state": state, "at": time.now().timestamp()}
    return JsonResponse(dict(options)["publicKey"])


def _question(request: HttpRequest) -> Any:
    """What was asked; each question is answered once."""
    kept = request.session.pop("passkey", None)
    if not kept or time.now().timestamp() - kept["at"] > ASKED_FOR:
        raise Refusal("passkey.late", "Đã quá lâu nên khóa không còn được nhận; bấm nút lần nữa.")
    return kept["state"]
