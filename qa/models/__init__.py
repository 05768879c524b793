"""Shipped weights, and the runtime that carries them on a CPU."""
