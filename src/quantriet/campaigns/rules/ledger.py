"""What a duty of a running campaign must say, from what is known of its person (the proof of the ledger)."""

from __future__ import annotations

from dataclasses import dataclass

from quantriet.campaigns.rules.audience import WITHDRAWN_SENTENCE, Outcome
from quantriet.campaigns.vocab import DutyReason, DutyResult, DutyState


@dataclass(frozen=True)
class Standing:
    """State, reason and sentence of one duty."""

    state: DutyState
    reason: DutyReason
    sentence: str = ""


WITHDRAWN = Standing(DutyState.EXEMPT, DutyReason.WITHDRAWN, WITHDRAWN_SENTENCE)


def joined(voice: DutyResult | None, credit: DutyResult | None) -> Standing | None:
    """What the events and a recognition of study elsewhere say together; None when neither knows anything.

    Attended once is done; a recognition stands above every absence; taken back it says why the study is owed, until a
    class has come to a verdict.
    """
    for said in (
        voice if voice and voice.state == DutyState.DONE else None,
        credit if credit and credit.state == DutyState.DONE else None,
        voice if voice and voice.reason != DutyReason.NOT_YET else None,
        credit,
    ):
        if said is not None:
            return Standing(said.state, said.reason, said.sentence[:400])
    return None


def standing(wanted: Outcome | None, said: Standing | None, *, was: str) -> Standing:
    """The one right standing of a duty; `wanted` is what the audience makes of the person, None outside of it.

    What was done stays done, though its person has left the audience or become exempt since; what came to an exempt
    person changes nothing as long as the exemption lasts (`was` is the state the last line of the journal gave).
    """
    if said is not None and said.state == DutyState.DONE and was == DutyState.DONE:
        return said
    if wanted is None:
        return WITHDRAWN
    if wanted.state == DutyState.EXEMPT:
        return Standing(wanted.state, wanted.reason, wanted.sentence[:400])
    return said or Standing(DutyState.OWING, DutyReason.NOT_YET)
