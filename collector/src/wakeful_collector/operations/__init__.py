"""What can be done to the collector: one registry that web, API and command line all run."""

from wakeful_collector.operations.registry import Context, Operation, OperationError, Registry, run

__all__ = ["Context", "Operation", "OperationError", "Registry", "run"]
