"""Background work of the register."""

from quantriet.kit.jobs import background
from quantriet.kit.time import now
from quantriet.library import actions
from quantriet.library.actions import masters, materials, publication


@background
def sweep_staged_job() -> None:
    actions.sweep_staged(at=now())


@background
def follow_lifecycles_job() -> None:
    """Documents whose replacement, amendment or end has come change their status by themselves."""
    actions.follow_lifecycles(at=now())


@background
def publish_due_masters_job() -> None:
    """Study masters whose hour has come are published, also those whose hour passed while the machine was off."""
    masters.publish_due_masters(at=now())


@background
def alert_publication_job() -> None:
    """Registers are told once a day which of their documents are due or overdue for publication (R-016)."""
    publication.alert_publication(at=now())


@background
def make_material_job(material_id: int) -> None:
    """The files of one product are made (R-119)."""
    materials.make_material(material_id, at=now())
