def block(position: int, size: int) -> str:
    return f"10.{position}.0.0/{size}"
