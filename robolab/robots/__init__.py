"""Robots and tools: descriptions, limits, kinematics and dynamics."""

from robolab.robots.build import load_robot, names_of
from robolab.robots.model import RobotModel
from robolab.robots.spec import ROBOT_FILE, TOOL_FILE

__all__ = ["RobotModel", "load_robot", "robot_names", "tool_names"]


def robot_names() -> tuple[str, ...]:
    """Names of the robots that robolab ships."""
    return names_of(ROBOT_FILE)


def tool_names() -> tuple[str, ...]:
    """Names of the tools that robolab ships."""
    return names_of(TOOL_FILE)
