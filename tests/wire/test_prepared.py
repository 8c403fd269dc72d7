import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_wire.packing import inflate, pack
from wakeful_wire.prepared import Prepared

TEXTS = st.text() | st.sampled_from(["prepared", "prepared-", '"prepared"', "\\", '"'])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS, lambda one: st.lists(one) | st.dictionaries(TEXTS, one)
)


def test_a_document_of_pieces_is_known_by_its_text():
    made = Prepared(['{"rows": [', "[1, 2]", ",[3, 4]", "]}"])
    text = '{"rows": [[1, 2],[3, 4]]}'
    assert made.text() == text
    assert made.size == len(text)
    assert made.digest == hashlib.sha256(text.encode()).hexdigest()[:32]
    assert made.document() == {"rows": [[1, 2], [3, 4]]}
    assert made.digest != Prepared(['{"rows": []}']).digest


def test_what_is_no_ascii_is_refused():
    with pytest.raises(UnicodeEncodeError):
        Prepared(['"\u00e9"'])


@given(JSON, st.lists(JSON, max_size=3))
def test_a_push_with_prepared_documents_is_the_push_with_the_documents(around, documents):
    def push(bodies):
        return {"around": around, "bodies": dict(enumerate(bodies)), "after": ["prepared", around]}

    prepared = [Prepared([json.dumps(document)]) for document in documents]
    assert json.loads(inflate(pack(push(prepared)))) == json.loads(json.dumps(push(documents)))


def test_what_json_does_not_know_is_refused_by_its_kind():
    with pytest.raises(TypeError, match="JSON knows no set"):
        pack({"a": {1, 2}})
