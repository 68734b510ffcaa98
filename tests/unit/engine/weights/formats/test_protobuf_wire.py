from __future__ import annotations

import numpy as np
import pytest

from dcsm_viewer.engine.weights.formats import protobuf_wire
from dcsm_viewer.engine.weights.formats.protobuf_wire import InvalidMessageError, fields, unpacked_floats, varint


@pytest.mark.parametrize(
    ("data", "value"), [(b"\x00", 0), (b"\x96\x01", 150), (b"\xff" * 9 + b"\x01", 2**64 - 1), (b"\x80\x80\x01", 16384)]
)
def test_that_varints_are_read_as_the_format_says(data: bytes, value: int) -> None:
    assert varint(memoryview(data), 0) == (value, len(data))


def test_that_every_wire_type_is_split_into_number_and_payload() -> None:
    message = memoryview(b"\x08\x96\x01" + b"\x12\x02hi" + b"\x1d\x01\x02\x03\x04" + b"\x21" + bytes(range(8)))

    found = [(field.number, field.wire_type, field.value, bytes(field.payload)) for field in fields(message)]

    assert found == [
        (1, 0, 150, b""),
        (2, 2, 0, b"hi"),
        (3, 5, 0, b"\x01\x02\x03\x04"),
        (4, 1, 0, bytes(range(8))),
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"\x08",
        b"\x08\x80",
        b"\x08" + b"\xff" * 11,
        b"\x12\x05hi",
        b"\x1d\x01",
        b"\x0b",
        b"\x00\x00",
        b"\x12\xff\xff\xff\x7f",
    ],
    ids=["no value", "cut varint", "endless varint", "cut bytes", "cut float", "group", "number 0", "huge length"],
)
def test_that_bytes_that_are_no_message_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidMessageError):
        list(fields(memoryview(data)))


def test_that_a_run_of_floats_ends_where_another_field_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protobuf_wire, "_RUN_VALUES", 3)  # so that the run spans several pieces
    values = np.arange(8, dtype="<f4")
    run = b"".join(b"\x2d" + value.tobytes() for value in values)

    found, behind = unpacked_floats(memoryview(b"\x08\x01" + run + b"\x30\x05\x00\x00\x00"), 2)

    np.testing.assert_array_equal(found, values)
    assert behind == 2 + len(run)


def test_that_a_float_cut_off_at_the_end_is_refused() -> None:
    with pytest.raises(InvalidMessageError):
        unpacked_floats(memoryview(b"\x2d\x00\x00"), 0)
