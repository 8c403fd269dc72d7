"""What the subcommands say of themselves in `--help`: a line in the list, what it does, examples."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple


class Command(NamedTuple):
    """A subcommand: its name, its line in the list, what it does, and the words of examples."""

    name: str
    line: str
    about: str
    examples: tuple[str, ...]


COMMANDS = (
    Command(
        "run",
        "run the agent in the foreground until SIGTERM or Ctrl-C",
        "What the service starts. SIGHUP makes it read agent.toml again; a second agent in the same state folder is"
        " refused.",
        ("run",),
    ),
    Command(
        "once",
        "measure once and print the push as JSON; sends nothing, needs no enrolment",
        "Shows all that would be sent from here, and changes nothing.",
        (
            "once",
            "once | python3 -m json.tool | less",
        ),
    ),
    Command(
        "enroll",
        "enrol this machine at a collector with an invite",
        "Spends the invite and keeps identity.json and the token beside agent.toml. Starts nothing by itself: give "
        "--run to go on as the running agent. `wakeful-collector invite` on the collector prints the whole line.",
        (
            "enroll https://wakeful.example.org --invite wk_inv_... --run",
            "enroll https://10.0.0.5:8800 --invite-file - --fingerprint sha256:...",
        ),
    ),
    Command(
        "probe",
        "what the agent may do here, and the line that would grant the rest",
        "A line for each thing that can be read or done here (+), or why not (-). Changes nothing.",
        ("probe",),
    ),
    Command(
        "doctor",
        "find out what is wrong, and say the way out",
        "Looks at settings, enrolment, the way to the collector, token, clock, spool and rights, from the top. "
        "Changes nothing; ends with 1 where something is bad.",
        (
            "doctor",
            "doctor --grants",
            "doctor --sudoers smart,raid > /etc/sudoers.d/wakeful-agent",
        ),
    ),
    Command(
        "show-config",
        "the settings in force and where they come from",
        "Every setting with its value, and whether the file, the environment or the default says so. What the "
        "collector tunes within that is no part of it.",
        (
            "show-config",
            "show-config --sample > agent.toml",
        ),
    ),
    Command(
        "check-config",
        "check agent.toml and the environment; 2 when wrong",
        "Says everything that is wrong at once, with line and hint, and what may be asked of this machine. Reload "
        "the running agent afterwards: systemctl reload wakeful-agent, or SIGHUP.",
        ("check-config",),
    ),
    Command(
        "watches",
        "how what is kept alive stands; pauses and maintenance",
        "Without another word it lists them. A pause lasts over restarts of the agent; a paused watch looks on and "
        "repairs nothing.",
        (
            "watches",
            "watches pause survival --for 2h --why 'new map'",
            "watches maintenance --for 30m",
            "watches resume all",
        ),
    ),
    Command(
        "update",
        "take a newer release, as far as agent.toml lets it",
        "Takes a newer release, signed by update.key of agent.toml, and goes back where it does not push. [update] "
        "allow says whether: never (the default), ask, auto.",
        (
            "update --check",
            "update --from /media/stick/linux",
        ),
    ),
    Command(
        "self-test",
        "what this build holds, and whether it works",
        "Loads everything once and measures once; sends nothing. 1 when something does not work.",
        ("self-test",),
    ),
)
"""The commands in the order `--help` shows them."""

WATCHES = (
    Command(
        "list",
        "how all of them stand",
        "State, phase, since when, and how often it was tried.",
        ("watches list --json",),
    ),
    Command(
        "pause",
        "leave a watch alone",
        "It is looked at and told of, and not repaired, until the time is over or somebody resumes it.",
        ("watches pause survival --for 2h",),
    ),
    Command(
        "maintenance",
        "leave all of them alone, for an hour if --for says nothing",
        "The same as pausing all, with an end.",
        ("watches maintenance --for 30m --why upgrade",),
    ),
    Command(
        "resume",
        "keep a watch alive again",
        "Ends a pause before its time; all ends every pause.",
        (
            "watches resume survival",
            "watches resume all",
        ),
    ),
)
"""The commands behind `watches`."""
