"""Sensors: what can be measured in a world, with noise, rates and delays."""

from robolab.sensors import (
    finger_pad,
    finger_pressure,
    fingertip,
    force_torque,
    joint_encoder,
    motor_current,
    rgbd,
    vacuum_pressure,
)
from robolab.sensors.contract import SENSORS, Sensor
from robolab.sensors.suite import SensorSuite, attach

__all__ = ["SENSORS", "Sensor", "SensorSuite", "attach", "KINDS"]

KINDS = (
    finger_pad,
    finger_pressure,
    fingertip,
    force_torque,
    joint_encoder,
    motor_current,
    rgbd,
    vacuum_pressure,
)
"""The modules that hold the sensor types; importing them has registered the types."""
