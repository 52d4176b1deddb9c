"""A judge serves several threads: the engine asks four at once."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from intertie_policies import testing
from intertie_policies.engine import Judge
from intertie_policies.testing import TODAY

FIXTURES = Path(__file__).parent / "fixtures"
ROUNDS = 100


def test_64_resources_at_once_give_what_they_give_one_by_one_100_times() -> None:
    nodes = [node for case in testing.load_all(FIXTURES) for node in case.nodes if node.props][::7][:64]
    assert len(nodes) == 64
    alone = [Judge(today=TODAY).resource(node) for node in nodes]
    assert any(results for results, _ in alone)
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads take turns five hundred times as often: what they share shows
    try:
        with ThreadPoolExecutor(64) as pool:
            for _ in range(ROUNDS):
                assert list(pool.map(Judge(today=TODAY).resource, nodes)) == alone
    finally:
        sys.setswitchinterval(usual)
