"""The number that a form which is taken once carries."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client


def once(client: Client, address: str) -> dict[str, Any]:
    """The number in the form at this address, as the browser would send it back."""
    found = re.search(r'name="once" value="([\w-]+)"', client.get(address).content.decode())
    assert found, address
    return {"once": found[1]}
