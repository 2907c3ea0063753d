"""Profiles of hypothesis, chosen by HYPOTHESIS_PROFILE; where CI is set and nothing is chosen, `ci`."""

from __future__ import annotations

import os
import secrets

import pytest
from hypothesis import HealthCheck, settings

# No deadline anywhere: a machine under load is no defect. Each setting is spelled out, because hypothesis starts from
# another default where it sees CI.
settings.register_profile(
    "dev", max_examples=50, deadline=None, derandomize=False, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True, database=None, print_blob=True)
settings.register_profile("deep", settings.get_profile("dev"), max_examples=2_000, print_blob=True)

PROFILE = os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev")
settings.load_profile(PROFILE)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # A deep run has to be repeatable: its seed is drawn here, where it can be printed. Workers of
    # pytest-xdist get it with the options of the run that started them.
    if PROFILE == "deep" and config.getoption("hypothesis_seed") is None:
        config.option.hypothesis_seed = str(secrets.randbits(32))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    # Not in the header, which -q leaves out.
    seed = config.getoption("hypothesis_seed")
    if seed is not None:
        terminalreporter.write_line(f"hypothesis profile {PROFILE}: repeat with --hypothesis-seed={seed}")
