"""Which channels a notice takes to one receiver."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from quantriet.notify.rules.times import Quiet
from quantriet.notify.vocab import RINGING, DigestPace, NoticeChannel, NoticeGroup, NotificationKind

# What holds until a person chooses: a text message costs the office money and is for who has nothing else.
DEFAULT = frozenset({NoticeChannel.MAIL, NoticeChannel.PUSH, NoticeChannel.ZALO})


@dataclass(frozen=True)
class Wishes:
    """What one receiver has chosen; the defaults are those of whoever has chosen nothing."""

    chosen: Mapping[NoticeGroup, frozenset[NoticeChannel]] = field(default_factory=dict)
    quiet: Quiet | None = None
    quiet_mail: bool = False
    pace: DigestPace = DigestPace.AT_ONCE
    digest_hour: int = 7
    digest_weekday: int = 0

    def wants(self, group: NoticeGroup, channel: NoticeChannel) -> bool:
        return channel in self.chosen.get(group, DEFAULT)

    def is_quiet_for(self, channel: NoticeChannel) -> bool:
        """Whether the quiet hours concern this channel."""
        return channel in RINGING or self.quiet_mail


def channels_for(
    kind: NotificationKind, wishes: Wishes, *, reachable: Collection[NoticeChannel], has_inbox: bool
) -> list[NoticeChannel]:
    """The channels in their order: reachable, allowed by the kind, wanted by the person.

    Whoever can read no inbox and is reached by nothing else gets a text message, if there is a number.
    """
    open_to = [channel for channel in NoticeChannel if channel in reachable and channel in kind.channels]
    taken = [channel for channel in open_to if wishes.wants(kind.group, channel)]
    if not taken and not has_inbox and NoticeChannel.SMS in open_to:
        return [NoticeChannel.SMS]
    return taken
