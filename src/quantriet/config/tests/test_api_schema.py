"""The API against its own description: whatever the description allows, and much that it does not, is answered as it says."""

from __future__ import annotations

import hypothesis
import pytest
import schemathesis
from django.core import signals
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from quantriet.config import api
from tests.machine import machine, make_world

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip
EXAMPLES = 6  # of each operation and mode; the whole takes some seconds
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)


@pytest.fixture
def operations():
    """Every operation, asked through WSGI itself. There the end of a request drops the connection of an open transaction,
    and with it the test's own; Django's test client lets go of this signal in the same way."""
    ends = (signals.request_started, signals.request_finished)
    for end in ends:
        end.disconnect(close_old_connections)
    schema = schemathesis.openapi.from_dict(api.description())
    schema.app = get_wsgi_application()
    yield [one.ok() for one in schema.get_all_operations()]
    for end in ends:
        end.connect(close_old_connections)


def keys_of(world, path):
    """A key that exists, for the address of an operation."""
    subject = path.removeprefix("/api/v1/").split("/{")[0]
    return {
        "units": world.unit, "people": world.person, "people/posts": world.post, "people/exemptions": world.exemption,
        "documents": world.document, "campaigns": world.campaign, "classes": world.study_class, "facts": world.fact,
        "excuses": world.excuse, "entries": world.entry, "reports": world.report,
    }[subject]  # fmt: skip


def statuses(operation, cases, world, secret):
    """Call an operation with what its description allows (or not) and hold every answer against it."""
    seen: set[int] = set()

    @hypothesis.settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(hypothesis.HealthCheck), phases=[hypothesis.Phase.generate],
    )  # fmt: skip
    @hypothesis.given(case=cases, known=st.integers(0, 3))
    def keeps_its_word(case, known):
        if known and isinstance((case.path_parameters or {}).get("pk"), int):
            case.path_parameters["pk"] = keys_of(world, operation.path)
        response = case.call(headers={"Authorization": f"Bearer {secret}"})
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    try:
        keeps_its_word()
    except hypothesis.errors.Unsatisfiable:
        return seen  # nothing of this operation can be wrong
    return seen


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_every_operation_keeps_its_word(cast, operations, mode, settings):
    settings.API_REQUESTS_A_MINUTE = 1_000_000
    world = make_world(cast)
    secret = machine(cast.accounts["organiser1"]).secret
    answered = {
        f"{one.method.upper()} {one.path}": statuses(one, one.as_strategy(generation_mode=mode), world, secret)
        for one in operations
    }
    assert len(answered) > 35
    if mode == GenerationMode.POSITIVE:
        # The test means something: every reading operation has shown its good answer.
        poor = [name for name, seen in answered.items() if name.startswith("GET") and 200 not in seen]
        assert not [name for name in poor if not name.endswith("/word")], poor
