"""Rules about pools: each pool is judged by itself, as soon as everything about it can be seen."""

from collections.abc import Callable, Iterable, Iterator
from functools import wraps
from typing import Any

from intertie_policies.pools import POOLS, Pool, pools_in, pools_of
from intertie_policies.resources import Resource, Stack
from intertie_policies.rule import Context, Rule, Violation, rule

PoolCheck = Callable[[Pool, Context], Iterable[Violation]]


def pool_rule(id: str, subject: str, **about: Any) -> Callable[[PoolCheck], Rule]:  # noqa: A002  as in `rule`
    """Makes a rule of a function (pool, context); `about` as in `rule`.

    A pool is judged before it is made. Only one whose machines its launch template alone says is judged again with the
    whole stack, since only that shows the template.
    """

    def make(check: PoolCheck) -> Rule:
        @wraps(check)
        def each(resource: Resource, context: Context) -> Iterator[Violation]:
            for pool in pools_of(resource):
                yield from check(pool, context)

        @wraps(check)
        def templated(stack: Stack, context: Context) -> Iterator[Violation]:
            for pool in pools_in(stack):
                if pool.by_template:
                    yield from check(pool, context)

        return rule(id, subject, types=POOLS, whole=templated, **about)(each)

    return make
