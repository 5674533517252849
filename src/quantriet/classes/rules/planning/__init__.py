"""The plan of a whole campaign: people over sessions, halls and reporters, with reasons (R-043, R-051, R-052, B-09).

`problem` states it in counts, `flow` has what a network can hold, `solving` the rest, `collisions` why there is no plan,
`checking` what is wrong with one, however it was made, `drifting` whether its people still wait, `wanting` what is told of
reporters before. Decision 0023 tells why it is cut so.
"""

from quantriet.classes.rules.planning.checking import Conflict, conflicts, cost_of, moved_people
from quantriet.classes.rules.planning.collisions import Collision, find_collision, told
from quantriet.classes.rules.planning.drifting import Drift, drift
from quantriet.classes.rules.planning.problem import (
    Demand,
    Group,
    Hall,
    Office,
    Plan,
    Problem,
    Slot,
    Speaker,
    Weights,
)
from quantriet.classes.rules.planning.solving import Answer, Progress, solve
from quantriet.classes.rules.planning.wanting import NO_REPORTER, least_classes, want_of_reporters

__all__ = [
    "NO_REPORTER",
    "Answer",
    "Collision",
    "Conflict",
    "Demand",
    "Drift",
    "Group",
    "Hall",
    "Office",
    "Plan",
    "Problem",
    "Progress",
    "Slot",
    "Speaker",
    "Weights",
    "conflicts",
    "cost_of",
    "drift",
    "find_collision",
    "least_classes",
    "moved_people",
    "solve",
    "told",
    "want_of_reporters",
]
