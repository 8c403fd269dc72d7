"""`wakeful-agent update`: take a newer release where the local file lets it, and go back when it does not do."""

from __future__ import annotations

import os
import sys

from wakeful_agent import bootstrap
from wakeful_agent.cli.exits import CHANGES_PENDING, FAILURE, OK, REFUSED, USAGE
from wakeful_agent.cli.place import complain, complain_of, here
from wakeful_agent.config import ConfigErrors
from wakeful_agent.config.identity import load_identity
from wakeful_agent.host.files import Host
from wakeful_agent.update import origin, taking
from wakeful_agent.update.home import Busy, Home
from wakeful_agent.update.manifest import NotFit, is_newer

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from wakeful_agent.bootstrap import Place
    from wakeful_agent.config import Config
    from wakeful_agent.update.manifest import Tarball

NEVER, ASK, AUTO = "never", "ask", "auto"
SYSTEM_HOME = "/opt/wakeful-agent"


class Refused(Exception):
    """The local file does not let it; the text names the line that would."""


def main(chosen: argparse.Namespace) -> int:
    """Look for a release, and take it where that is wanted and permitted."""
    os.umask(0o022)
    place = here()
    try:
        config = bootstrap.read_config(place).config
        return _update(chosen, place, config)
    except ConfigErrors as errors:
        complain_of(errors)
        return USAGE
    except Refused as error:
        complain(str(error))
        return REFUSED
    except (NotFit, Busy) as error:
        complain(str(error))
        return FAILURE
    except OSError as error:
        complain(f"the release could not be taken: {error}. The one that runs was not touched")
        return FAILURE


def _update(chosen: argparse.Namespace, place: Place, config: Config) -> int:
    home = Home(chosen.home or _home(place))
    current = home.version("current")
    if not current:
        raise NotFit(f"{home.folder} holds no agent that install.sh put there; packages update it in their own way")
    site = taking.Site(home, place.folders, Host(place.root), lambda text: print(text, flush=True))
    if not chosen.check and home.is_left_on_trial():
        with home.locked():
            taking.mend(site)
        current = home.version("current")
    if config.update_key is None:
        raise Refused(f'no release is taken without a key: write [update] key = "..." into {place.folders.file}')
    source = _origin(chosen, place, config)
    found = origin.find_release(source, config.update_key, os.uname().machine)
    if not is_newer(found.version, current):
        print(f"release {current} is the newest; {source.place} has {found.version}")
        return OK
    print(f"release {found.version} is there, {current} runs here", flush=True)
    if chosen.check:
        return CHANGES_PENDING
    if not _may(chosen, place, config, home, found):
        return CHANGES_PENDING
    with home.locked():
        taking.mend(site)
        stayed = taking.take(site, source, found, chosen.wait)
    print(f"release {found.version} runs, and the collector accepts its pushes" if stayed else "nothing has changed")
    return OK if stayed else FAILURE


def _may(chosen: argparse.Namespace, place: Place, config: Config, home: Home, found: Tarball) -> bool:
    """Tell whether the release is to be taken now; raise Refused where the file takes none."""
    if config.update_allow == NEVER:
        raise Refused(
            f"this machine takes no release by itself: {place.folders.file} does not let it. To be asked each time, "
            'write there: [update] allow = "ask"'
        )
    if chosen.yes:
        return True
    if config.update_allow == AUTO:
        if home.word("failed") == found.version:
            print(f"release {found.version} failed here before and is not tried again by itself; --yes tries it")
            return False
        return True
    if not sys.stdin.isatty():
        print("agent.toml wants a person to say yes: run `wakeful-agent update` at a terminal, or give --yes")
        return False
    try:
        return input("take it? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        print()
        return False


def _home(place: Place) -> str:
    if os.getuid() == 0:
        return SYSTEM_HOME
    return os.path.join(place.environ.get("HOME") or "/", ".local/opt/wakeful-agent")


def _origin(chosen: argparse.Namespace, place: Place, config: Config) -> origin.Origin:
    if chosen.origin:
        return origin.Origin(chosen.origin, config.ca_file)
    identity = load_identity(place.folders)
    if identity is None:
        raise NotFit("this machine is not enrolled, so there is no collector to ask: give --from")
    return origin.Origin(f"{(config.url or identity.url).rstrip('/')}/releases", config.ca_file, identity.fingerprint)
