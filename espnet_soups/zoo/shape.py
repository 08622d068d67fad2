"""Whether what was read from a JSON file has the shape that its reader counts on."""

from typing import Any


def fits(value: object, shape: Any) -> bool:
    """Check a value against a shape.

    A shape is a type or a tuple of types; a list with the shape of all items; or a mapping of keys that must be there
    to the shapes of their values, where the key ``*`` stands for all keys.
    """
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return False
        if "*" in shape:
            return all(fits(item, shape["*"]) for item in value.values())
        return all(key in value and fits(value[key], one) for key, one in shape.items())
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(item, shape[0]) for item in value)
    return isinstance(value, shape)
