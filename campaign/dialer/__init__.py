"""The run: tasks, clock and signals; it knows ports, not adapters."""
