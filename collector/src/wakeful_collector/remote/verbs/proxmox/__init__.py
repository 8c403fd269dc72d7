"""proxmox: clusters looked at, acted on and declared; each command below it is a module of this folder."""

from __future__ import annotations

from wakeful_collector.remote.verb import Verb

ABOUT = """\
Clusters of Proxmox VE: everything in view, nothing changed by surprise. Guests are named by number or name, and as
CLUSTER/101 where several clusters have them. What acts shows its task's progress and log, and ends as the task ends;
--dry-run shows the requests and sends none."""

_LOOK, _ACT, _DECLARE, _SET_UP = "look", "act", "declare", "set up"
VERBS = tuple(
    Verb(f"proxmox {name}", f"proxmox.{module}", title, group)
    for name, module, title, group in (
        ("status", "status", "Show how clusters stand, with what is wrong first", _LOOK),
        ("nodes", "nodes", "List nodes", _LOOK),
        ("guests", "guests", "List virtual machines and containers", _LOOK),
        ("guest", "guest", "Show one guest: state, configuration, snapshots, what is pending", _LOOK),
        ("storage", "storage", "List storages, or what one holds", _LOOK),
        ("tasks", "tasks", "List tasks, newest first", _LOOK),
        ("log", "log", "Show a task's log, and follow it", _LOOK),
        ("backups", "backups", "List guests by the age of their last backup", _LOOK),
        ("history", "history", "Show what changed, when and by whom", _LOOK),
        ("diff", "diff", "Show what differs between two moments", _LOOK),
        ("start", "acting", "Start a guest", _ACT),
        ("shutdown", "acting", "Ask a guest to shut down", _ACT),
        ("stop", "acting", "Stop a guest at once, as by its plug", _ACT),
        ("reboot", "acting", "Ask a guest to restart", _ACT),
        ("suspend", "acting", "Pause a guest, or write it to disk", _ACT),
        ("resume", "acting", "Let a paused guest run on", _ACT),
        ("clone", "acting", "Copy a guest", _ACT),
        ("migrate", "acting", "Move a guest to another node", _ACT),
        ("snapshot", "acting", "Take a snapshot", _ACT),
        ("rollback", "acting", "Go back to a snapshot; what came after it is lost", _ACT),
        ("snapshot-delete", "acting", "Delete a snapshot", _ACT),
        ("backup", "acting", "Back a guest up", _ACT),
        ("restore", "acting", "Restore a guest from a backup", _ACT),
        ("resize", "acting", "Make a disk larger", _ACT),
        ("set", "acting", "Change a guest's configuration", _ACT),
        ("create", "acting", "Create a guest", _ACT),
        ("delete", "acting", "Destroy a guest with its disks", _ACT),
        ("deeds", "deeds", "List what was asked for and what became of it; follow one", _ACT),
        ("validate", "validate", "Check files of wishes: every error with file and line", _DECLARE),
        ("plan", "plan", "Show what would be changed to fulfil wishes; exit 3 when something would", _DECLARE),
        ("apply", "apply", "Change what the plan names, step by step", _DECLARE),
        ("export", "export", "Write guests and pools as files of wishes", _DECLARE),
        (
            "drift",
            "drift",
            "Show where clusters differ from the wishes that the collector keeps; exit 3 if so",
            _DECLARE,
        ),
        ("wishes", "wishes", "List, show or keep the wishes that the collector keeps", _DECLARE),
        ("clusters", "clusters", "List clusters and how they are reached", _SET_UP),
        ("add", "changing", "Add a cluster", _SET_UP),
        ("change", "changing", "Change how a cluster is reached, read and kept", _SET_UP),
        ("remove", "changing", "Forget a cluster, with its history", _SET_UP),
        ("test-connection", "testing", "Explain whether a cluster can be reached, and what may be done there", _SET_UP),
        ("trust", "trusting", "Trust a cluster's new certificate", _SET_UP),
        ("sync", "syncing", "Read a cluster now", _SET_UP),
        ("console", "console", "Give these commands at a prompt, with completion and history", _SET_UP),
    )
)
