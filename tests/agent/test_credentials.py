import pytest

from wakeful_agent.credentials import LOGIN, Login, dial, login
from wakeful_agent.host.errors import Absent, Denied, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.network.targets import parse_target
from wakeful_agent.service import Answered, ServiceMeter


class Shop(ServiceMeter):
    """Has options for a login."""

    name = "shop"
    options = (*ServiceMeter.options, *LOGIN)

    def ask(self, host, target, now_ms):
        return Answered()


def shop(**options):
    meter = Shop()
    meter.configure(options)
    return meter


@pytest.fixture
def host(tmp_path):
    for name in ("own", "other", "open"):
        (tmp_path / name).write_text(f"{name} secret\n")
        (tmp_path / name).chmod(0o644 if name == "open" else 0o600)
    return Host(str(tmp_path))


def test_a_targets_own_words_come_before_the_meters_options(host):
    meter = shop(user="wakeful", password_file="/own")
    assert login(meter, host, parse_target("a:1")) == Login("wakeful", "own secret")
    assert login(meter, host, parse_target("x=a:1 user=boss password_file=/other")) == Login("boss", "other secret")
    assert login(shop(), host, parse_target("a:1")) == Login("", "")
    assert login(shop(password="told"), host, parse_target("a:1")) == Login("", "told")


def test_what_is_wrong_with_a_password_is_said_without_it(host):
    with pytest.raises(Denied, match="open to others"):
        login(shop(password_file="/open"), host, parse_target("a:1"))
    with pytest.raises(Absent):
        login(shop(), host, parse_target("a:1 password_file=/none"))
    with pytest.raises(Malformed) as raised:
        login(shop(), host, parse_target("a:1 password=hunter2"))
    assert "hunter2" not in str(raised.value)


def test_what_was_read_is_concealed(host):
    meter = shop()
    login(meter, host, parse_target("a:1 password_file=/other"))
    assert meter.concealment.text("it said: other secret!") == "it said: [secret]!"


def test_a_door_is_plain_or_has_tls(served, certificate):
    heard = []

    def serve(channel):
        heard.append(channel.recv(100))
        channel.sendall(b"well\n")

    places = {
        "unix": served(serve, "unix").address,
        "tcp": served(serve).address,
        "tls": f"tls://{served(serve, 'tls').address}",
    }
    meter = shop(ca_file=str(certificate / "cert.pem"))
    for kind, address in places.items():
        with dial(meter, parse_target(address), 1, 2) as dialogue:
            dialogue.send(kind.encode())
            assert dialogue.line() == b"well\n"
    assert heard == [b"unix", b"tcp", b"tls"]
    own = parse_target(f"{places['tls']} ca_file={certificate / 'cert.pem'}")
    with dial(shop(), own, 1, 2) as dialogue:
        dialogue.send(b"own")
        assert dialogue.line() == b"well\n"


def test_the_port_is_the_usual_one_where_none_is_named():
    assert dial(shop(), parse_target("db.example"), 6379, 2).place.text == "db.example:6379"
    assert dial(shop(), parse_target("tls://db.example"), 6379, 2).place.text == "db.example:6379"
    with pytest.raises(Malformed):
        dial(shop(), parse_target("ftp://db.example"), 6379, 2)
