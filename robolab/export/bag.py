"""ROS 2 messages in an MCAP file, without ROS."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

# The oldest distribution that still has all message types used here; newer ones read its files.
_STORE = Stores.ROS2_HUMBLE

Stamped = tuple[int, str, Any]


@cache
def typestore() -> Typestore:
    """The message types, by name: `typestore().types["std_msgs/msg/Bool"]`."""
    return get_typestore(_STORE)


def mcap_bytes(messages: Iterable[Stamped]) -> bytes:
    """Serialise messages into one MCAP file.

    Args:
        messages: Log time [ns], topic and message, in order of time.
    """
    store = typestore()
    with tempfile.TemporaryDirectory() as scratch:
        bag = Path(scratch) / "bag"
        writer = Writer(bag, version=9, storage_plugin=StoragePlugin.MCAP)
        writer.set_compression(CompressionMode.STORAGE, CompressionFormat.ZSTD)
        with writer:
            connections: dict[str, Any] = {}
            for stamp, topic, message in messages:
                kind = message.__msgtype__
                if topic not in connections:
                    connections[topic] = writer.add_connection(topic, kind, typestore=store)
                writer.write(connections[topic], stamp, store.serialize_cdr(message, kind))
        return (bag / "bag.mcap").read_bytes()
