import pytest

from robolab.core.errors import UnknownName
from robolab.core.registry import Registry


def test_unknown_name_lists_the_valid_ones_and_the_nearest() -> None:
    registry: Registry[int] = Registry("sensor")
    registry.register("camera")(1)
    registry.register("encoder")(2)
    with pytest.raises(UnknownName, match=r"did you mean 'camera'.*camera, encoder"):
        registry.get("camra")


def test_a_name_is_registered_once() -> None:
    registry: Registry[int] = Registry("sensor")
    registry.register("camera")(1)
    with pytest.raises(ValueError, match="twice"):
        registry.register("camera")(2)
    assert registry.names() == ("camera",)
