"""What a simulated cloud answers when it does not do what it was asked."""

from dataclasses import dataclass
from typing import Any

from intertie.errors import OutsideError


class LabError(OutsideError):
    """The lab itself is not in order: a table of it is wrong, or its world cannot be read."""


@dataclass
class CloudError(Exception):
    """A refusal. Nothing was made or changed, unless a subclass says so."""

    code: str  # the cloud's own: InsufficientInstanceCapacity
    message: str
    status: str = "FAILED_PRECONDITION"  # gRPC code

    def __str__(self) -> str:
        return self.message


@dataclass
class NotHealthyError(CloudError):
    """It was made (or changed), but did not come up. It stays, and the engine is told so."""

    id: str = ""
    outputs: dict[str, Any] | None = None
    inputs: dict[str, Any] | None = None


@dataclass
class LostAnswerError(CloudError):
    """It was made, and the answer never arrived: nobody who asked knows of it."""

    status: str = "UNKNOWN"
