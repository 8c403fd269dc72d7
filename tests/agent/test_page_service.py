import pytest

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.network.place import parse_url
from wakeful_agent.page_service import PageMeter, authorization
from wakeful_agent.service import Answered


class Plain(PageMeter):
    """Reads pages and makes nothing of them."""

    name = "plain"

    def ask(self, host, target, now_ms):
        return Answered([("plain.size", {}, float(len(self.page(host, target.address, most=1000).body)))])


@pytest.fixture
def secrets(tmp_path):
    (tmp_path / "etc").mkdir()
    for name, text, mode in (("basic", "me:geheim", 0o600), ("token", "abc123", 0o600), ("open", "me:geheim", 0o644)):
        (tmp_path / "etc" / name).write_text(text + "\n")
        (tmp_path / "etc" / name).chmod(mode)
    return Host(str(tmp_path))


def test_a_page_and_what_is_none(paged):
    url = paged({"/a": "hello", "/b": 401, "/c": 403, "/d?token=geheim": 500})
    meter, host = Plain(), Host("/nowhere")
    assert meter.page(host, url + "/a").body == b"hello"
    for path in ("/b", "/c"):
        with pytest.raises(Denied):
            meter.page(host, url + path)
    with pytest.raises(HostError, match="/d answers with status 500") as told:
        meter.page(host, url + "/d?token=geheim")
    assert "geheim" not in str(told.value)


def test_a_page_of_a_unix_socket(paged):
    address = paged({"/a": "hello"}, "unix")
    assert Plain().page(Host("/nowhere"), "http://local/a", address[len("unix:") :]).body == b"hello"


def test_a_secret_goes_to_its_place_alone(secrets):
    lines = ["http://a.example=/etc/basic", "https://a.example:8443=/etc/token"]
    asked = {
        url: authorization(secrets, lines, parse_url(url))
        for url in (
            "http://a.example/x",
            "http://a.example:80/",
            "https://a.example:8443/",
            "http://b.example/",
            "https://a.example/",
        )
    }
    basic, token = {"Authorization": "Basic bWU6Z2VoZWlt"}, {"Authorization": "Bearer abc123"}
    assert list(asked.values()) == [basic, basic, token, {}, {}]


@pytest.mark.parametrize("line", ["", "/etc/basic", "http://a=etc/basic", "ftp://a=/etc/basic"])
def test_a_line_that_is_none(secrets, line):
    with pytest.raises(Malformed):
        authorization(secrets, [line], parse_url("http://a/"))


def test_a_secret_that_others_may_read_is_not_used(secrets):
    with pytest.raises(Denied):
        authorization(secrets, ["http://a=/etc/open"], parse_url("http://a/"))


def test_the_secret_is_sent_and_told_to_nobody(secrets, answered):
    end = answered(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
    meter = Plain()
    meter.configure({"targets": [f"http://{end.address}/"], "credentials": [f"http://{end.address}=/etc/basic"]})
    reading = meter.read(secrets, 0)
    assert b"Authorization: Basic bWU6Z2VoZWlt" in end.asked[0]
    assert "geheim" not in repr(reading)
    assert "bWU6Z2VoZWlt" not in repr(reading)


def test_a_page_too_long_costs_its_target(paged):
    meter = Plain()
    url = paged({"/long": "x" * 2000, "/short": "x"})
    meter.configure({"targets": [f"a={url}/long", f"b={url}/short"]})
    assert [row["state"] for row in meter.read(Host("/nowhere"), 0).inventories["plain"]] == ["down", "up"]


def test_a_server_that_repeats_the_secret_tells_nobody(secrets, answered):
    def echo(asked):
        word = asked.split(b"Authorization: ")[1].split(b"\r\n")[0].split(b" ")[1]
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s me:geheim" % (len(word) + 10, word)

    class Chatty(Plain):
        def ask(self, host, target, now_ms):
            said = self.page(host, target.address).body.decode()
            if "?" in target.address:
                raise HostError(f"it says {said}")
            return Answered([("plain.size", {"name": said}, 1.0)], {"names": [said]})

    end = answered(echo)
    meter = Chatty()
    url = f"http://{end.address}"
    meter.configure({"targets": [f"{url}/", f"{url}/?x"], "credentials": [f"{url}=/etc/basic"]})
    reading = meter.read(secrets, 0)
    assert len(end.asked) == 2
    assert "geheim" not in repr(reading)
    assert "bWU6Z2VoZWlt" not in repr(reading)
    assert "[secret]" in repr(reading)
    assert "geheim" not in repr(meter.probe(secrets))
