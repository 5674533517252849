"""The central sign-on against a small provider on loopback that keeps to the protocol, and against one that lies."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client
from django.urls import reverse

from quantriet.audit.models import AuditEvent
from quantriet.kit import oidc
from quantriet.kit.time import now
from quantriet.org import actions
from quantriet.org.models import Account, Appointment

KEY, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class Provider(ThreadingHTTPServer):
    """An OpenID provider of four addresses; `lie` changes the claims or the key of the next token."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.claims, self.key, self.head = {}, KEY, {"kid": "one"}
        self.asked = {}
        self.algorithm = "RS256"

    def token(self, nonce: str) -> str:
        at = int(time.time())
        base = {"iss": self.issuer, "aud": "quantriet", "sub": "7", "iat": at, "exp": at + 300, "nonce": nonce}
        return jwt.encode(base | self.claims, self.key, self.algorithm, headers=self.head)


class Answers(BaseHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def say(self, content: dict, status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        server = self.server
        if self.path.endswith("openid-configuration"):
            places = {
                name: f"{server.issuer}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
            }
            self.say({"issuer": server.issuer, **places})
        else:
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            self.say({"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]})

    def do_POST(self):
        import base64
        import hashlib

        sent = {
            name: values[0]
            for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        asked = self.server.asked
        proof = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        right = (
            sent["code"] == "the-code" and sent["client_secret"] == "s" and proof == asked["code_challenge"]
            and sent["redirect_uri"] == asked["redirect_uri"]
        )  # fmt: skip
        self.say(
            {"id_token": self.server.token(asked["nonce"])} if right else {"error": "invalid_grant"},
            200 if right else 400,
        )


@pytest.fixture
def provider(settings):
    server = Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET = server.issuer, "quantriet", "s"
    server.claims = {"member_code": "M1"}
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def go(client, provider, **back):
    """The round of a browser: to the provider and back."""
    there = client.get(reverse("sign-in-central"), {"next": "/me/"})
    provider.asked = {name: values[0] for name, values in parse_qs(urlsplit(there.url).query).items()}
    given = {"state": provider.asked["state"], "code": "the-code"} | back
    return client.get(reverse("sign-in-central-back"), given)


@pytest.mark.req("P-08")
def test_the_central_sign_on_opens_the_account_of_the_member_code(cast, client, provider):
    assert "Đăng nhập tập trung" in client.get(reverse("sign-in")).content.decode()
    before = (Account.objects.count(), Appointment.objects.count())
    assert go(client, provider).url == "/me/"
    assert client.get("/me/").status_code == 200
    assert AuditEvent.objects.get(verb="account.signed_in").after["way_in"] == "Đăng nhập tập trung"
    # Who has no account here gets none, and no right comes from there.
    provider.claims = {"member_code": "M9", "role": "administrator"}
    other = Client()
    assert go(other, provider).url == reverse("sign-in")
    assert "Chưa có tài khoản nào" in other.get(reverse("sign-in")).content.decode()
    assert (Account.objects.count(), Appointment.objects.count()) == before


def test_by_mail_only_when_the_provider_has_proven_it_and_it_is_of_one(cast, client, provider, settings):
    settings.OIDC_MATCH = settings.OIDC_CLAIM = "email"
    member = cast.accounts["member1"]
    actions.change_account(member, by=member, at=now(), email="Huong@vi-du.example")
    provider.claims = {"email": "huong@vi-du.example"}
    assert go(client, provider).url == reverse("sign-in")
    provider.claims["email_verified"] = True
    assert go(client, provider).url == "/me/"
    actions.change_account(cast.officer, by=cast.officer, at=now(), email="huong@vi-du.example")
    assert go(Client(), provider).url == reverse("sign-in")


@pytest.mark.parametrize(
    ("lie", "key"),
    [
        ({"nonce": "another"}, KEY),
        ({"aud": "somebody-else"}, KEY),
        ({"aud": ["quantriet", "x"], "azp": "x"}, KEY),
        ({"exp": int(time.time()) - 3600, "iat": int(time.time()) - 7200}, KEY),
        ({"iss": "https://evil.example"}, KEY),
        ({"exp": None}, KEY),
        ({}, OTHER),
    ],
    ids=["nonce", "audience", "party", "expired", "issuer", "no end", "signature"],
)
def test_a_token_that_is_not_right_opens_nothing(cast, client, provider, lie, key):
    provider.claims |= lie
    provider.claims = {name: value for name, value in provider.claims.items() if name != "exp" or value}
    provider.key = key
    if lie == {"exp": None}:
        plain = provider.token
        provider.token = lambda nonce: jwt.encode(
            {k: v for k, v in jwt.decode(plain(nonce), options={"verify_signature": False}).items() if k != "exp"},
            KEY, "RS256", headers={"kid": "one"},
        )  # fmt: skip
    assert go(client, provider).url == reverse("sign-in")
    assert "Không xác minh được" in client.get(reverse("sign-in")).content.decode()
    assert client.get("/me/").status_code == 302


def test_a_token_signed_with_nothing_or_with_the_public_key_is_none(cast, client, provider):
    provider.key, provider.algorithm = None, "none"
    assert go(client, provider).url == reverse("sign-in")
    provider.key, provider.algorithm = "x" * 40, "HS256"
    assert go(client, provider).url == reverse("sign-in")
    assert client.get("/me/").status_code == 302


def test_another_state_a_refusal_and_a_second_use_open_nothing(cast, client, provider):
    assert go(client, provider, state="x").url == reverse("sign-in")
    assert go(client, provider, error="access_denied").url == reverse("sign-in")
    assert go(client, provider).url == "/me/"
    stolen = {"state": provider.asked["state"], "code": "the-code"}
    assert Client().get(reverse("sign-in-central-back"), stolen).url == reverse("sign-in")


def test_the_second_factor_is_still_asked_for(cast, client, provider, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    actions.give_appointment(
        cast.accounts["member1"], by=None, at=now(), role="organiser", unit=cast.units["X1"], valid_from=now().date()
    )
    go(client, provider)
    assert client.get("/desk/people/").url.startswith("/me/sign-in/second-factor/")


def test_a_provider_that_is_away_is_told_in_words(cast, client, provider, settings):
    settings.OIDC_ISSUER = "http://127.0.0.1:9"
    assert client.get(reverse("sign-in-central")).url == reverse("sign-in")
    assert "chưa trả lời" in client.get(reverse("sign-in")).content.decode()
    settings.OIDC_ISSUER = ""
    assert client.get(reverse("sign-in-central")).status_code == 404
    assert client.get(reverse("sign-in-central-back")).status_code == 404


def test_only_an_encrypted_line_or_this_machine():
    assert oidc.is_private_line("https://sso.vi-du.example/realms/a")
    for address in ("http://sso.vi-du.example", "http://10.0.0.1", "file:///etc", "https://", ""):
        assert not oidc.is_private_line(address)
    with pytest.raises(oidc.Untrusted):
        oidc.Client("http://sso.vi-du.example", "a", "b")
