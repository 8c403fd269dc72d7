"""Run on a machine of `networks`: a box with Debian's sshd and an Ollama, off until its card hears the magic packet.

    python -m tests.real.sleeping_box FOLDER ADDRESS MAC DEAF_FRAMES BOOT_SECONDS

FOLDER is one that `sshd.Sshd` made. What it does is told on the standard output: `port N`, `frame HEX`, `on`, `off`;
SIGUSR1 is its switch to off, which `shutdown` of that folder throws. A file `new-key` there is a machine that is
installed anew at its next start.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
from tests.fakes.ollama import Ollama, ollama
from tests.real.conftest import program


class Box:
    """The machine: what is on is an Ollama and an sshd with all its sessions."""

    def __init__(self, folder: Path, server: Ollama) -> None:
        self.folder = folder
        self.server = server
        self.sshd: subprocess.Popen[bytes] | None = None
        self.lock = threading.Lock()

    def on(self) -> None:
        """Boot."""
        with self.lock:
            if self.sshd is not None:
                return
            if (self.folder / "new-key").exists():
                (self.folder / "new-key").unlink()
                for name in ("host_key", "host_key.pub"):
                    (self.folder / name).unlink()
                words = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(self.folder / "host_key")]
                subprocess.run(words, check=True)
            words = [program("sshd"), "-D", "-e", "-f", str(self.folder / "sshd_config")]
            with (self.folder / "sshd.log").open("ab") as log:
                self.sshd = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
            self.server.reboot()
            print("on", flush=True)

    def off(self) -> None:
        """Go down: the service first, then the network with whoever is logged in."""
        with self.lock:
            if self.sshd is None:
                return
            self.server.shut()
            for one in [*psutil.Process(self.sshd.pid).children(recursive=True), self.sshd]:
                with contextlib.suppress(ProcessLookupError, psutil.NoSuchProcess):
                    one.kill()
            self.sshd.wait(10)
            self.sshd = None
            print("off", flush=True)


def hear(box: Box, mac: str, deaf: int, boot_seconds: float) -> None:
    """Let the card listen; the first frames are lost on the way."""
    magic = b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) * 16
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)) as card:
        card.bind(("eth0", 0))
        heard = 0
        while True:
            frame, about = card.recvfrom(2048)
            if about[2] == 4 or magic not in frame:
                continue
            heard += 1
            print(f"frame {frame.hex()}", flush=True)
            if heard > deaf and box.sshd is None:
                time.sleep(boot_seconds)
                box.on()


def main() -> None:
    """Live until the standard input ends."""
    folder, address, mac, deaf, boot_seconds = sys.argv[1:]
    with ollama(asleep=True, address=address) as server:
        box = Box(Path(folder), server)
        Path(folder, "box.pid").write_text(str(os.getpid()), encoding="ascii")
        signal.signal(signal.SIGUSR1, lambda *_: threading.Thread(target=box.off, daemon=True).start())
        words = (box, mac, int(deaf), float(boot_seconds))
        threading.Thread(target=hear, args=words, daemon=True).start()
        print(f"port {server.url.rpartition(':')[2]}", flush=True)
        for line in sys.stdin:
            if line == "off\n":
                box.off()
        box.off()


if __name__ == "__main__":
    main()
