"""The numbers: each script prints a table and appends a line of JSON to `results/`."""
