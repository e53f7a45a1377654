"""What is said of a runner while it is measured: from these words the window reads how far each runner is."""

from __future__ import annotations

WARMING_UP = "Warming up"
"""Before a runner's title, in the progress."""

AGAIN = ", a second time"
"""After the baseline's title where it is measured twice."""

LEFT_OUT, NO_FURTHER = "left out", "measured no further"
"""In the log, after `TITLE is` and before `: REASON`."""

WRONG_OUTPUTS = "gives wrong outputs"
"""In the log, after its title and before `: REASON`."""
