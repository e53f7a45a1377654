"""Where the tests find the checkout and what they are run on: named once, so that a test can lie in any folder."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "resources" / "demo"
ICONS = ROOT / "resources" / "icons"
FIXTURES = ROOT / "tests" / "fixtures"
MODELS = FIXTURES / "models"
"""Model files of users."""
FAILURES = MODELS / "failures"
"""Models that cannot be exported, or not rightly: one for each kind of trouble that is explained."""
WORKER_FIXTURES = FIXTURES / "worker"
"""Models that misbehave in a worker, and what runs in one."""
