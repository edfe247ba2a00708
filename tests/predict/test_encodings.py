"""An Arabic text is read as it was saved."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hasila.predict.encodings import INVALID, decoded, detect

ARABIC = st.lists(
    st.sampled_from(["قتل", "27", "مدنياً", "في", "حلب", "،", "NATO", "\n"]), min_size=4
).map(" ".join)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1256"])
@given(text=ARABIC.filter(lambda text: any(map(str.isalpha, text)) and "مدنياً" in text))
def test_what_was_saved_is_read(encoding: str, text: str) -> None:
    stream, _ = decoded(io.BytesIO(text.encode(encoding)))
    assert stream.read() == text


@given(st.binary(max_size=300))
def test_any_bytes_are_read(data: bytes) -> None:
    stream, encoding = decoded(io.BytesIO(data))
    text = stream.read()
    if encoding == "utf-8" and INVALID not in text:
        assert text.encode() == data


def test_a_few_bad_bytes_do_not_make_it_another_encoding() -> None:
    assert detect("نص طويل بما يكفي".encode() + b"\xff\xfe\xc7") == "utf-8"
    assert detect(bytes(range(128, 256)) * 4) == "utf-8", "no Arabic in any encoding"
