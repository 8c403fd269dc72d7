import pytest

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.resp import REPLY_BYTES_MAX, call, command, log_in


@pytest.fixture
def said(answered):
    """Ask somebody who answers with the given bytes, whatever was asked."""

    def ask(answer, question=lambda dialogue: call(dialogue, "PING")):
        with Dialogue(answered(answer).address, 2) as dialogue:
            return question(dialogue)

    return ask


def test_words_are_counted_so_that_none_is_another_command():
    assert command("AUTH", "x\r\nFLUSHALL\r\n", "\u00e9") == (
        b"*3\r\n$4\r\nAUTH\r\n$13\r\nx\r\nFLUSHALL\r\n\r\n$2\r\n\xc3\xa9\r\n"
    )


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"+PONG\r\n", "PONG"),
        (b":12\r\n", "12"),
        (b"$7\r\na\r\nb:\xff\n\r\n", "a\r\nb:\ufffd\n"),
        (b"$0\r\n\r\n", ""),
        (b"=9\r\ntxt:a:b\r\n\r\n", "a:b\r\n"),
    ],
)
def test_replies_of_every_kind_a_question_can_have(said, answer, text):
    assert said(answer) == text


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (b"-NOAUTH Authentication required.\r\n", Denied, "NOAUTH Authentication required"),
        (b"-WRONGPASS invalid username-password pair or user is disabled.\r\n", Denied, "WRONGPASS"),
        (b"-NOPERM this user has no permissions to run the 'info' command\r\n", Denied, "NOPERM"),
        (b"-DENIED Redis is running in protected mode\r\n", Denied, "protected mode"),
        (b"-ERR unknown command\x1b[2J\r\n", HostError, "unknown command\ufffd"),
        (b"-MISCONF " + b"x" * 5000 + b"\r\n", HostError, "MISCONF"),
        (b"HTTP/1.1 400 Bad Request\r\n", Malformed, "does not speak redis' protocol: 'HTTP/1.1"),
        (b"*1\r\n$1\r\na\r\n", Malformed, "does not speak"),
        (b"$-1\r\n", Malformed, "'-1' bytes"),
        (b"$" + b"9" * 40 + b"\r\n", Malformed, "is not taken"),
        (b"$" + b"0" * 20 + b"9" * 20 + b"\r\n", Malformed, "is not taken"),
        (b"$%d\r\n" % (REPLY_BYTES_MAX + 1), Malformed, "is not taken"),
        (b"$50\r\nshort", HostError, "closed the connection before"),
        (b"", HostError, "closed the connection before"),
        (b"x" * 70_000, Malformed, "more than 65536 bytes"),
    ],
)
def test_everything_else_is_an_error_with_a_sentence(said, answer, error, words):
    with pytest.raises(error) as raised:
        said(answer)
    assert words in str(raised.value)
    assert isinstance(raised.value, Denied) is (error is Denied)
    assert len(str(raised.value)) < 300


def test_a_login_that_nobody_wants_is_no_harm(said):
    said(b"-ERR AUTH <password> called without any password configured for the default user.\r\n", login)
    said(b"-ERR Client sent AUTH, but no password is set\r\n", login)
    said(b"+OK\r\n", login)
    said(b"-NOAUTH nobody asks\r\n", lambda dialogue: log_in(dialogue, "wakeful", ""))
    with pytest.raises(Denied):
        said(b"-ERR invalid password\r\n", login)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"-ERR unknown command 'AUTH', with args beginning with: 'wakeful' 'secret' \r\n", HostError),
        (b"-WRONGPASS invalid: secret\r\n", Denied),
        (b"-secret\r\n", HostError),
        (b"secret\r\n", Malformed),
        (b"$secret\r\n", Malformed),
    ],
)
def test_what_repeats_the_password_is_not_told_on(said, answer, error):
    with pytest.raises(error) as raised:
        said(answer, login)
    assert "secret" not in str(raised.value)
    assert isinstance(raised.value, Denied) is (error is Denied)


def login(dialogue):
    log_in(dialogue, "wakeful", "secret")


def test_user_and_password_are_sent_and_without_a_user_the_password_alone(answered):
    end = answered(b"+OK\r\n")
    for user in ("wakeful", ""):
        with Dialogue(end.address, 2) as dialogue:
            log_in(dialogue, user, "secret")
    assert end.asked == [command("AUTH", "wakeful", "secret"), command("AUTH", "secret")]
