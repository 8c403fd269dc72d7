"""A VM that is declared, and applies of it that no worker has taken up yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .conftest import Desk

WEB = """
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {cluster: home, vmid: 101}
spec:
"""


def web(*lines: str) -> str:
    return WEB + "".join(f"  {line}\n" for line in lines)


def asked(desk: Desk, text: str, **given: object) -> str:
    """Approve a plan that no worker takes up yet."""
    plan = desk.plan(text)
    answer = desk.ask("proxmox.apply", digest=plan["digest"], files=[{"path": "a", "text": text}], **given)
    return answer["apply"]["id"]
