"""A published shape: what one value may be, whoever published it. A shape may hold itself, as the APIs' do."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Field:
    """One value, or the values inside it. Lengths and sizes are of text, lists and maps; limits of numbers."""

    kind: str = "any"  # string | integer | number | boolean | list | map | object | any
    required: bool = False
    fixed: bool = False  # a change makes another resource
    read_only: bool = False
    values: tuple[str, ...] = ()  # all that is allowed
    pattern: str = ""
    least: float | None = None
    most: float | None = None
    item: "Field | None" = None  # of a list, or the values of a map
    key: "Field | None" = None  # of a map
    fields: dict[str, "Field"] = field(default_factory=dict)

    def at(self, path: str) -> "Field | None":
        """What lies at a dotted path; lists are walked through."""
        here: Field | None = self
        for part in path.split("."):
            here = here.inside() if here else None
            here = here.fields.get(part) if here else None
        return here

    def inside(self) -> "Field":
        """The object itself, or that of which it is a list."""
        here = self
        while here.kind == "list" and here.item is not None:
            here = here.item
        return here
