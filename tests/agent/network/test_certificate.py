import datetime
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.network.certificate import NAMES_MAX, parse_certificate

UTC = datetime.timezone.utc
STARTS = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def make(
    expires=datetime.datetime(2027, 1, 1, tzinfo=UTC),
    names=(),
    subject="shop.example",
    organisation="",
    usage=False,
    key=None,
):
    key = key or ec.generate_private_key(ec.SECP256R1())
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.COMMON_NAME, subject)]
    if organisation:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation))
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A CA")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(parts))
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(STARTS)
        .not_valid_after(expires)
    )
    if usage:
        builder = builder.add_extension(x509.BasicConstraints(False, None), True)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(names)), False)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


WHOLE = make(names=[x509.DNSName("shop.example"), x509.DNSName("*.shop.example")])


def test_a_certificate():
    names = [
        x509.DNSName("shop.example"),
        x509.RFC822Name("me@shop.example"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
    ]
    found = parse_certificate(make(names=names, organisation="Shop & Sons", usage=True))
    assert found.subject == "CN=shop.example, O=Shop & Sons"
    assert found.issuer == "CN=A CA"
    assert found.names == ("shop.example", "192.0.2.1", "2001:db8::1")
    assert found.starts_ms == int(STARTS.timestamp()) * 1000
    assert found.expires_ms == 1_798_761_600_000


def test_without_names_with_a_long_key_and_far_in_the_future():
    late = datetime.datetime(2123, 4, 5, 6, 7, 8, tzinfo=UTC)
    found = parse_certificate(make(expires=late, key=rsa.generate_private_key(65_537, 2048)))
    assert found.names == ()
    assert found.expires_ms == int(late.timestamp()) * 1000


def test_of_the_last_century():
    early = make().replace(b"260102030405Z", b"991231235959Z")
    assert parse_certificate(early).starts_ms == 946_684_799_000


def test_names_are_hostile_and_have_an_end():
    found = parse_certificate(
        make(subject="<b>\x1b[31m\u202e", names=[x509.DNSName(f"{n}.a") for n in range(NAMES_MAX + 9)])
    )
    assert found.subject.startswith("CN=<b>\ufffd[31m")
    assert len(found.names) == NAMES_MAX


def test_wide_characters():
    narrow, wide = b"\x0c\x0cshop.example", b"\x1e\x0c" + "shopex".encode("utf-16-be")
    assert parse_certificate(WHOLE.replace(narrow, wide, 1)).subject == "CN=shopex"


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30",
        b"\x31\x00",
        b"\x30\x00",
        b"\x30\x85\x01\x01\x01\x01\x01",
        b"\x30\x80\x00\x00",
        WHOLE[:100],
        WHOLE.replace(b"260102030405Z", b"26010203040xZ"),
        WHOLE.replace(b"\x17\x0d260102030405Z", b"\x16\x0d260102030405Z"),
        WHOLE.replace(b"260102030405Z", b"2601020304050"),
    ],
    ids=range(10),
)
def test_what_is_none(der):
    with pytest.raises(Malformed, match="not one of X"):
        parse_certificate(der)


@given(st.integers(0, len(WHOLE)), st.binary(max_size=6), st.integers(0, 6))
def test_garbage_breaks_nothing(at, inserted, removed):
    try:
        parse_certificate(WHOLE[:at] + inserted + WHOLE[at + removed :])
    except Malformed:
        return
