"""What most tests of this room begin with."""

import pytest

from quantriet.campaigns import actions as campaign_actions
from quantriet.campaigns.tests import factories as campaign_factories
from quantriet.kit.time import now


@pytest.fixture
def campaign(cast):
    """A draft campaign of the province with its duties made ready."""
    made = campaign_factories.campaign(cast.units["T"], cast.officer)
    campaign_actions.prepare_duties(made, by=cast.officer, at=now())
    return made
