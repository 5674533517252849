"""The member's first visit over the wire: the page and everything it asks for, packed as a phone gets it.

The product is served as in real use (granian, joined style sheet, digests, gzip) with the smallest demo. A member signs in
and opens /me/; counted are the bytes of bodies and headers of that page and, following links, of each style sheet, script
(with what it imports) and icon, each once, as on a phone that has never been here.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode, urljoin, urlsplit

from bench.registry import Figure, program

LIMIT_KB = 100
_ASKED = re.compile(r'(?:<link[^>]+href|<script[^>]+src|<img[^>]+src)="([^"]+)"')
_IMPORTED = re.compile(r'(?:import|from)\s*\(?"([^"]+\.js)"')


class Phone:
    """A browser without a cache that counts what comes in."""

    def __init__(self, port: int) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookies: dict[str, str] = {}

    def ask(self, address: str, form: dict[str, str] | None = None) -> tuple[http.client.HTTPResponse, bytes, int]:
        headers = {
            "Accept-Encoding": "gzip",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        if form is None:
            self.line.request("GET", address, headers=headers)
        else:
            headers |= {"Content-Type": "application/x-www-form-urlencoded"}
            self.line.request("POST", address, urlencode(form), headers)
        answer = self.line.getresponse()
        body = answer.read()
        for one in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = one.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer, body, len(body) + len(str(answer.headers)) + 20


def unpacked(answer: http.client.HTTPResponse, body: bytes) -> str:
    if answer.headers.get("Content-Encoding") == "gzip":
        import gzip

        body = gzip.decompress(body)
    return body.decode("utf-8", "replace")


@program("member-page")
def member_page() -> Iterator[Figure]:
    from django.core.management import call_command

    from quantriet.config.demo.people import PASSWORD

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with open(os.devnull, "w") as nowhere:
        call_command("seed", size="commune", stdout=nowhere)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "quantriet.config.wsgi:application",
        "--port", str(port), "--log-level", "error",
    ]  # fmt: skip
    server = subprocess.Popen(command)
    try:
        yield from _weigh(port, PASSWORD)
    finally:
        server.terminate()
        server.wait()


def signed_in(port: int, username: str, password: str) -> Phone:
    """A phone that has signed in, after waiting up to 20 seconds for the server."""
    for _ in range(100):
        try:
            phone = Phone(port)
            answer, body, _ = phone.ask("/sign-in/")
            break
        except OSError:
            time.sleep(0.2)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', unpacked(answer, body))
    assert token, "the sign-in page has no form"
    answer, _, _ = phone.ask("/sign-in/", {"csrfmiddlewaretoken": token[1], "username": username, "password": password})
    assert answer.status in (302, 303), f"sign-in answered {answer.status}"
    return phone


def _weigh(port: int, password: str) -> Iterator[Figure]:
    phone = signed_in(port, "dangvien", password)
    answer, body, page_size = phone.ask("/me/")
    page = unpacked(answer, body)
    assert answer.status == 200
    assert "Đã ghi nhận" in page
    waiting = [urljoin("/me/", one) for one in _ASKED.findall(page)]
    weighed: dict[str, int] = {}
    while waiting:
        address = waiting.pop()
        if address in weighed or urlsplit(address).netloc:
            continue
        answer, body, size = phone.ask(address)
        assert answer.status == 200, f"{address} answered {answer.status}"
        weighed[address] = size
        if address.endswith(".js"):
            waiting += [urljoin(address, one) for one in _IMPORTED.findall(unpacked(answer, body))]
    yield Figure("the page itself", page_size / 1000, unit="kB")
    yield Figure(f"style, {len(weighed)} files in all", sum(weighed.values()) / 1000, unit="kB")
    yield Figure(
        "first visit of the member's page", (page_size + sum(weighed.values())) / 1000, limit=LIMIT_KB, unit="kB"
    )
