"""The page on which one chooses by what one is told."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_a_correction_is_offered_to_whoever_is_on_the_list_alone(cast, as_user):
    link, page = reverse("my-request-new"), reverse("my-notice-preferences")
    assert link in as_user("member1").get(page).content.decode()
    assert link not in as_user("officer").get(page).content.decode()
