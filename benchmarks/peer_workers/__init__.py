"""Systems that answer the same questions, each in a process and environment of its own.

`serve.py` is the worker's side of the talk, `process.py` that of the benchmark;
`environments.py` installs the peers, `weights.py` writes our reader as they read it.
Every other module is one system.
"""
