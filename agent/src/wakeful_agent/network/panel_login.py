"""Logging in to a Pterodactyl panel as its page does (Laravel Sanctum): session cookie, CSRF token, remember cookie.

Every answer brings new values of the cookies, so that requests go one after the other. The panel allows ten logins a
minute for everybody together, and locks an address out after five wrong passwords: a wrong password is tried once and
never again (over restarts too, see `refusals`), a refused CSRF token once more, a login that was not judged at all a
minute later at the earliest.
"""

from __future__ import annotations

import json
import threading
from time import monotonic, time

from wakeful_agent.network import panel_answer as answers
from wakeful_agent.network.allowance import told_seconds
from wakeful_agent.network.cookies import Cookies
from wakeful_agent.network.panel_answer import PanelError
from wakeful_agent.network.refusals import Refusals, Tried

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Mapping

    from wakeful_agent.network.fetch import Fetched

    Ask = Callable[[str, str, Mapping[str, str], bytes], Fetched]

LOGIN_SECONDS_MIN = 60.0
_CSRF_COOKIE = "XSRF-TOKEN"
_REMEMBER = "remember_web_"
_KEY = "use a client API key (key_file) instead: Account, API credentials in the panel"


class Login:
    """One account, logged in when first needed; `ask` makes one request with these headers and returns any answer.

    `kept` is the file that knows over restarts which passwords were refused; empty where nothing is to be kept.
    """

    def __init__(self, ask: Ask, url: str, user: str, password: str, kept: str = "") -> None:
        self._ask = ask
        self._url = url
        self._user = user
        self._password = password
        self._cookies = Cookies()
        self._lock = threading.Lock()
        self._inside = False
        self._again_at = 0.0
        self._refused: PanelError | None = None
        self._refusals = Refusals(kept, url, user, password)
        self._recalled = False
        self._forgiven = False

    def call(self, method: str, path: str, body: bytes) -> Fetched:
        """Return the answer to a request of the logged-in account; raise PanelError when that is not to be had."""
        with self._lock:
            if not self._inside:
                self._sign_in()
            found = self._request(method, path, body)
            if found.status == 419:
                self._refresh_csrf()
                found = self._request(method, path, body)
            if found.status == 401:
                found = self._after_loss(method, path, body)
            return found

    def out(self) -> None:
        """Log out; an account that cannot be reached any more is left as it is."""
        with self._lock:
            if self._inside:
                self._inside = False
                try:
                    self._request("POST", "/auth/logout", b"")
                except PanelError:
                    self._cookies.forget()

    def forgive(self) -> None:
        """Try once more what was refused, a minute after the last time at the earliest: a person says so."""
        self._forgiven = True

    def _after_loss(self, method: str, path: str, body: bytes) -> Fetched:
        """Come back after the session was lost: by the remember cookie, without a password, or by logging in."""
        if self._cookies.only(_REMEMBER):
            back = self._request("GET", "/api/client/account", b"", {"Referer": f"{self._url}/"})
            if back.status == 200:
                self._refresh_csrf()
                return self._request(method, path, body)
        self._inside = False
        self._sign_in()
        return self._request(method, path, body)

    def _recall(self) -> None:
        """Take up what is known from before this start, and what was forgiven since."""
        found = None if self._recalled else self._refusals.recall()
        self._recalled = True
        if found is not None:
            passed = abs(time() - found.at_ms / 1000)
            self._again_at = monotonic() + max(0.0, LOGIN_SECONDS_MIN - passed)
            if found.refused:
                sentence = "the panel refused user and password before this start; they are not tried again"
                self._refused = PanelError(answers.PASSWORD, f"{sentence} until they change or the agent is reloaded")
        if self._forgiven:
            self._forgiven, self._refused = False, None

    def _sign_in(self) -> None:
        self._recall()
        if self._refused is not None:
            raise self._refused
        wait = self._again_at - monotonic()
        if wait > 0:
            raise PanelError(answers.LIMITED, f"the next login is tried in {wait:.0f} s", wait)
        self._again_at = monotonic() + LOGIN_SECONDS_MIN
        self._cookies.forget()
        self._refresh_csrf()
        self._note(refused=False)
        found = self._log_in()
        if found.status == 419:
            self._refresh_csrf()
            found = self._log_in()
        self._judge(found)
        self._inside = True

    def _log_in(self) -> Fetched:
        body = json.dumps({"user": self._user, "password": self._password}).encode("utf-8")
        return self._request("POST", "/auth/login", body)

    def _judge(self, found: Fetched) -> None:
        """Raise PanelError unless the account is logged in; what will not become better is kept and told again."""
        said = answers.detail_of(found.body)
        if found.status == 200:
            data = answers.parse_answer(found.body).get("data")
            if isinstance(data, dict) and data.get("complete") is True:
                self._refusals.forget()
                return
            self._refuse(answers.TWO_FACTOR, f"the account wants a code of two-factor authentication; {_KEY}")
        if found.status == 400 and "captcha" in said.lower():
            self._refuse(answers.CAPTCHA, f"the panel wants a captcha at login, which no program can give; {_KEY}")
        if found.status in {400, 422}:
            self._refuse(answers.PASSWORD, f'the panel refuses user and password: "{said}"; they are not tried again')
        if found.status in {404, 405} or 300 <= found.status < 400:
            self._refuse(answers.NO_LOGIN, f"the panel has no login for programs (Pelican has none); {_KEY}")
        error = answers.error_of(found.status, found.body, "to log in")
        if error.code == answers.LIMITED:
            error.retry_seconds = told_seconds(found.headers, said, time())
            self._again_at = max(self._again_at, monotonic() + error.retry_seconds)
        raise error

    def _note(self, refused: bool) -> None:
        self._refusals.note(Tried(round(time() * 1000), refused))

    def _refuse(self, code: str, sentence: str) -> None:
        if code == answers.PASSWORD:
            self._note(refused=True)
        else:
            self._refusals.forget()
        self._refused = PanelError(code, sentence)
        raise self._refused

    def _refresh_csrf(self) -> None:
        found = self._request("GET", "/sanctum/csrf-cookie", b"")
        if found.status in {404, 405}:
            self._refuse(answers.NO_LOGIN, f"the panel has no login for programs (Pelican has none); {_KEY}")
        if not self._cookies.value(_CSRF_COOKIE):
            raise answers.error_of(found.status, found.body, "for its CSRF cookie")

    def _request(self, method: str, path: str, body: bytes, more: Mapping[str, str] | None = None) -> Fetched:
        from urllib.parse import unquote

        headers = dict(more or {})
        cookies = self._cookies.header()
        if cookies:
            headers["Cookie"] = cookies
        if method != "GET":
            headers["X-XSRF-TOKEN"] = unquote(self._cookies.value(_CSRF_COOKIE))
        found = self._ask(method, path, headers, body)
        self._cookies.take(found.headers.get("set-cookie", ""))
        return found
