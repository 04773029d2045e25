"""Things to learn by doing: Gymnasium environments over a world, with named reward terms."""

from robolab.tasks import reach
from robolab.tasks.contract import TASKS, Task
from robolab.tasks.env import TaskEnv, make_env

__all__ = ["KINDS", "TASKS", "Task", "TaskEnv", "make_env"]

KINDS = (reach,)
"""The modules that hold the tasks; importing them has registered the tasks."""
