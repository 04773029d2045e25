"""From a verified program to a controller's files, and back again to be sure.

An exporter is one file that enters itself in `EXPORTERS`, and its import here.
"""

from robolab.export import csv, gcode, ros2_mcap, ros2_yaml, urscript
from robolab.export.contract import EXPORTERS, Capabilities, Exporter
from robolab.export.readback import ReadBack, read_back_error
from robolab.export.replay import Motion, Replay

__all__ = [
    "EXPORTERS",
    "Capabilities",
    "Exporter",
    "Motion",
    "ReadBack",
    "Replay",
    "csv",
    "gcode",
    "read_back_error",
    "ros2_mcap",
    "ros2_yaml",
    "urscript",
]
