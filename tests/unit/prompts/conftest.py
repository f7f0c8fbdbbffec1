"""Hypothesis without a stop-watch: how long an example takes depends on who else uses the machine."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile("shared_machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared_machine")
