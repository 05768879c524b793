"""Several processes that train one network and average its weights now and then.

Local SGD (Stich 2019, "Local SGD Converges Fast and Communicates Little"): every worker
takes `k` steps on draws of its own, then all take the mean of their weights. On a
processor shared with other jobs this keeps its pace where threads of one process would
wait for the slowest of them at every matrix product.
"""

import os
from typing import NamedTuple

import torch
from torch import distributed
from torch.nn.utils import parameters_to_vector, vector_to_parameters


class Workers(NamedTuple):
    """Who this process is, counted from 0, among how many."""

    rank: int
    number: int

    @classmethod
    def join(cls) -> "Workers":
        """Return this process's place as `torchrun` tells it; alone without one."""
        number = int(os.environ.get("WORLD_SIZE", "1"))
        if number > 1:
            distributed.init_process_group("gloo")
        return cls(int(os.environ.get("RANK", "0")), number)

    def leave(self) -> None:
        """Wait for all workers and end the group; who left first would end the run."""
        if self.number > 1:
            distributed.barrier()
            distributed.destroy_process_group()

    def average(self, network: torch.nn.Module) -> None:
        """Give every worker the mean of all workers' weights."""
        if self.number == 1:
            return
        with torch.no_grad():
            weights = parameters_to_vector(network.parameters())
            distributed.all_reduce(weights)
            vector_to_parameters(weights / self.number, network.parameters())

    def total(self, *values: float) -> list[float]:
        """Return the sum over all workers of each value; the same for everyone."""
        sums = torch.tensor(values, dtype=torch.float64)
        if self.number > 1:
            distributed.all_reduce(sums)
        return [float(value) for value in sums]
