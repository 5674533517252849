"""OpenID Connect, the code flow with PKCE, for one provider named by settings: an address to send the browser to, and the
proven claims when it comes back. The only module that speaks with another host at run time, and only when one is set.

    client = Client(issuer, client_id, client_secret)
    trip = new_trip()                                     # kept in the session until the browser is back
    address = client.way_there(trip, back=…)
    claims = client.claims(trip, code=…, back=…)          # raises Untrusted
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import requests

TIMEOUT = 10  # seconds for each question
MOST_BYTES = 512 * 1024
ALGORITHMS = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "EdDSA",
]  # never none, never a shared secret
LEEWAY = 60  # seconds that two servers' clocks may differ


class Untrusted(Exception):
    """What the provider answered is not to be believed; the text is for the log, not for a person."""


@dataclass(frozen=True)
class Trip:
    """What must come back as it went."""

    state: str
    nonce: str
    verifier: str

    def kept(self) -> dict[str, str]:
        return asdict(self)


def new_trip() -> Trip:
    return Trip(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(64))


class Client:
    """One installation at one provider."""

    def __init__(self, issuer: str, client_id: str, client_secret: str) -> None:
        if not is_private_line(issuer):
            raise Untrusted(f"the issuer {issuer} is reached without encryption")
        self.issuer = issuer.rstrip("/")
        self.client_id = client_id
        self.client_secret = client_secret

    def way_there(self, trip: Trip, *, back: str) -> str:
        """The address at the provider where the browser goes first."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(trip.verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code", "client_id": self.client_id, "redirect_uri": back, "scope": "openid profile email",
            "state": trip.state, "nonce": trip.nonce, "code_challenge": challenge, "code_challenge_method": "S256",
        }  # fmt: skip
        place = self._place("authorization_endpoint")
        return f"{place}{'&' if '?' in place else '?'}{urlencode(asked)}"

    def claims(self, trip: Trip, *, code: str, back: str) -> dict[str, Any]:
        """Change the code for the identity token and return what it says, once signature, issuer, audience, times and
        nonce are proven. Raises Untrusted."""
        answer = self._ask(
            "POST",
            self._place("token_endpoint"),
            data={
                "grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": trip.verifier,
                "client_id": self.client_id, "client_secret": self.client_secret,
            },
        )  # fmt: skip
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise Untrusted("no identity token")
        return self._proven(token, trip.nonce)

    def _proven(self, token: str, nonce: str) -> dict[str, Any]:
        try:
            head = jwt.get_unverified_header(token)
            keys = jwt.PyJWKSet.from_dict(self._ask("GET", self._place("jwks_uri"))).keys
            key = next(
                (one for one in keys if one.key_id == head.get("kid") or ("kid" not in head and len(keys) == 1)), None
            )
            if key is None:
                raise Untrusted("signed with an unknown key")
            claims: dict[str, Any] = jwt.decode(
                token, key.key, algorithms=ALGORITHMS, audience=self.client_id, issuer=self.issuer, leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )  # fmt: skip
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise Untrusted(f"{type(error).__name__}: {error}") from error
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise Untrusted("the nonce is another")
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != self.client_id:
            raise Untrusted("made out for another client")
        return claims

    def _place(self, name: str) -> str:
        known = self._ask("GET", f"{self.issuer}/.well-known/openid-configuration")
        if known.get("issuer", "").rstrip("/") != self.issuer:
            raise Untrusted("the provider calls itself another issuer")
        place = known.get(name)
        if not isinstance(place, str) or not is_private_line(place):
            raise Untrusted(f"no {name}, or one without encryption")
        return place

    def _ask(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            with requests.request(
                method, address, timeout=TIMEOUT, allow_redirects=False, stream=True, headers={"Accept": "application/json"},
                **more,
            ) as answer:  # fmt: skip
                body = answer.raw.read(MOST_BYTES + 1, decode_content=True)
                if answer.status_code != 200 or len(body) > MOST_BYTES:
                    raise Untrusted(f"{urlsplit(address).path} answered {answer.status_code}")
            found = json.loads(body)
        except (requests.RequestException, ValueError, OSError) as error:
            raise Untrusted(f"{type(error).__name__}: {error}") from error
        if not isinstance(found, dict):
            raise Untrusted("the answer is no object")
        return found


def is_private_line(address: str) -> bool:
    """Whether an address is reached encrypted, or lies on this very machine."""
    parts = urlsplit(address)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        near = parts.hostname == "localhost" or ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        near = False
    return parts.scheme == "http" and near
