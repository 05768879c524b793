"""The files of a run: checkpoints to go on from, and the reader that ships."""

import hashlib
import json
import os
import subprocess
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from training.encoder import BASE_SHA256, Network, Tables, bert_name

NAME = "qa-reader-minilm-l6"
MAX_TOKENS = 384  # longest input the reader is meant for


def _replace(path: Path, tensors: dict[str, Tensor]) -> None:
    beside = path.with_suffix(".part")
    save_file(tensors, beside)
    beside.chmod(0o644)  # safetensors makes files that only their owner reads
    os.replace(beside, path)


def save_checkpoint(
    out: Path,
    network: Network,
    optimiser: torch.optim.Optimizer,
    state: dict[str, float],
) -> None:
    """Write weights and moments of AdamW, and where the run stands."""
    tensors = {}
    for name, parameter in network.named_parameters():
        tensors[f"weight.{name}"] = parameter.detach().contiguous()
        for key, value in optimiser.state[parameter].items():
            tensors[f"{key}.{name}"] = value.detach().clone()
    _replace(out / "checkpoint.safetensors", tensors)
    text = json.dumps(state)
    (out / "checkpoint.part").write_text(text, encoding="utf-8")
    os.replace(out / "checkpoint.part", out / "checkpoint.json")


def load_checkpoint(
    out: Path, network: Network, optimiser: torch.optim.Optimizer
) -> dict[str, float]:
    """Restore what `save_checkpoint` wrote; return where the run stood."""
    tensors = load_file(out / "checkpoint.safetensors")
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(tensors[f"weight.{name}"])
            for key in ("step", "exp_avg", "exp_avg_sq"):
                value = tensors.get(f"{key}.{name}")
                if value is None:  # frozen, beside its adapter
                    continue
                if key != "step":
                    value = value.to(parameter.device)
                optimiser.state[parameter][key] = value
    state: dict[str, float] = json.loads(
        (out / "checkpoint.json").read_text(encoding="utf-8")
    )
    return state


def save_reader(
    out: Path,
    network: Network,
    facts: Mapping[str, object],
    tables: Tables | None = None,
) -> None:
    """Write `reader.safetensors` (fp16, `BertModel` names) and `reader.json`.

    `facts` are what only the run knows: stage, plan, sets, dev scores. A teacher
    brings its tables; a reader has those of the encoder it is shipped with.
    """
    weights = {
        bert_name(name): parameter.detach().to("cpu", torch.float16).contiguous()
        for name, parameter in network.named_parameters()
    }
    for name, table in (tables.weights() if tables else {}).items():
        weights[name] = table.to("cpu", torch.float16).contiguous()
    _replace(out / "reader.safetensors", weights)
    content = (out / "reader.safetensors").read_bytes()
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    card = {
        "name": NAME,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "base_sha256": BASE_SHA256,
        "max_tokens": MAX_TOKENS,
        "commit": commit,
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        **facts,
    }
    (out / "reader.part").write_text(json.dumps(card, indent=1), encoding="utf-8")
    os.replace(out / "reader.part", out / "reader.json")
