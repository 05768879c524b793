"""How fast this machine trains, so that the precision can be chosen: `--bf16` or not.

`python -m training.throughput [--threads N] [--device cuda]`
"""

import argparse
import os
import time
from collections.abc import Callable
from contextlib import nullcontext

import torch
from torch.nn import functional

from training.encoder import SMALL, open_network
from training.loss import span_loss

ROWS, TOKENS = 32, 128  # of a batch
SECONDS = 8.0  # of each way, once it is warm


def per_second(work: Callable[[], object], seconds: float = SECONDS) -> float:
    """Return how often `work` runs in a second, two runs to warm up left out."""
    work(), work()
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        work()
        done += 1
    return done / (time.perf_counter() - begun)


def products(kind: torch.dtype, device: str) -> float:
    """Return GFLOP/s of the largest matrix product of a layer."""
    left = torch.randn(ROWS * TOKENS, SMALL.width, device=device, dtype=kind)
    right = torch.randn(SMALL.inner, SMALL.width, device=device, dtype=kind)
    flops = 2 * ROWS * TOKENS * SMALL.width * SMALL.inner
    return per_second(lambda: functional.linear(left, right), 2.0) * flops / 1e9


def steps(device: str, *, bf16: bool, compiled: bool, dropout: float) -> float:
    """Return training tokens a second."""
    tables, network = open_network(None, 0, dropout)
    tables.to(device)
    network.to(device)
    forward = torch.compile(network, dynamic=False) if compiled else network
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-5, fused=True)
    ids = torch.randint(1000, 20000, (ROWS, TOKENS), device=device)
    mask = torch.ones_like(ids, dtype=torch.bool)
    target = torch.randint(1, TOKENS, (ROWS, 2), device=device)
    precision = torch.autocast(device, torch.bfloat16) if bf16 else nullcontext()

    def step() -> float:
        with precision:
            logits = forward(tables(ids, torch.zeros_like(ids)), mask)
        loss = span_loss(logits, mask, target)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        return float(loss.detach())

    return per_second(step) * ROWS * TOKENS


def main() -> None:
    """Print one line for each way."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = arguments.device
    for kind in (torch.float32, torch.bfloat16):
        print(f"{kind!s:<34} {products(kind, device):>8,.0f} GFLOP/s", flush=True)
    for bf16, compiled, dropout in (
        (False, True, 0.0),
        (True, False, 0.0),
        (True, True, 0.0),
        (True, True, 0.1),
    ):
        name = f"{'bf16' if bf16 else 'fp32'}, {'compiled' if compiled else 'eager'}"
        speed = steps(device, bf16=bf16, compiled=compiled, dropout=dropout)
        print(f"{f'{name}, dropout {dropout}':<34} {speed:>8,.0f} tokens/s", flush=True)


if __name__ == "__main__":
    main()
