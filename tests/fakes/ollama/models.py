"""The models that are here: names and tags, what they can do, their documents, and the blobs they are made of."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import time
from typing import Any

from .errors import Refusal, not_found
from .exchange import stamp

NAME = re.compile(r"(?:[\w.-]+(?::\d+)?/)?(?:[\w-][\w.-]*/)?[\w-][\w.-]*(?::[\w-][\w.-]*)?")
DIGEST = re.compile(r"sha256[:-][0-9a-fA-F]{64}")
DIMENSIONS = 8


@dataclasses.dataclass
class Model:
    """One model. `capabilities`: completion, tools, thinking, vision, embedding, insert."""

    name: str
    capabilities: tuple[str, ...] = ("completion",)
    size: int = 1 << 28
    context_length: int = 2048
    parent: str = ""
    system: str = ""
    template: str = "{{ .Prompt }}"
    license: str = "Apache License"
    parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    modified: float = dataclasses.field(default_factory=time.time)

    @property
    def digest(self) -> str:
        """The digest of its manifest."""
        return hashlib.sha256(f"{self.name} {self.parent} {self.system}".encode()).hexdigest()

    def details(self) -> dict[str, Any]:
        """Return what lists say about it."""
        return {
            "parent_model": self.parent,
            "format": "gguf",
            "family": "gemma3",
            "families": ["gemma3"],
            "parameter_size": "268.10M",
            "quantization_level": "Q4_K_M",
        }

    def row(self) -> dict[str, Any]:
        """Return its row of `/api/tags`."""
        return {
            "name": self.name,
            "model": self.name,
            "modified_at": stamp(self.modified),
            "size": self.size,
            "digest": self.digest,
            "details": self.details(),
            "capabilities": list(self.capabilities),
        }

    def shown(self, verbose: bool) -> dict[str, Any]:
        """Return its document of `/api/show`."""
        parameters = "\n".join(f"{name:<30} {value}" for name, value in self.parameters.items())
        info: dict[str, Any] = {"general.architecture": "gemma3", "gemma3.context_length": self.context_length}
        info["general.parameter_count"] = 268_098_176
        info["tokenizer.ggml.tokens"] = ["<pad>", "<eos>"] if verbose else None
        document = {
            "license": self.license,
            "modelfile": f"FROM {self.name}\nTEMPLATE {self.template}\n",
            "parameters": parameters,
            "template": self.template,
            "system": self.system,
            "details": self.details(),
            "model_info": info,
            "capabilities": list(self.capabilities),
            "modified_at": stamp(self.modified),
        }
        return {name: value for name, value in document.items() if value != ""}


def full(name: str) -> str:
    """Return a name with its tag."""
    return name if ":" in name.rpartition("/")[2] else f"{name}:latest"


def valid(name: str) -> bool:
    """Tell whether a name is one."""
    return NAME.fullmatch(name) is not None


class Shelf:
    """All models and blobs of one server."""

    def __init__(self, models: tuple[Model, ...]) -> None:
        self.models = {model.name: model for model in models}
        self.blobs: dict[str, int] = {}
        """Digest to size: the bytes themselves are nobody's business after they were counted and hashed."""
        self.remote: dict[str, Model] = {}
        """What can be pulled."""

    def find(self, name: str, shown: str | None = None) -> Model:
        """Return a model by any spelling of its name; refused with 404 when it is not here."""
        wanted = full(name).lower()
        for known, model in self.models.items():
            if known.lower() == wanted:
                return model
        raise not_found(name if shown is None else shown)

    def put(self, model: Model) -> None:
        """Add or replace a model."""
        self.models[model.name] = dataclasses.replace(model, modified=time.time())

    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of `/api/tags`, newest first."""
        ordered = sorted(self.models.values(), key=lambda model: -model.modified)
        return [model.row() for model in ordered]


def checked_digest(text: str) -> str:
    """Return a digest as blobs are named; refused when it is none."""
    if not DIGEST.fullmatch(text):
        raise Refusal(400, "invalid digest format")
    return "sha256:" + text[7:]
