"""The command line: each subcommand is a module, loaded when it is called."""

from __future__ import annotations

from wakeful_agent.cli.exits import FAILURE


def main(arguments: list[str]) -> int:
    """Run a command line; return its exit code. The running agent does without argparse, which costs memory."""
    try:
        if arguments == ["run"]:
            from wakeful_agent.cli import early

            return early.run()
        from wakeful_agent.cli.parser import dispatch

        return dispatch(arguments)
    except KeyboardInterrupt:
        return FAILURE
    except BrokenPipeError:
        import os
        import sys

        # Whoever read us has gone (`| head`): nothing more can be said, and nothing needs to be.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    except OSError as error:
        import errno

        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        from wakeful_agent.cli.place import complain

        complain(f"it cannot be written: {error.strerror}")
        return FAILURE
