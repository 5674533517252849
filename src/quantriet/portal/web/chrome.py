"""What stands round every page: navigation, the account, where one is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Context of the frame; cheap, and nothing for strangers."""
    return {}
