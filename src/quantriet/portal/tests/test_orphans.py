"""Files whose row was never written are taken off the disk; those of rows stay."""

import datetime as dt

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from quantriet.attendance import actions as attendance_actions
from quantriet.attendance.tests.factories import clock, make_campaign, make_class
from quantriet.kit.orphans import sweep_orphans
from quantriet.kit.time import now


def test_a_paper_without_its_row_is_swept_after_a_day(cast):
    made = make_class(cast, make_campaign(cast), ["M1"])
    paper = ContentFile(b"%PDF-1.4", name="giấy ra viện.pdf")
    excuse = attendance_actions.ask_excuse(
        made.entries["M1"], session=None, reason="Nằm viện", paper=paper, by=cast.officer, at=clock(6)
    )
    lost = default_storage.save("excuses/lost.pdf", ContentFile(b"%PDF-1.4"))
    elsewhere = default_storage.save("staged/waits", ContentFile(b"x"))
    assert sweep_orphans(at=now() + dt.timedelta(hours=23)) == 0
    assert sweep_orphans(at=now() + dt.timedelta(hours=25)) >= 1
    assert not default_storage.exists(lost)
    assert default_storage.exists(excuse.paper.name)
    assert default_storage.exists(elsewhere)
