"""What runs by itself."""

from quantriet.campaigns.jobs import follow_audiences_job
from quantriet.config.schedule import schedule


def test_running_campaigns_follow_their_people_by_themselves():
    assert follow_audiences_job in [one.job for one in schedule()]
