"""A pipeline's namespace is its own: no component that is installed beside it lives there."""

import pytest

from intertie.workload.components import table
from support.pipelines import only_problem, pipeline

NAMESPACES = sorted({component.namespace for component in table()})


def test_there_are_components() -> None:
    assert "keda" in NAMESPACES


@pytest.mark.parametrize("name", NAMESPACES)
def test_a_pipeline_is_not_called_like_the_namespace_of_a_component(name: str) -> None:
    found = only_problem(pipeline(name=name))
    assert (found.path, found.found) == ("name", name)
