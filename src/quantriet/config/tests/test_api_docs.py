"""The commands of docs/api.md do what stands beside them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from quantriet.attendance.tests import factories
from quantriet.config import api
from tests.machine import machine

DOCUMENT = Path(__file__).resolve().parents[4] / "docs/api.md"


def commands():
    blocks = re.findall(r"```sh\n(.*?)```", DOCUMENT.read_text("utf-8"), re.S)
    return [block[block.index("curl") :] for block in blocks]


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here to run the commands of the document")
def test_commands_of_the_document(cast, live_server):
    factories.make_campaign(cast)
    secret = machine(cast.accounts["officer"]).secret
    answers = []
    for command in commands():
        text = command.replace('"unit": 5', f'"unit": {cast.units["CB11"].pk}')
        done = subprocess.run(
            ["sh", "-c", text], env={"PATH": "/usr/bin:/bin", "TOKEN": secret, "HOST": live_server.url},
            capture_output=True, check=True, timeout=60,
        )  # fmt: skip
        answers.append(json.loads(done.stdout))
    units, people, campaigns, made, missing = answers
    assert len(units["items"]) == 8
    assert len(people["items"]) == 1
    assert campaigns["items"][0]["state"] == "open"
    assert made["full_name"] == "Nguyễn Văn An"
    assert (missing["code"], missing["language"]) == ("not_found", "en")


def test_addresses_of_the_document_exist():
    known = {re.sub(r"\{[^}]+\}", "", path) for path in api.description()["paths"]}
    for command in commands():
        address = re.search(r"\$HOST(/api/v1/[^\"?]*)", command)[1]
        assert re.sub(r"(?<=/)\d+", "", address) in known, address


def test_the_page_names_its_columns_in_its_own_words(client, db):
    page = client.get("/api/v1/").content.decode()
    heads = (
        '<th scope="col">Tham số</th><th scope="col">Vị trí</th><th scope="col">Kiểu</th><th scope="col">Bắt buộc</th>'
    )
    assert heads in page
    assert "Địa danh" not in page
    assert "Loại văn bản" not in page
