"""Copies of what a placement needs and cannot fetch on the day when a cloud has failed.

    tasks.py      which copies, from the plans alone
    tools.py      how each is made: commands of well-known tools
    run.py        makes them through a port, and records what was made

Nothing here opens a connection: the tools do, and only when `intertie replicate --run` says so.
"""

from intertie.replication.run import Evidence, Runner, make, record
from intertie.replication.tasks import Kind, Task, tasks

__all__ = ["Evidence", "Kind", "Runner", "Task", "make", "record", "tasks"]
