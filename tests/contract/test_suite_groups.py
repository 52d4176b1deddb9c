"""Tests that share something costly stay on one worker: the distribution takes notice of their group."""

import os

import pytest


@pytest.mark.xdist_group("kept-together")
def test_a_group_is_part_of_what_the_workers_are_given_by(request: pytest.FixtureRequest) -> None:
    distributed = "PYTEST_XDIST_WORKER" in os.environ
    assert request.node.nodeid.endswith("@kept-together") == distributed
